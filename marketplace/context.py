"""What every page needs: where the chain stands, and whether this is a local start."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from contracts.chains import chain
from contracts.selectors import sync_status


def storefront(request: HttpRequest) -> dict[str, Any]:
    return {
        "local_start": settings.LOOMPRINT_LOCAL,
        "sync": SimpleLazyObject(lambda: sync_status(chain())),
    }
