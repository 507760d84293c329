from django.urls import path

from royalties import views

app_name = "royalties"
urlpatterns = [path("", views.earnings, name="earnings")]
