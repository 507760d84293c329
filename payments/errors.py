"""What payments refuse."""


class PaymentMismatch(Exception):
    """A purpose key came back with another payer, amount or currency: a mistake of the caller."""


class ProviderUnknown(Exception):
    """No payment provider of this name is set up here."""


class WebhookRefused(Exception):
    """A webhook that its provider did not sign, or that cannot be read. Nothing was stored."""
