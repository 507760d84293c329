from django.urls import path

from licensing import key_views, views

app_name = "licensing"
urlpatterns = [
    path("", views.library, name="library"),
    path("<int:license_id>/download/", views.start_download, name="start_download"),
    path("<int:license_id>/copies/", key_views.copies, name="copies"),
    path("<int:license_id>/copies/key/", key_views.key, name="key"),
    path("<int:license_id>/files/", views.files, name="files"),
    path("<int:license_id>/files/order/", views.order, name="order"),
    path("files/<uuid:public_id>/", views.fetch, name="fetch"),
    path("terms/<str:terms_hash>/", views.terms, name="terms"),
    path("terms/<str:terms_hash>/document.json", views.terms_document, name="terms_document"),
]
