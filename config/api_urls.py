"""The REST API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from marketplace import api

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("designs/", api.DesignList.as_view(), name="api_designs"),
    path("designs/<uuid:public_id>/", api.DesignDetail.as_view(), name="api_design"),
    path("verify/<str:sha256>/", api.Verify.as_view(), name="api_verify"),
    path("verify/<str:sha256>/credentials/", api.VerifyCredentials.as_view(), name="api_verify_credentials"),
    path("actions/<uuid:public_id>/", api.ActionDetail.as_view(), name="api_action"),
]
