"""Gauges of a chain, made of facts by pure functions: a value, its level, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.chains import Chain
from contracts.operations.facts import Facts, read_facts
from contracts.operations.thresholds import Level, threshold_of


@dataclass(frozen=True)
class Kind:
    """What is measured, in which unit, and what to do when it is not green."""

    label: str | Promise
    unit: str
    advice: str | Promise


KINDS = {
    "node_silence_seconds": Kind(
        gettext_lazy("Since the node answered"),
        "s",
        gettext_lazy("See that the indexer runs, then that the node does. Everything goes on when it answers again."),
    ),
    "lag_blocks": Kind(
        gettext_lazy("Blocks not read yet"),
        "blocks",
        gettext_lazy("While it falls, wait. If it grows, read the last errors and the load of the database."),
    ),
    "head_block": Kind(gettext_lazy("Newest block of the node"), "", ""),
    "window_blocks": Kind(
        gettext_lazy("Blocks in a question"),
        "blocks",
        gettext_lazy("The node refuses larger questions: read the last errors, and its plan's limits."),
    ),
    "reading_errors": Kind(
        gettext_lazy("Failed steps of reading, in 15 minutes"),
        "",
        gettext_lazy("Read the last errors below: they name the node's fault, or ours."),
    ),
    "endpoints_resting": Kind(
        gettext_lazy("Nodes that failed lately"),
        "",
        gettext_lazy("Read below what they answered. Others are asked meanwhile; with none left, nothing is read."),
    ),
    "sending_stopped": Kind(
        gettext_lazy("Sending"),
        "",
        gettext_lazy("Look first why the chain is another one; then run the command that the sentence names."),
    ),
    "planned_transactions": Kind(
        gettext_lazy("Transactions planned"),
        "",
        gettext_lazy("More is asked for than is sent: look at the fees and at those in flight."),
    ),
    "planned_age_seconds": Kind(
        gettext_lazy("The oldest planned one waits"),
        "s",
        gettext_lazy("See that a worker of the queue chain runs; the transaction's page says what the node answered."),
    ),
    "in_flight_transactions": Kind(gettext_lazy("Transactions in flight"), "", ""),
    "in_flight_age_seconds": Kind(
        gettext_lazy("The oldest one in flight was signed"),
        "s",
        gettext_lazy("Compare its fees with the chain's and with CHAIN_MAX_FEE_GWEI; speed it up or cancel it."),
    ),
    "refused_transactions": Kind(
        gettext_lazy("Signed transactions that no node takes, for 5 minutes"),
        "",
        gettext_lazy(
            "All that the key sends after the first of them waits. Do what the answer asks for: coins, another node."
        ),
    ),
    "failed_transactions": Kind(
        gettext_lazy("Transactions failed, in a day"),
        "",
        gettext_lazy("Read their errors under Chain transactions; their apps were told of each."),
    ),
    "undelivered_outcomes": Kind(
        gettext_lazy("Failures that their app did not take, for 5 minutes"),
        "",
        gettext_lazy("Read outcome_handler_failed in the workers' log and repair it: a buyer may wait for money."),
    ),
    "key_balance_coins": Kind(
        gettext_lazy("Coins of a key that sends"),
        "coins",
        gettext_lazy("Send coins to this address. Without coins nothing is sent, and nobody is paid."),
    ),
    "balances_age_seconds": Kind(
        gettext_lazy("Since balances were read"),
        "s",
        gettext_lazy("See that beat and a worker of the queue chain run: nothing else raises alarms."),
    ),
    "audit_age_seconds": Kind(
        gettext_lazy("Since the last whole audit"),
        "s",
        gettext_lazy("Run manage.py audit, and see that beat and a worker of the queue bulk run."),
    ),
    "audit_differences": Kind(
        gettext_lazy("Differences in the last audit"),
        "",
        gettext_lazy("Read them below and run manage.py audit again: what stays is repaired by manage.py reindex."),
    ),
}


@dataclass(frozen=True)
class Gauge:
    """One figure. `value` is in the unit of its kind, None where there is none yet; `text` is it for people."""

    kind: str
    value: int | float | None
    text: str
    level: Level
    address: str = ""

    @property
    def name(self) -> str:
        """What its alarm is called."""
        return f"{self.kind}:{self.address}" if self.address else self.kind

    @property
    def anchor(self) -> str:
        """Where docs/operations/README.md says more."""
        return f"alarm-{self.kind}"

    @property
    def label(self) -> str:
        return str(KINDS[self.kind].label)

    @property
    def advice(self) -> str:
        """What to do, or nothing."""
        return "" if self.level == Level.GREEN else str(KINDS[self.kind].advice)

    @property
    def word(self) -> str:
        """The level as a word."""
        return level_word(self.level)


def level_word(level: str) -> str:
    """A level as people read it."""
    return {Level.GREEN: _("fine"), Level.AMBER: _("look"), Level.RED: _("act")}[Level(level)]


def gauges_of(chain: Chain) -> list[Gauge]:
    """All gauges of a chain now. Asks the database alone."""
    return list(gauges(read_facts(chain)))


def gauges(facts: Facts) -> Iterator[Gauge]:
    """The gauges that these facts give."""
    yield from _of_reading(facts)
    yield from _of_sending(facts)
    for balance in facts.balances:
        level = threshold_of("key_balance_coins").level(balance.wei)
        coins = Decimal(balance.wei).scaleb(-18)
        shown = f"{Decimal(balance.wei // 10**12).scaleb(-6):.6f}".rstrip("0").rstrip(".")  # never more than there is
        yield Gauge("key_balance_coins", float(coins), f"{shown} {settings.CHAIN_COIN}", level, address=balance.address)
    oldest = min((balance.read_at for balance in facts.balances), default=None)
    yield _age("balances_age_seconds", facts.now, oldest, missing=_("never read"))
    audited = facts.audit.ended_at if facts.audit else facts.audits_since
    yield _age("audit_age_seconds", facts.now, audited, missing=_("never made"))
    if facts.audit is not None:
        yield _count("audit_differences", facts.audit.differences or 0)


def _of_reading(facts: Facts) -> Iterator[Gauge]:
    cursor = facts.cursor
    yield _age(
        "node_silence_seconds", facts.now, cursor.reached_at if cursor else None, missing=_("nothing was read yet")
    )
    if cursor is not None:
        yield _count("lag_blocks", max(0, cursor.head_number - cursor.number))
        yield _count("head_block", cursor.head_number)
        yield _count("window_blocks", cursor.window)
        yield _count("endpoints_resting", sum(bool(one["faults"]) for one in cursor.endpoints))
    yield _count("reading_errors", facts.errors)


def _of_sending(facts: Facts) -> Iterator[Gauge]:
    reason = facts.cursor.sending_stopped if facts.cursor else ""
    yield Gauge(
        "sending_stopped",
        int(bool(reason)),
        reason or _("works"),
        threshold_of("sending_stopped").level(int(bool(reason))),
    )
    yield _count("planned_transactions", facts.planned)
    if facts.planned_since:
        yield _age("planned_age_seconds", facts.now, facts.planned_since)
    else:
        yield Gauge("planned_age_seconds", 0, _("none waits"), Level.GREEN)
    yield _count("in_flight_transactions", facts.in_flight)
    if facts.in_flight_since:
        yield _age("in_flight_age_seconds", facts.now, facts.in_flight_since)
    else:
        yield Gauge("in_flight_age_seconds", 0, _("none is open"), Level.GREEN)
    refused = f"{facts.refused:,}: {facts.refused_reason}" if facts.refused else "0"
    yield Gauge(
        "refused_transactions", facts.refused, refused, threshold_of("refused_transactions").level(facts.refused)
    )
    yield _count("failed_transactions", facts.failed)
    yield _count("undelivered_outcomes", facts.undelivered)


def _count(kind: str, value: int) -> Gauge:
    return Gauge(kind, value, f"{value:,}", threshold_of(kind).level(value))


def _age(kind: str, now: datetime, since: datetime | None, *, missing: str = "") -> Gauge:
    if since is None:
        return Gauge(kind, None, missing, Level.AMBER)
    seconds = max(0, int((now - since).total_seconds()))
    return Gauge(kind, seconds, duration(seconds), threshold_of(kind).level(seconds))


def duration(seconds: int) -> str:
    """A length of time, roughly: "40 s", "12 min", "5 h", "3 days"."""
    if seconds < 120:
        return _("%(count)d s") % {"count": seconds}
    if seconds < 2 * 3600:
        return _("%(count)d min") % {"count": seconds // 60}
    if seconds < 48 * 3600:
        return _("%(count)d h") % {"count": seconds // 3600}
    return _("%(count)d days") % {"count": seconds // 86400}
