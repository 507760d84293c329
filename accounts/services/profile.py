"""What people change about their own account."""

import structlog
from django.db import transaction
from django.views.decorators.debug import sensitive_variables
from rest_framework.authtoken.models import Token

from accounts.models import User

logger = structlog.get_logger(__name__)


@transaction.atomic
def rename(*, user: User, display_name: str) -> None:
    """Change the name that others see. Raises ValidationError."""
    user.display_name = display_name
    user.clean_fields(exclude=["password", "email"])
    user.save(update_fields=["display_name"])


@transaction.atomic
@sensitive_variables()
def create_api_token(*, user: User) -> str:
    """A new API token, to be shown once; the one before it stops working."""
    Token.objects.filter(user=user).delete()
    token = Token.objects.create(user=user)
    logger.info("api_token_created", user=str(user.public_id))
    return token.key


@transaction.atomic
def revoke_api_token(*, user: User) -> bool:
    """Make the account's API token stop working. False when there was none."""
    removed, _per_model = Token.objects.filter(user=user).delete()
    if removed:
        logger.info("api_token_revoked", user=str(user.public_id))
    return bool(removed)
