from django.urls import path

from designs import views

app_name = "designs"
urlpatterns = [
    path("<uuid:public_id>/previews/<int:preview_id>/<str:name>", views.preview, name="preview"),
    path("<uuid:public_id>/files/<uuid:attachment_id>/", views.attachment, name="attachment"),
    path("<uuid:public_id>/record.json", views.record, name="record"),
]
