"""A lost or damaged file brought back from where a good copy is, under a lock; every finding is a row."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from common.hashing import sha256_of
from common.locks import Lock, hold
from common.tasks import nudge_now
from designs.addresses import Address
from designs.encryption import decrypt
from designs.errors import DesignError
from designs.models import PublicCopy, ScrubFinding
from designs.public_stores import public_store
from designs.services.version_keys import release_identity
from designs.storage import BlobMissing, BlobStore, CorruptBlob, StoreUnavailable, scratch_folder
from designs.storage.configured import MASTERS, bare_store, replica_of

logger = structlog.get_logger(__name__)

State = ScrubFinding.State
Source = ScrubFinding.Source
Fault = BlobMissing | CorruptBlob
# Readers meet the same fault again and again; a worker is told of it once in this time.
KNOWN_FOR = timedelta(minutes=10)


def repair_on_read(*, store: str, sha256: str, fault: Fault) -> bool:
    """Bring a file back from the replica while its reader waits; whether it is there again.

    What takes longer (a public copy) is left to a worker, who is told at once.
    """
    source = _repaired(store, sha256, deep=False)
    is_news = _record(store, sha256, fault, found_by="read", source=source, final=False)
    if is_news and (source is None or connection.in_atomic_block):
        # What the reader's transaction wrote here may be rolled back with it.
        from designs.tasks import look_at

        nudge_now(look_at, store, sha256, fault.code)
    return source is not None


@dataclass(frozen=True)
class Look:
    """How a file was: `outcome` is "good", "restored" or "lost", `fault` why it was not good."""

    outcome: str
    fault: str = ""


def look_at(*, store: str, sha256: str, seen: str = "") -> Look:
    """Hash a file again and repair it where it must be.

    `seen` is the fault that somebody met who may not have kept it. Raises StoreUnavailable when its store is away.
    """
    try:
        bare_store(store).verify(sha256)
    except (BlobMissing, CorruptBlob) as fault:
        source = _repaired(store, sha256, deep=True)
        _record(store, sha256, fault, found_by="read" if seen else "scrub", source=source, final=True)
        return Look("lost" if source is None else "restored", fault.code)
    _settle(store, sha256, seen)
    return Look("good")


def _repaired(store: str, sha256: str, *, deep: bool) -> str | None:
    """Where it was restored from; None when it is not there again."""
    with transaction.atomic():
        hold(Lock.REPAIR, f"{store} {sha256}")
        try:
            bare_store(store).verify(sha256)
        except (BlobMissing, CorruptBlob):
            pass
        except StoreUnavailable:
            return None
        else:
            return Source.ELSEWHERE
        sources: list[tuple[str, Callable[[BlobStore, str, str], bool]]] = [(Source.REPLICA, _from_replica)]
        if deep and store == MASTERS:
            sources.append((Source.PUBLIC_COPY, _from_public_copy))
        for name, restore in sources:
            try:
                if restore(bare_store(store), store, sha256):
                    return name
            except (DesignError, OSError) as error:
                logger.warning("repair_failed", store=store, sha256=sha256, source=name, error=str(error))
    return None


def _from_replica(target: BlobStore, store: str, sha256: str) -> bool:
    replica = replica_of(store)
    if replica is None:
        return False
    copy_blob(replica, target, sha256)
    return True


def _from_public_copy(target: BlobStore, _store: str, sha256: str) -> bool:
    """The last resort: what was encrypted for buyers is decrypted for us."""
    of_it = Q(attachment=None, version__master__sha256=sha256) | Q(attachment__asset__sha256=sha256)
    copies = PublicCopy.objects.filter(of_it, state=PublicCopy.State.STANDING)
    for copy in copies.select_related("version__design"):
        address = Address(copy.sha256, copy.cid, copy.size)
        with (
            tempfile.TemporaryFile(dir=scratch_folder()) as sealed,
            tempfile.TemporaryFile(dir=scratch_folder()) as plain,
        ):
            for piece in public_store(copy.place).read(copy.name, address=address):
                sealed.write(piece)
            sealed.seek(0)
            decrypt(sealed, plain, identity=release_identity(version=copy.version))
            plain.seek(0)
            if sha256_of(plain) == sha256:
                plain.seek(0)
                target.put(plain, max_bytes=sys.maxsize)
                target.verify(sha256)
                return True
    return False


def copy_blob(source: BlobStore, target: BlobStore, sha256: str) -> None:
    """Put a verified file of one store into another. Raises BlobMissing, CorruptBlob or StoreUnavailable."""
    path = source.path(sha256)
    with path.open("rb") as stream:
        blob = target.put(stream, max_bytes=path.stat().st_size)
    if blob.sha256 != sha256:
        raise CorruptBlob(sha256, blob.sha256)
    target.verify(sha256)


def _record(store: str, sha256: str, fault: Fault, *, found_by: str, source: str | None, final: bool) -> bool:
    """Keep the finding; whether it was not known, or not looked at for a while. `final`: all sources were asked, so
    that what is not there again is lost.
    """
    now = timezone.now()
    if source == Source.ELSEWHERE:
        # Somebody else met it at the same time, and has kept it.
        _settle(store, sha256)
        return False
    with transaction.atomic():
        finding, new = ScrubFinding.objects.exclude(state=State.RESTORED).get_or_create(
            store=store, sha256=sha256, defaults={"fault": fault.code, "found_by": found_by, "looked_at": now}
        )
        was = finding.state
        is_news = new or finding.looked_at < now - KNOWN_FOR
        finding.looked_at = now
        if source is not None:
            finding.state, finding.source, finding.restored_at = State.RESTORED, source, now
        elif final:
            finding.state = State.LOST
        finding.save(update_fields=["state", "source", "restored_at", "looked_at"])
    logger.error("blob_finding", store=store, sha256=sha256, fault=fault.code, state=finding.state, source=source)
    if finding.state == State.LOST and (new or was != State.LOST):
        _alarm(finding)
    return is_news


def _settle(store: str, sha256: str, seen: str = "") -> None:
    """What was found before is good again, by whatever means. What a reader saw and could not keep is kept now."""
    now = timezone.now()
    known = ScrubFinding.objects.filter(store=store, sha256=sha256, looked_at__gt=now - KNOWN_FOR)
    if seen and not known.exists():
        ScrubFinding.objects.create(
            store=store,
            sha256=sha256,
            fault=seen,
            found_by="read",
            state=State.RESTORED,
            source=Source.REPLICA,
            looked_at=now,
            restored_at=now,
        )
    settled = ScrubFinding.objects.filter(store=store, sha256=sha256).exclude(state=State.RESTORED)
    settled.update(state=State.RESTORED, source=Source.ELSEWHERE, looked_at=now, restored_at=now)


def _alarm(finding: ScrubFinding) -> None:
    for operator in User.objects.filter(is_superuser=True, is_active=True):
        notify(
            user=operator,
            kind="blob_lost",
            key=str(finding.pk),
            subject=_("A stored file is lost"),
            body=_(
                "No good copy of a file in %(store)s is known, of SHA-256 %(sha256)s. Put it back from a backup, then "
                "run manage.py scrub."
            )
            % {"store": finding.store, "sha256": finding.sha256},
            url="/admin/designs/scrubfinding/",
        )
