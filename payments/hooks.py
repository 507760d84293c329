"""How other apps learn what became of a payment, in the payment's own transaction."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payments.models import PaymentIntent

    SettlementHandler = Callable[[PaymentIntent], None]

_handlers: list["SettlementHandler"] = []


def register_settlement(handler: "SettlementHandler") -> None:
    """Call `handler(intent)` when an intent has become paid, failed, canceled or refunded.

    Called once per such move, inside its transaction; what the handler raises undoes the move, and the
    provider's next delivery tries again. A handler ignores intents that are not its own.
    """
    if handler not in _handlers:
        _handlers.append(handler)


def settlement_handlers() -> list["SettlementHandler"]:
    return list(_handlers)
