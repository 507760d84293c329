"""Reading payments."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from payments.models import PaymentIntent


def intent_of_payer(*, payer: User, public_id: UUID) -> PaymentIntent | None:
    """The payer's own intent; None for anyone else's, as if it did not exist."""
    return PaymentIntent.objects.filter(payer=payer, public_id=public_id).first()


def payments_of(payer: User) -> QuerySet[PaymentIntent]:
    """Newest first."""
    return PaymentIntent.objects.filter(payer=payer)
