from django.urls import path

from royalties import claim_views, views

app_name = "royalties"
urlpatterns = [
    path("", views.earnings, name="earnings"),
    path("series.json", views.series, name="series"),
    path("statement.csv", views.statement_csv, name="statement_csv"),
    path("claims/", claim_views.box, name="claims"),
    path("claims/ask/", claim_views.ask, name="claim_ask"),
    path("claims/custody/", claim_views.by_custody, name="claim_by_custody"),
    path("claims/<uuid:public_id>/signature/", claim_views.signature, name="claim_signature"),
    path("claims/<uuid:public_id>/sent/", claim_views.sent, name="claim_sent"),
    path("claims/<uuid:public_id>/cancel/", claim_views.cancel, name="claim_cancel"),
]
