from django.urls import path

from designs import verify_views as views

app_name = "verify"
urlpatterns = [
    path("", views.verify, name="ask"),
    path("verify.py", views.verifier, name="verifier"),
    path("proof/", views.proof, name="proof"),
    path("proof/<uuid:public_id>/", views.shown_proof, name="shown_proof"),
    path("proof/<uuid:public_id>.json", views.shown_proof_file, name="shown_proof_file"),
    path("root/<str:root>/", views.root, name="root"),
    path("schema/<str:name>.json", views.schema, name="schema"),
    path("<str:sha256>/credentials.c2pa", views.credentials, name="credentials"),
    path("<str:sha256>/credentials/", views.beside, name="beside"),
    path("<str:sha256>/file-proof.json", views.file_proof, name="file_proof"),
    path("<str:sha256>/statement.json", views.statement, name="statement"),
    path("<str:sha256>/", views.verdict, name="verdict"),
]
