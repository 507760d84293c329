from django.contrib import admin
from django.urls import path

from contracts import views

app_name = "contracts"
urlpatterns = [
    path("admin/operations/", admin.site.admin_view(views.operations), name="operations"),
    path("metrics/", views.metrics, name="metrics"),
]
