"""What the marketplace knows of a person beside the chain: what they ordered."""

from typing import Any

from accounts.models import User
from marketplace.models import Order


def own_data(user: User) -> dict[str, Any]:
    return {
        "orders": [
            {
                "id": str(order.public_id),
                "design": str(order.design.public_id),
                "title": order.design.title,
                "license": order.template.title,
                "price": str(order.price),
                "currency": order.currency,
                "quantity": order.quantity,
                "recipient": order.recipient,
                "way": order.way,
                "state": order.state,
                "created_at": order.created_at.isoformat(),
            }
            for order in Order.objects.filter(buyer=user).select_related("design", "template").order_by("id")
        ]
    }
