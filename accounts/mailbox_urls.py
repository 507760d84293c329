from django.urls import path

from accounts import mailbox_views

app_name = "mailbox"
urlpatterns = [
    path("", mailbox_views.mail_list, name="list"),
    path("<str:mail_id>/", mailbox_views.mail_message, name="message"),
]
