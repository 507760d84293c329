"""A decision's status on chain, by the outbox: planned with the decision, never twice, and again only on purpose."""

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import notify
from contracts.models import ChainTransaction
from contracts.outbox import enqueue
from contracts.selectors import for_ref
from designs.models import EntryStatus
from moderation.errors import ModerationRefused
from moderation.models import Decision, StatusCommand
from moderation.policy import SET_STATUS


def send_status(*, decision: Decision, status: int) -> StatusCommand:
    """Plan the transaction in the transaction that stores the decision: both are there or neither."""
    return _send(decision=decision, status=status, number=1)


def _send(*, decision: Decision, status: int, number: int) -> StatusCommand:
    ref = hashlib.sha256(f"moderation.decision:{decision.public_id}:{number}".encode()).digest()
    command = StatusCommand.objects.create(decision=decision, number=number, ref="0x" + ref.hex(), status=status)
    enqueue(
        kind=SET_STATUS,
        subject=f"moderation.decision:{decision.public_id}",
        ref=ref,
        contract="DesignRegistry",
        function="setStatus",
        args=[int(decision.design.entry_id or "0", 16), status, decision.statement_hash],
    )
    return command


def send_again(*, decision: Decision) -> StatusCommand:
    """Another try of a transaction that failed. Raises ModerationRefused while there is nothing to try again."""
    last = decision.commands.order_by("number").last()
    newer = StatusCommand.objects.filter(decision__design=decision.design, decision__pk__gt=decision.pk)
    if last is None or newer.exists():
        raise ModerationRefused("superseded", _("A later decision has taken the place of this one."))
    tx = for_ref(SET_STATUS, last.ref)
    arrived = EntryStatus.objects.filter(reason=decision.statement_hash).exists()
    if arrived or tx is None or tx.state not in ChainTransaction.GIVEN_UP:
        raise ModerationRefused("under_way", _("It has not failed: nothing was sent again."))
    try:
        with transaction.atomic():
            return _send(decision=decision, status=last.status, number=last.number + 1)
    except IntegrityError as error:
        raise ModerationRefused("under_way", _("Somebody else sent it again already.")) from error


def status_failed(action: Any) -> None:
    """Outcome handler: the chain refused the status. Whoever decided is told what to do next."""
    command = StatusCommand.objects.select_related("decision__design", "decision__moderator").get(ref=action.ref)
    decision = command.decision
    moderator: User = decision.moderator
    notify(
        user=moderator,
        kind="moderation_unsent",
        key=action.ref,
        subject=_("The status of “%(title)s” did not reach the chain") % {"title": decision.design.title},
        body=_(
            "Your decision is stored, and everybody was told of it, but the transaction failed: %(error)s\n\n"
            "Open the decision to send it again. Until then the design stands on chain as before."
        )
        % {"error": action.error},
        url=decision.get_absolute_url(),
    )
