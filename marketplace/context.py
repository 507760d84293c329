"""What every page needs: where the chain stands, what is unread, and whether this is a local start."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.selectors import unread_number
from contracts.chains import chain
from contracts.selectors import sync_status


def storefront(request: HttpRequest) -> dict[str, Any]:
    return {
        "local_start": settings.LOOMPRINT_LOCAL,
        "unread": SimpleLazyObject(lambda: unread_number(request.user) if request.user.is_authenticated else 0),
        "sync": SimpleLazyObject(lambda: sync_status(chain())),
    }
