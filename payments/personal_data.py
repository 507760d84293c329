"""What payments know about a person, for their data export."""

from typing import Any

from accounts.models import User
from payments.selectors import payments_of


def payments_data(user: User) -> dict[str, Any]:
    return {
        "payments": [
            {
                "id": str(intent.public_id),
                "amount": str(intent.amount),
                "currency": intent.currency,
                "description": intent.description,
                "state": intent.state,
                "created_at": intent.created_at.isoformat(),
            }
            for intent in payments_of(user)
        ]
    }
