"""Being paid what waits: by an order that the holder signs and we send, or by the holder's own transaction.

Only the chain's Claimed makes a payout; what is stored here is what the holder asked for, so that it is found again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import addresses_of
from accounts.services.signing import digest_of, sign_with_custody
from common.identifiers import ZERO_ADDRESS, new_ref
from common.money import format_amount
from common.throttle import TooMany, allow
from contracts.chains import Chain, chain
from contracts.client import client
from contracts.currencies import currency_at
from contracts.outbox import enqueue
from contracts.selectors import for_ref
from contracts.signatures import SignatureRefused, signature_of
from contracts.signers import payout_signer
from royalties.kinds import CLAIM_SIGNED
from royalties.models import ClaimRequest, Payout
from royalties.orders import claim_order, for_wallet, order_arguments, own_claim
from royalties.selectors import earning_totals

AGREED_FOR = timedelta(minutes=30)
# A transaction that the node never saw is given up after this; before that it may only be slow.
LOST_AFTER = timedelta(hours=2)
ENTRIES = 50
SENT_A_DAY = 20
State, Way = ClaimRequest.State, ClaimRequest.Way
OPEN = (State.ASKED, State.GOING)


class ClaimRefused(Exception):
    """It cannot be claimed like this; `str()` is for the person. Nothing was sent."""


@dataclass(frozen=True)
class Asked:
    """What the wallet is asked for: an order to sign, or a transaction to send."""

    claim: ClaimRequest
    order: dict[str, Any] | None = None
    call: dict[str, str] | None = None


def ask_claim(*, person: User, holder: str, currency: str, way: str) -> Asked:
    """Prepare a claim of one of the person's wallets. Raises ClaimRefused and ChainUnavailable."""
    here = chain()
    if way not in (Way.SIGNED, Way.SENT) or holder not in addresses_of(person)[1:]:
        raise ClaimRefused(_("This wallet is not linked to your account. Link it first, then claim."))
    claim = _place(person, holder=holder, paid_to=holder, currency=currency, way=way, here=here)
    if way == Way.SENT:
        return Asked(claim, call=own_claim(claim, chain=here))
    return Asked(claim, order=for_wallet(claim_order(claim, chain=here)))


def claim_by_custody(*, person: User, currency: str, paid_to: str, password: str) -> ClaimRequest:
    """Sign for the custody address with the person's password, and send it: to it, or to a wallet of theirs.

    Raises ClaimRefused, ConfirmationRefused and ChainUnavailable.
    """
    here = chain()
    mine = addresses_of(person)
    if paid_to not in mine:
        raise ClaimRefused(_("Money goes to an address of your account only. Link that wallet first."))
    with transaction.atomic():
        claim = _place(person, holder=mine[0], paid_to=paid_to, currency=currency, way=Way.CUSTODY, here=here)
        signature = sign_with_custody(
            user=person,
            typed_data=claim_order(claim, chain=here),
            purpose=f"claim:{claim.public_id}",
            password=password,
        )
        _send(claim, signature)
    claim.refresh_from_db()
    return claim


def take_claim_signature(*, claim: ClaimRequest, signature: str) -> ClaimRequest:
    """Hand the signed order to the outbox, once however often it comes. Raises ClaimRefused."""
    here = chain()
    if claim.way != Way.SIGNED:
        raise ClaimRefused(_("This claim is not sent by us."))
    if claim.deadline <= timezone.now():
        raise ClaimRefused(_("It was prepared for half an hour, which is over. Start again."))
    try:
        signed = signature_of(signature, address=claim.holder, digest=claim.digest, chain=here)
    except SignatureRefused as refusal:
        raise ClaimRefused(str(refusal)) from refusal
    _send(claim, signed)
    claim.refresh_from_db()
    return claim


@transaction.atomic
def _send(claim: ClaimRequest, signature: bytes) -> None:
    if not _move(claim, [State.ASKED], State.GOING):
        return
    enqueue(
        kind=CLAIM_SIGNED,
        subject=f"royalties.claimrequest:{claim.public_id}",
        ref=bytes.fromhex(claim.digest[2:]),
        contract="DesignShares",
        function="claimWithSig",
        args=[order_arguments(claim), signature],
        by=payout_signer,
    )


def note_claim_sent(*, claim: ClaimRequest, transaction_hash: str) -> ClaimRequest:
    """The wallet has sent the claim, or sent it anew under another hash."""
    if claim.way == Way.SENT:
        ClaimRequest.objects.filter(pk=claim.pk, state__in=OPEN).update(
            state=State.GOING, transaction_hash=transaction_hash, updated_at=timezone.now()
        )
    claim.refresh_from_db()
    return claim


def cancel_claim(*, claim: ClaimRequest) -> ClaimRequest:
    """The person gave up before anything was signed, or canceled the transaction in their wallet."""
    _move(claim, OPEN if claim.way == Way.SENT else [State.ASKED], State.CANCELED, _("You canceled it."))
    claim.refresh_from_db()
    return claim


def _place(person: User, *, holder: str, paid_to: str, currency: str, way: str, here: Chain) -> ClaimRequest:
    found = waiting_on_chain(holder=holder, currency=currency, here=here)
    if not found:
        raise ClaimRefused(_("Nothing waits there any more: it was paid just before."))
    amount = sum(found.values())
    if way != Way.SENT:
        _check_worth(person, amount, currency, here)
    # What was prepared and never signed makes room.
    stale = ClaimRequest.objects.filter(
        person=person, chain_id=here.chain_id, holder=holder, currency=currency, state=State.ASKED
    )
    stale.update(state=State.CANCELED, state_reason=_("You started again."), updated_at=timezone.now())
    claim = ClaimRequest(
        person=person,
        chain_id=here.chain_id,
        holder=holder,
        paid_to=paid_to,
        currency=currency,
        entry_ids=list(found),
        amount=amount,
        way=way,
        asked_at_block=client(here).head().number,
        deadline=(timezone.now() + AGREED_FOR).replace(microsecond=0),
        salt=new_ref(),
    )
    claim.digest = digest_of(claim_order(claim, chain=here))
    try:
        with transaction.atomic():
            claim.save()
    except IntegrityError as error:
        raise ClaimRefused(_("A claim of this address is on its way already. Wait until it has ended.")) from error
    return claim


def _check_worth(person: User, amount: int, currency: str, here: Chain) -> None:
    least = settings.CLAIM_THRESHOLD_NATIVE if currency == ZERO_ADDRESS else settings.CLAIM_THRESHOLD
    if amount < least:
        least_text = format_amount(least, currency_at(currency, here))
        raise ClaimRefused(
            _("We send claims of %(least)s and more. A wallet may send less itself.") % {"least": least_text}
        )
    try:
        allow(f"claims-sent:{person.pk}", limit=SENT_A_DAY, seconds=86_400)
    except TooMany as refusal:
        raise ClaimRefused(str(refusal)) from refusal


def waiting_on_chain(*, holder: str, currency: str, here: Chain) -> dict[str, int]:
    """By entry what the holder would be paid now, by the chain's newest word; the largest first, as many as one
    transaction takes. Raises ChainUnavailable."""
    totals = earning_totals(chain_id=here.chain_id, holder=holder)
    known = sorted((one for one in totals if one.currency == currency), key=lambda one: -one.claimable)
    entries = [one.entry_id for one in known if one.claimable > 0][:ENTRIES]
    questions = [(int(entry, 16), currency, holder) for entry in entries]
    amounts = client(here).calls("DesignShares", "claimable", questions) if questions else []
    return {entry: int(amount) for entry, amount in zip(entries, amounts, strict=True) if amount}


@transaction.atomic
def signed_claim_failed(action: Any) -> None:
    """Outcome handler: what was signed will not be on chain by us. What waited still waits."""
    claim = ClaimRequest.objects.filter(digest=action.ref).first()
    if claim is not None:
        _move(claim, [State.GOING, State.DONE], State.FAILED, claim_refusal(action.error))


def claim_refusal(error: str) -> str:
    """A sentence for the ledger's error."""
    if "NothingToClaim" in error:
        return _("It was paid to you just before, so nothing was left to claim.")
    if "Expired" in error:
        return _("The chain took longer than the half hour for which it was signed.")
    return _("The chain refused it (%(error)s).") % {"error": error}


def sweep_claims(*, limit: int = 200) -> None:
    """Close claims that have ended: paid, also under another hash, refused, or lost."""
    here = chain()
    for claim in ClaimRequest.objects.filter(chain_id=here.chain_id, state__in=OPEN).order_by("id")[:limit]:
        if _paid(claim):
            continue
        if claim.way == Way.SENT and claim.transaction_hash:
            _look_at_receipt(claim, here)
        lost = claim.deadline + (LOST_AFTER if claim.way == Way.SENT else timedelta(0))
        if timezone.now() > lost and (claim.way == Way.SENT or claim.state == State.ASKED):
            _move(claim, OPEN, State.CANCELED, _("It did not reach the chain in time."))


def _paid(claim: ClaimRequest) -> bool:
    """By the event: a wallet may have sent it anew under another hash, or after its page was closed."""
    paid = Payout.objects.filter(
        chain_id=claim.chain_id,
        holder=claim.holder,
        paid_to=claim.paid_to,
        currency=claim.currency,
        entry_id__in=claim.entry_ids,
        event__block__number__gt=claim.asked_at_block,
    )
    if claim.way != Way.SENT:
        action = for_ref(CLAIM_SIGNED, claim.digest, chain_id=claim.chain_id)
        paid = paid.filter(event__transaction_hash=action.transaction_hash if action else None)
    newest = paid.order_by("-event__block__number").values_list("event__transaction_hash", flat=True).first()
    if newest is None or not _move(claim, OPEN, State.DONE):
        return False
    ClaimRequest.objects.filter(pk=claim.pk).update(transaction_hash=newest)
    return True


def _look_at_receipt(claim: ClaimRequest, here: Chain) -> None:
    value = claim.transaction_hash or ""
    receipt = client(here).receipts([value]).get(value)
    if receipt is not None and not receipt.succeeded:
        reason = _("Your transaction reached the chain and was refused there. Only its network fee was spent.")
        _move(claim, OPEN, State.FAILED, reason)


def _move(claim: ClaimRequest, before: Sequence[str], after: str, reason: str = "") -> bool:
    moved = ClaimRequest.objects.filter(pk=claim.pk, state__in=before).update(
        state=after, state_reason=reason, updated_at=timezone.now()
    )
    return bool(moved)


def own_claim_request(*, person: User, public_id: UUID) -> ClaimRequest:
    """Raises ClaimRequest.DoesNotExist, also for another person's."""
    return ClaimRequest.objects.get(public_id=public_id, person=person)
