from django.urls import path

from licensing import views

app_name = "licensing"
urlpatterns = [
    path("", views.library, name="library"),
    path("<int:license_id>/download/", views.start_download, name="start_download"),
    path("files/<uuid:public_id>/", views.fetch, name="fetch"),
    path("terms/<str:terms_hash>/", views.terms, name="terms"),
    path("terms/<str:terms_hash>/document.json", views.terms_document, name="terms_document"),
]
