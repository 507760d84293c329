from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.OverviewView.as_view(), name="overview"),
    path("token/", views.make_token, name="make_token"),
    path("token/revoke/", views.drop_token, name="drop_token"),
    path("custody-key/", views.CustodyExportView.as_view(), name="custody_export"),
    path("notifications/", views.notification_list, name="notifications"),
    path("data.json", views.personal_data, name="personal_data"),
]
