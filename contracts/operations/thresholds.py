"""From which value on a gauge is amber or red: all of them in one place (docs/operations says what to do)."""

from dataclasses import dataclass

from django.conf import settings

from contracts.models import Alarm

Level = Alarm.Level
HOUR = 3600
# Errors are counted over this long, failed transactions over a day.
ERROR_SECONDS = 15 * 60
# An app is told of a failure at once, and by each sweep again: what it does not take for this long it never will.
DELIVERY_SECONDS = 5 * 60
# What a node refuses is handed over by each sweep again, to another node where that one rests.
REFUSAL_SECONDS = 5 * 60


@dataclass(frozen=True)
class Threshold:
    """Amber and red from these values on; None: never. With `below`, at these values and under them."""

    amber: float | None = None
    red: float | None = None
    below: bool = False

    def level(self, value: float) -> Level:
        """The level of a value."""
        for level, limit in ((Level.RED, self.red), (Level.AMBER, self.amber)):
            if limit is not None and (value <= limit if self.below else value >= limit):
                return level
        return Level.GREEN


def threshold_of(kind: str) -> Threshold:
    """The threshold of this kind of gauge, in its unit (balances in wei); one that never is reached where none is."""
    stuck = settings.CHAIN_STUCK_SECONDS
    return {
        "node_silence_seconds": Threshold(15, 120),
        "lag_blocks": Threshold(settings.LAG_BLOCKS_AMBER, settings.LAG_BLOCKS_RED),
        "window_blocks": Threshold(amber=1, below=True),
        "reading_errors": Threshold(3, 20),
        "endpoints_resting": Threshold(1),
        "sending_stopped": Threshold(red=1),
        "planned_transactions": Threshold(20_000, 100_000),
        "planned_age_seconds": Threshold(120, 900),
        # It is replaced after `stuck`, and again, and again.
        "in_flight_age_seconds": Threshold(max(120, 3 * stuck), max(900, 15 * stuck)),
        "refused_transactions": Threshold(red=1),
        "failed_transactions": Threshold(1, 25),
        "undelivered_outcomes": Threshold(red=1),
        "key_balance_coins": Threshold(settings.OPERATOR_COINS_AMBER, settings.OPERATOR_COINS_RED, below=True),
        "balances_age_seconds": Threshold(180, 900),
        "audit_age_seconds": Threshold(26 * HOUR, 50 * HOUR),
        "audit_differences": Threshold(red=1),
    }.get(kind, Threshold())
