from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("webhook/<slug:provider_name>/", views.webhook, name="webhook"),
    path("test/<uuid:public_id>/", views.TestPaymentPage.as_view(), name="test_page"),
]
