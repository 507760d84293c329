from django.urls import path

from studio import attachment_views, consent_views, copy_views, lineage_views, proof_views, reference_views, views

app_name = "studio"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("address/", consent_views.address, name="address"),
    path("upload/", views.upload, name="upload"),
    path("designs/<uuid:public_id>/", views.design, name="design"),
    path("designs/<uuid:public_id>/status/", views.design_status, name="design_status"),
    path("designs/<uuid:public_id>/details/", views.details, name="details"),
    path("designs/<uuid:public_id>/details/from-file/", views.from_file, name="from_file"),
    path("designs/<uuid:public_id>/people/", views.people, name="people"),
    path("designs/<uuid:public_id>/offers/", views.offers, name="offers"),
    path("designs/<uuid:public_id>/parents/", lineage_views.parents, name="parents"),
    path("designs/<uuid:public_id>/derivatives/", lineage_views.derivatives, name="derivatives"),
    path("designs/<uuid:public_id>/references/", reference_views.references, name="references"),
    path("designs/<uuid:public_id>/files/", attachment_views.attachments, name="attachments"),
    path("designs/<uuid:public_id>/files/add/", attachment_views.attach, name="attach"),
    path(
        "designs/<uuid:public_id>/files/<uuid:attachment_id>/change/",
        attachment_views.change,
        name="attachment_change",
    ),
    path(
        "designs/<uuid:public_id>/files/<uuid:attachment_id>/remove/",
        attachment_views.remove,
        name="attachment_remove",
    ),
    path("designs/<uuid:public_id>/prove/", proof_views.prove, name="prove"),
    path("designs/<uuid:public_id>/frame/", views.frame, name="frame"),
    path("designs/<uuid:public_id>/replace/", views.replace, name="replace"),
    path("designs/<uuid:public_id>/publish/", consent_views.publish, name="publish"),
    path("designs/<uuid:public_id>/take-back/", consent_views.take_back, name="take_back"),
    path("designs/<uuid:public_id>/copies/", copy_views.copies, name="copies"),
    path("designs/<uuid:public_id>/copies/status/", copy_views.copies_status, name="copies_status"),
    path("designs/<uuid:public_id>/copies/<int:copy_id>/retry/", copy_views.retry, name="copy_retry"),
    path("designs/<uuid:public_id>/copies/<int:copy_id>/remove/", copy_views.remove, name="copy_remove"),
    path("designs/<uuid:public_id>/discard/", views.discard, name="discard"),
    path("designs/<uuid:public_id>/watermark/", views.watermark, name="watermark"),
    path("designs/<uuid:public_id>/retry/", views.retry, name="retry"),
    path("consent/<uuid:public_id>/", consent_views.consent, name="consent"),
    path("consent/<uuid:public_id>/signature/", consent_views.signature, name="signature"),
    path("consent/<uuid:public_id>/address/", consent_views.other_address, name="other_address"),
    path("consent/<uuid:public_id>/decline/", consent_views.decline, name="decline"),
]
