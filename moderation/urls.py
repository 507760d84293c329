from django.urls import path

from moderation import desk, views

app_name = "moderation"
urlpatterns = [
    # Everybody's
    path("report/<uuid:public_id>/", views.report, name="report"),
    path("reports/", views.reports, name="reports"),
    path("reports/<uuid:public_id>/", views.report_status, name="report_status"),
    path("questions/<uuid:public_id>/", views.answer, name="answer"),
    path("decisions/<uuid:public_id>/", views.statement, name="statement"),
    path("decisions/<uuid:public_id>/appeal/", views.appeal, name="appeal"),
    # Moderators'
    path("", desk.queue, name="queue"),
    path("cases/<uuid:public_id>/", desk.case, name="case"),
    path("cases/<uuid:public_id>/take/", desk.take, name="take"),
    path("cases/<uuid:public_id>/release/", desk.release, name="release"),
    path("designs/<uuid:public_id>/open/", desk.open_case, name="open"),
    path("decisions/<uuid:public_id>/send/", desk.send_again, name="send_again"),
    path("appeals/", desk.appeals, name="appeals"),
    path("appeals/<uuid:public_id>/", desk.appeal_case, name="appeal_case"),
    path("log/", desk.log, name="log"),
]
