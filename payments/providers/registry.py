"""Providers by name, from settings.PAYMENT_PROVIDERS (name to dotted path of a class)."""

from django.conf import settings
from django.utils.module_loading import import_string

from payments.errors import ProviderUnknown
from payments.providers.base import PaymentProvider


def provider(name: str) -> PaymentProvider:
    """The provider of this name. Raises ProviderUnknown."""
    try:
        path = settings.PAYMENT_PROVIDERS[name]
    except KeyError:
        raise ProviderUnknown(f"No payment provider {name!r} is set up.") from None
    made: PaymentProvider = import_string(path)()
    return made
