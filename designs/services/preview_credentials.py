"""Pictures of published designs, signed: each in every size and encoding, made from the master, which is named.

The row is the queue. A signed picture takes the place of the one that it was made of, if that is still there. When
the operator's certificate has changed, what the other one signed comes into the queue again, behind what is new.
"""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from designs.credentials import Certificate, CredentialsError, sign_file, signing_certificate
from designs.credentials.manifest import manifest_of
from designs.models import Preview, PreviewCredential, RegistryEntry
from designs.services.stored_files import hold_stored
from designs.storage import StorageError, preview_store, scratch_folder
from designs.storage.configured import PREVIEWS

logger = structlog.get_logger(__name__)

ATTEMPTS = 3
SILENT_AFTER = timedelta(minutes=5)
SIGNED_TYPES = ("image/avif", "image/jpeg", "image/webp")
SIGNED_KINDS = (Preview.Kind.IMAGE, Preview.Kind.CLAY, Preview.Kind.WIREFRAME, Preview.Kind.WALLS)
"""What pages show, but for the placeholder of some hundred bytes. The viewer's models are GLB, which holds none."""
MAX_BYTES = 1 << 30
AT_ONCE = 40
LASTS_SECONDS = 20.0
"""What else waits in the queue comes in between."""

State = PreviewCredential.State


def sign_while_due() -> None:
    """Batch after batch, for a while. One that was not signed ends it: it is not to be tried again at once."""
    ends_at = time.monotonic() + LASTS_SECONDS
    while sign_published_pictures(limit=AT_ONCE) == AT_ONCE and time.monotonic() < ends_at:
        pass


def sign_published_pictures(*, limit: int = AT_ONCE) -> int:
    """Plan and sign what is due. Returns how many were signed; without a certificate nothing is planned."""
    certificate = signing_certificate()
    if certificate is None:
        return 0
    _plan(limit)
    _plan_again(limit, certificate)
    silent = PreviewCredential.objects.filter(state=State.RUNNING, beat_at__lt=timezone.now() - SILENT_AFTER)
    silent.filter(attempts__lt=ATTEMPTS).update(state=State.WAITING)
    silent.update(state=State.FAILED, error_code="worker_lost")
    waiting = PreviewCredential.objects.filter(state=State.WAITING).order_by("id").values_list("pk", flat=True)
    return sum(_sign(pk, certificate) for pk in list(waiting[:limit]))


def _plan(limit: int) -> None:
    """A row for each picture that has none, of a design whose entry is on the chain."""
    entry = RegistryEntry.objects.filter(
        chain_id=OuterRef("version__design__chain_id"), entry_id=OuterRef("version__design__entry_id")
    )
    due = Preview.objects.filter(Exists(entry), kind__in=SIGNED_KINDS, media_type__in=SIGNED_TYPES, credential=None)
    rows = [PreviewCredential(preview_id=pk) for pk in due.order_by("id").values_list("pk", flat=True)[:limit]]
    PreviewCredential.objects.bulk_create(rows, ignore_conflicts=True)


def _plan_again(limit: int, certificate: Certificate) -> None:
    """Rows that another certificate was the last to have wait again, as many as there is room for. What they show
    stays until it is replaced; so does the order, in which new pictures do not wait for a whole house of old ones."""
    room = limit - PreviewCredential.objects.filter(state__in=(State.WAITING, State.RUNNING)).count()
    if room <= 0:
        return
    # As two ranges, for an index knows no inequality.
    other = Q(certificate__lt=certificate.fingerprint) | Q(certificate__gt=certificate.fingerprint)
    due = PreviewCredential.objects.filter(other, state__in=(State.DONE, State.FAILED))
    pks = list(due.values_list("pk", flat=True)[:room])
    count = due.filter(pk__in=pks).update(state=State.WAITING, attempts=0, error_code="")
    if count:
        logger.info("pictures_to_sign_again", count=count, certificate=certificate.fingerprint)


def _sign(pk: int, certificate: Certificate) -> bool:
    claimed = PreviewCredential.objects.filter(pk=pk, state=State.WAITING).update(
        state=State.RUNNING,
        attempts=F("attempts") + 1,
        beat_at=timezone.now(),
        error_code="",
        certificate=certificate.fingerprint,
    )
    if not claimed:
        return False
    row = PreviewCredential.objects.select_related("preview__version__design", "preview__version__master").get(pk=pk)
    mine = PreviewCredential.objects.filter(pk=pk, state=State.RUNNING, attempts=row.attempts)
    with tempfile.TemporaryDirectory(prefix="credentials-", dir=scratch_folder()) as folder:
        try:
            return _signed(row, certificate, Path(folder))
        except (CredentialsError, StorageError) as error:
            again = getattr(error, "retryable", True) and row.attempts < ATTEMPTS
            mine.update(state=State.WAITING if again else State.FAILED, error_code=error.code)
            logger.warning("picture_not_signed", preview=row.preview_id, code=error.code, again=again)
            return False


def _signed(row: PreviewCredential, certificate: Certificate, folder: Path) -> bool:
    preview = row.preview
    version = preview.version
    signed = sign_file(
        preview_store().path(preview.sha256),
        preview.media_type,
        manifest_of(version, title=version.design.title, form="", shown=True),
        certificate,
        folder,
        # Not opened: its own credentials may hold its prompt and a picture of it, and a master is private.
        named=True,
        beside=False,
    )
    with signed.path.open("rb") as stream:
        blob = preview_store().put(stream, max_bytes=MAX_BYTES)
    with transaction.atomic():
        hold_stored(store=PREVIEWS, names=[blob.sha256])
        replaced = Preview.objects.filter(pk=preview.pk, sha256=preview.sha256).update(
            sha256=blob.sha256, size=blob.size
        )
        if replaced:
            PreviewCredential.objects.filter(pk=row.pk).update(state=State.DONE)
    logger.info("picture_signed", preview=preview.pk, kept=bool(replaced))
    return bool(replaced)
