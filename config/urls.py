"""Root addresses: wiring only."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
# The admin's own sign-in knows no second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("marketplace.urls")),
    path("studio/", include("studio.urls")),
    path("earnings/", include("royalties.urls")),
    path("library/", include("licensing.urls")),
    path("moderation/", include("moderation.urls")),
    path("designs/", include("designs.urls")),
    path("verify/", include("designs.verify_urls")),
    path("payments/", include("payments.urls")),
    path("account/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("config.api_urls")),
    path("", include("contracts.urls")),
    path("admin/", admin.site.urls),
]
if settings.LOOMPRINT_LOCAL:
    urlpatterns += [path("mailbox/", include("accounts.mailbox_urls"))]
