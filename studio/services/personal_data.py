"""What the studio knows of a person beside their works: at which address they want to hold shares (law 13)."""

from typing import Any

from accounts.models import User
from studio.models import ShareAddress


def own_data(user: User) -> dict[str, Any]:
    return {"share_address": ShareAddress.objects.filter(account=user).values_list("address", flat=True).first()}


def forget_share_address(user: User) -> None:
    ShareAddress.objects.filter(account=user).delete()
