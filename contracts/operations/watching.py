"""What the clock does every half minute: balances are read, alarms move, and operators are told once of each."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import mail_admins
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.identifiers import ZERO_ADDRESS
from contracts.chains import Chain, chains
from contracts.client import client
from contracts.errors import ChainError
from contracts.killpoints import reach
from contracts.models import Alarm, KeyBalance, ReadingError
from contracts.operations.gauges import KINDS, Gauge, gauges_of
from contracts.outbox.tracking import senders_with_work
from contracts.signers import operator_signer, payout_signer

logger = structlog.get_logger(__name__)

Level = Alarm.Level
ERRORS_KEPT = timedelta(days=1)
KEYS_AT_MOST = 100


def watch_all() -> None:
    """Watch every chain. What only a chain can tell stays as it was while that one is away."""
    for here in chains():
        try:
            read_balances(here)
        except ChainError as error:
            logger.warning("balances_wait", chain=here.role, error=str(error))
        ReadingError.objects.filter(chain_id=here.chain_id, at__lt=timezone.now() - ERRORS_KEPT).delete()
        move_alarms(here, gauges_of(here))
        tell_operators(here)


def read_balances(here: Chain) -> None:
    """Keep what each key that sends has of the chain's coin, asked in one request. Raises a ChainError."""
    keys = keys_that_send(here)
    KeyBalance.objects.filter(chain_id=here.chain_id).exclude(address__in=keys).delete()
    now = timezone.now()
    found = zip(keys, client(here).balances(ZERO_ADDRESS, keys), strict=True)
    KeyBalance.objects.bulk_create(
        [KeyBalance(chain_id=here.chain_id, address=key, wei=wei, read_at=now) for key, wei in found],
        update_conflicts=True,
        unique_fields=["chain_id", "address"],
        update_fields=["wei", "read_at"],
    )


def keys_that_send(here: Chain) -> list[str]:
    """The addresses of our keys, and of everything that is on its way."""
    found = senders_with_work(here)[:KEYS_AT_MOST]
    try:
        found += [operator_signer(here).address, payout_signer(here).address]
    except ChainError as error:
        logger.warning("operator_key_unknown", chain=here.role, error=str(error))
    return sorted(set(found))


def move_alarms(here: Chain, found: Sequence[Gauge]) -> None:
    """Bring the alarms to the levels of these gauges; whoever moves one says so in the log."""
    mine = Alarm.objects.filter(chain_id=here.chain_id)
    mine.exclude(name__in=[gauge.name for gauge in found]).delete()
    known = {alarm.name: alarm.level for alarm in mine}
    now = timezone.now()
    new = [Alarm(chain_id=here.chain_id, name=gauge.name, since=now) for gauge in found if gauge.name not in known]
    if new:
        Alarm.objects.bulk_create(new, ignore_conflicts=True)
    for gauge in found:
        before = known.get(gauge.name, Level.GREEN)
        if gauge.level == before:
            continue
        if mine.filter(name=gauge.name, level=before).update(level=gauge.level, value=gauge.text, since=now):
            log = {Level.RED: logger.error, Level.AMBER: logger.warning}.get(gauge.level, logger.info)
            log(f"alarm_{gauge.level}", chain=here.role, alarm=gauge.name, before=before, value=gauge.text)


def tell_operators(here: Chain) -> None:
    """One mail of all that turned red, or green again, since the last one.

    The rows are locked while the mail goes out: of two at once one tells. When the mail server is away, or the
    process dies before, the next one tells; when it dies just after, the mail comes twice rather than never.
    """
    try:
        with transaction.atomic():
            due = Alarm.objects.filter(chain_id=here.chain_id, level__in=[Level.RED, Level.GREEN])
            due = due.exclude(level=F("told_level")).select_for_update(skip_locked=True).order_by("name")
            if not (changed := list(due)):
                return
            mail_admins(_subject(here, changed), _body(here, changed))
            reach("operations.mailed")
            ids = [alarm.pk for alarm in changed]
            Alarm.objects.filter(pk__in=ids).update(told_level=F("level"), told_at=timezone.now())
    except OSError as error:  # SMTPException is one
        logger.warning("alarm_not_told", chain=here.role, error=str(error))


def _subject(here: Chain, changed: Sequence[Alarm]) -> str:
    red = sum(1 for alarm in changed if alarm.level == Level.RED)
    if red:
        return ngettext("%(count)d alarm on chain %(chain)s", "%(count)d alarms on chain %(chain)s", red) % {
            "count": red,
            "chain": here.role,
        }
    return _("Alarms are over on chain %(chain)s") % {"chain": here.role}


def _body(here: Chain, changed: Sequence[Alarm]) -> str:
    parts = [_told(alarm) for alarm in sorted(changed, key=lambda alarm: alarm.level == Level.GREEN)]
    return "\n\n".join([*parts, settings.SITE_URL.rstrip("/") + reverse("contracts:operations")])


def _told(alarm: Alarm) -> str:
    kind, _colon, address = alarm.name.partition(":")
    what = f"{KINDS[kind].label} {address}".strip()
    sentence = f"{what}: {alarm.value} ({alarm.get_level_display().lower()}, {alarm.since:%Y-%m-%d %H:%M} UTC)"
    return f"{sentence}\n{KINDS[kind].advice}" if alarm.level == Level.RED else sentence
