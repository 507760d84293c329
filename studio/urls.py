from django.urls import path

from studio import views

app_name = "studio"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("upload/", views.upload, name="upload"),
    path("designs/<uuid:public_id>/", views.design, name="design"),
    path("designs/<uuid:public_id>/status/", views.design_status, name="design_status"),
    path("designs/<uuid:public_id>/details/", views.details, name="details"),
    path("designs/<uuid:public_id>/people/", views.people, name="people"),
    path("designs/<uuid:public_id>/offers/", views.offers, name="offers"),
    path("designs/<uuid:public_id>/replace/", views.replace, name="replace"),
    path("designs/<uuid:public_id>/publish/", views.publish, name="publish"),
    path("designs/<uuid:public_id>/take-back/", views.take_back, name="take_back"),
    path("designs/<uuid:public_id>/discard/", views.discard, name="discard"),
    path("designs/<uuid:public_id>/retry/", views.retry, name="retry"),
    path("consent/<uuid:public_id>/", views.consent, name="consent"),
    path("consent/<uuid:public_id>/decline/", views.decline, name="decline"),
]
