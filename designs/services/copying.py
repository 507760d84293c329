"""Sending encrypted copies to public stores and taking them away, one attempt at a time, each safe to repeat.

An attempt belongs to whoever moved the row to sending or removing; it beats while it runs. Killed anywhere, it is
found by the sweeper and made again with the same ciphertext, which was stored and written down before it was sent.
"""

import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import IO

import structlog
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from common.tasks import nudge
from designs.addresses import Address
from designs.encryption import encrypt
from designs.errors import DesignError
from designs.models import PublicCopy
from designs.public_stores import PublicStore, is_removable, public_store
from designs.services.public_copies import why_not_public
from designs.services.version_keys import version_key
from designs.storage import (
    BlobMissing,
    CorruptBlob,
    StorageError,
    StoredBlob,
    StoreUnavailable,
    master_store,
    outgoing_store,
    scratch_folder,
)

logger = structlog.get_logger(__name__)

ATTEMPTS = 5
# After each failed attempt: 10 s, a minute, 6 and 36 minutes.
WAIT_SECONDS = 10
WAIT_GROWS = 6
BEAT_EVERY = timedelta(seconds=2)
# A store may be silent for two minutes before its answer is given up.
SILENT_AFTER = timedelta(seconds=180)

State = PublicCopy.State
_WORK = {State.WAITING: State.SENDING, State.LEAVING: State.REMOVING}
_BACK = {State.SENDING: State.WAITING, State.REMOVING: State.LEAVING}


class CopyStopped(DesignError):
    """This copy is not to be made, or not by trying again."""


def work_on_copy(*, copy_id: int) -> None:
    """Send or remove it, if that is due and nobody does it already."""
    copy = _claim(copy_id)
    if copy is None:
        return
    try:
        if copy.state == State.SENDING:
            _send(copy)
        else:
            _remove(copy)
    except (DesignError, OSError) as error:
        _failed(copy, error)


def _claim(copy_id: int) -> PublicCopy | None:
    now = timezone.now()
    for waiting, working in _WORK.items():
        due = PublicCopy.objects.filter(Q(not_before=None) | Q(not_before__lte=now), pk=copy_id, state=waiting)
        if due.update(state=working, attempts=F("attempts") + 1, beat_at=now, percent=0):
            return PublicCopy.objects.select_related(
                "version__master", "version__design__owner", "attachment__asset"
            ).get(pk=copy_id)
    return None


def _mine(copy: PublicCopy, **changes: object) -> bool:
    """Write to the row while this attempt has it."""
    for name, value in changes.items():
        setattr(copy, name, value)
    held = PublicCopy.objects.filter(pk=copy.pk, state__in=_BACK, attempts=copy.attempts)
    return bool(held.update(**changes))


def _send(copy: PublicCopy) -> None:
    if reason := why_not_public(copy.version):
        raise CopyStopped("not_published", reason)
    store = public_store(copy.place)
    path = _ciphertext(copy, store)
    if path is None:
        return
    address = Address(copy.sha256, copy.cid, copy.size)
    if not copy.name and not _mine(copy, name=store.name_of(path, address=address)):
        return
    store.publish(path, address=address, sent=_beat(copy))
    _stands(copy)


def _ciphertext(copy: PublicCopy, store: PublicStore) -> Path | None:
    """The encrypted file on this disk; None where another attempt has the row, or nothing is left to be done."""
    if copy.sha256:
        try:
            return outgoing_store().path(copy.sha256)
        except (BlobMissing, CorruptBlob):
            if copy.name and store.holds(copy.name):
                _stands(copy)
                return None
            if copy.name and not is_removable(copy.place):
                raise CopyStopped(
                    "copy_lost", _("The encrypted file was lost on its way. Ask the operator to look for it.")
                ) from None
            # What may have arrived of it goes, so that there is never a second copy beside it.
            if copy.name:
                store.remove(copy.name)
            if not _mine(copy, sha256="", cid="", size=0, name=""):
                return None
    return _sealed(copy)


def _sealed(copy: PublicCopy) -> Path | None:
    key = version_key(version=copy.version)
    with tempfile.TemporaryFile(dir=scratch_folder()) as ciphertext:
        with master_store().open(copy.asset.sha256) as plain:
            encrypt(plain, ciphertext, recipient=key.recipient)
        ciphertext.seek(0)
        blob = _kept(ciphertext)
    if not _mine(copy, sha256=blob.sha256, cid=blob.cid, size=blob.size):
        _forget(blob.sha256)
        return None
    return outgoing_store().path(blob.sha256)


def _kept(ciphertext: IO[bytes]) -> StoredBlob:
    return outgoing_store().put(ciphertext, max_bytes=sys.maxsize)


def _forget(sha256: str) -> None:
    """Of no more use. Where it cannot be removed now, discard_orphans will."""
    try:
        outgoing_store().discard(sha256)
    except StorageError as error:
        logger.warning("ciphertext_left", sha256=sha256, code=error.code)


def _stands(copy: PublicCopy) -> None:
    if _mine(copy, state=State.STANDING, percent=100, standing_at=timezone.now(), error_code="", message="", detail=""):
        logger.info("copy_stands", copy=copy.pk, place=copy.place, name=copy.name, sha256=copy.sha256)
        _forget(copy.sha256)


def _remove(copy: PublicCopy) -> None:
    if copy.name:
        public_store(copy.place).remove(copy.name)
    if _mine(copy, state=State.REMOVED, removed_at=timezone.now(), error_code="", message="", detail=""):
        logger.info("copy_removed", copy=copy.pk, place=copy.place, name=copy.name)
        if copy.sha256:
            _forget(copy.sha256)


def _beat(copy: PublicCopy) -> Callable[[int], None]:
    """Write the row at most every two seconds."""
    last = timezone.now()

    def beat(sent: int) -> None:
        nonlocal last
        now = timezone.now()
        if now - last >= BEAT_EVERY:
            last = now
            _mine(copy, percent=min(99, sent * 100 // max(1, copy.size)), beat_at=now)

    return beat


def _failed(copy: PublicCopy, error: Exception) -> None:
    """Another attempt later where that may help; else the reason, and the creator is told."""
    code = getattr(error, "code", "interrupted")
    detail = str(getattr(error, "detail", error))
    passing = isinstance(error, StoreUnavailable) or not isinstance(error, DesignError)
    message = str(error) if isinstance(error, DesignError) else _("The file could not be read or written.")
    if passing and copy.attempts < ATTEMPTS:
        later = timezone.now() + timedelta(seconds=WAIT_SECONDS * WAIT_GROWS ** (copy.attempts - 1))
        state, not_before = _BACK[State(copy.state)], later
    else:
        # What could not be removed is still there.
        state, not_before = (State.STANDING if copy.standing_at else State.FAILED), None
    logger.warning("copy_failed", copy=copy.pk, place=copy.place, code=code, detail=detail, state=state)
    removing = copy.state == State.REMOVING
    kept = _mine(copy, state=state, not_before=not_before, error_code=code, message=message, detail=detail)
    if kept and state in (State.FAILED, State.STANDING):
        _tell(copy, removing=removing)


def _tell(copy: PublicCopy, *, removing: bool) -> None:
    design = copy.version.design
    words = {"title": design.title, "place": copy.get_place_display(), "reason": copy.message}
    if removing:
        subject = _("The copy of %(title)s on %(place)s could not be removed") % words
    else:
        subject = _("The copy of %(title)s on %(place)s was not made") % words
    notify(
        user=design.owner,
        kind="copy_failed",
        key=f"{copy.pk} {copy.attempts} {timezone.now().isoformat()}",
        subject=subject,
        body=_("%(reason)s Nothing is lost; you can try again on the page of its public copies.") % words,
        url=f"/studio/designs/{design.public_id}/copies/",
    )


def sweep_copies(*, limit: int = 50) -> int:
    """Find copies whose nudge was lost or whose worker was killed, and nudge them. Returns how many."""
    from designs.tasks import work_on_copy as task

    now = timezone.now()
    for copy in PublicCopy.objects.filter(state__in=_BACK, beat_at__lt=now - SILENT_AFTER)[:limit]:
        _revive(copy)
    due = PublicCopy.objects.filter(Q(not_before=None) | Q(not_before__lte=now), state__in=_WORK)
    found = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    for copy_id in found:
        nudge(task, copy_id)
    return len(found)


def _revive(copy: PublicCopy) -> None:
    mine = PublicCopy.objects.select_related("version__design__owner").filter(
        pk=copy.pk, state=copy.state, beat_at=copy.beat_at, attempts=copy.attempts
    )
    if copy.attempts < ATTEMPTS:
        mine.update(state=_BACK[State(copy.state)])
        return
    state = State.STANDING if copy.state == State.REMOVING and copy.standing_at else State.FAILED
    message = _("It was interrupted again and again. Try once more, or ask the operator.")
    if mine.update(state=state, error_code="worker_lost", message=message):
        copy.refresh_from_db()
        _tell(copy, removing=state == State.STANDING)


def discard_orphans() -> int:
    """Remove ciphertexts that no copy waits for: what killed attempts left. Returns how many went."""
    store = outgoing_store()
    names = list(store.names())
    # In this order: whatever was stored before it was listed has its row by now, or is being written down.
    if PublicCopy.objects.filter(state=State.SENDING, sha256="").exists():
        return 0
    done = (State.STANDING, State.REMOVED)
    wanted = set(PublicCopy.objects.exclude(state__in=done).values_list("sha256", flat=True))
    gone = [name for name in names if name not in wanted]
    for name in gone:
        store.discard(name)
    return len(gone)
