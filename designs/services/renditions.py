"""Renditions asked for and made. The row is the queue; who moved it from waiting to running makes it, and beats.

Killed at any line, a making is repeated from its start: what it had signed was in nobody's hands.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from common.tasks import nudge
from contracts.chains import Chain, chain, chain_of
from contracts.errors import ChainError
from contracts.signers import operator_signer
from contracts.verifier import Statement
from designs.credentials import (
    SIDECAR_TYPE,
    CredentialsError,
    Signed,
    sign_file,
    signing_certificate,
)
from designs.credentials.manifest import manifest_of
from designs.errors import DesignError
from designs.inspection import InspectionError, preflight
from designs.models import DesignVersion, Rendition
from designs.renditions import MadeRendition, RenditionError, about_manifest, file_name, forms_of, make_rendition
from designs.services.received import asset_of
from designs.services.stored_files import hold_stored
from designs.storage import StorageError, StoredBlob, discard_scratch, master_store, scratch_folder
from designs.storage.configured import MASTERS

logger = structlog.get_logger(__name__)

ATTEMPTS = 3
SILENT_AFTER = timedelta(seconds=45)
BEAT_EVERY = 2.0
MAX_BYTES = 1 << 30

State = Rendition.State


def request_rendition(*, version: DesignVersion, form: str) -> Rendition:
    """The rendition in this form: the one there is, one that failed let run again, or a new row in the queue.

    Whether the person may have it is asked by the caller. Raises DesignError for a form that the master has not, or
    a design that is not on the chain.
    """
    design = version.design
    if form not in forms_of(version):
        raise DesignError("no_such_form", _("This file cannot be had in that form. Choose one of those on the page."))
    if not design.entry_id or design.chain_id is None:
        raise DesignError("not_anchored", _("The design is not on the chain yet. Try again when it is published."))
    found = Rendition.objects.filter(version=version, form=form, superseded_at=None).first()
    if found is not None and found.ready and not master_store().exists(found.asset.sha256):  # type: ignore[union-attr]
        # Its row stays, for the file is in people's hands and is asked about.
        Rendition.objects.filter(pk=found.pk, superseded_at=None).update(superseded_at=timezone.now())
        found = None
    if found is None:
        found = _new(version, form)
    elif found.state == State.FAILED:
        Rendition.objects.filter(pk=found.pk, state=State.FAILED).update(
            state=State.WAITING, attempts=0, percent=0, error_code="", message=""
        )
        found.refresh_from_db()
    if found.state == State.WAITING:
        _nudge(found.pk)
    return found


def _new(version: DesignVersion, form: str) -> Rendition:
    design = version.design
    here = chain_of(design.chain_id or 0)
    try:
        with transaction.atomic():
            return Rendition.objects.create(
                version=version,
                form=form,
                master_sha256=version.master.sha256,
                chain_id=here.chain_id,
                registry=here.deployment.address("DesignRegistry"),
                entry_id=design.entry_id or "",
            )
    except IntegrityError:
        # Two asked at once: there is one.
        return Rendition.objects.get(version=version, form=form, superseded_at=None)


def run_rendition(*, rendition_id: int) -> None:
    """Make one that waits. Does nothing when somebody else does."""
    claimed = Rendition.objects.filter(pk=rendition_id, state=State.WAITING).update(
        state=State.RUNNING, attempts=F("attempts") + 1, percent=0, beat_at=timezone.now(), error_code="", message=""
    )
    if not claimed:
        return
    rendition = Rendition.objects.select_related("version__master", "version__design").get(pk=rendition_id)
    with tempfile.TemporaryDirectory(prefix=_folder_of(rendition_id), dir=scratch_folder()) as folder:
        try:
            made = _made(rendition, Path(folder))
            _keep(rendition, made)
        except (RenditionError, CredentialsError, InspectionError, StorageError, ChainError) as error:
            _failed(rendition, error)


def _folder_of(rendition_id: int) -> str:
    """How the names of its folders begin."""
    return f"rendition-{rendition_id}-"


def _made(rendition: Rendition, folder: Path) -> MadeRendition:
    version = rendition.version
    path = master_store().path(rendition.master_sha256)
    here = chain_of(rendition.chain_id)
    detected = preflight(path, version.file_name)
    return make_rendition(
        path,
        replace(detected, stated_units=version.stated_units, stated_up=version.stated_up),
        _about(rendition),
        folder,
        sign=_signing(here),
        credential=_credentialing(rendition, path, folder),
        progress=_beat(rendition),
    )


def _about(rendition: Rendition) -> Statement:
    return Statement(
        scheme="file",
        chain_id=rendition.chain_id,
        registry=rendition.registry.lower(),
        entry_id=rendition.entry_id,
        master=rendition.master_sha256,
        form=rendition.form,
    )


def _signing(here: Chain) -> Callable[[Statement], Statement]:
    signer = operator_signer(here)
    return lambda statement: statement.signed(signer.sign_typed_data(statement.typed_data()))


def _credentialing(rendition: Rendition, master: Path, folder: Path) -> Callable[[Path, str], Signed | None]:
    """What signs by the certificate. What it cannot sign is delivered without: our statement does not need it."""
    certificate = signing_certificate()
    version = rendition.version
    beat = _beat(rendition)
    as_it_is = rendition.form in (Rendition.Form.CREDENTIALS, Rendition.Form.SIDECAR)

    def goes_on(stage: str, _part: float) -> None:
        beat(stage, 0.98)  # the file itself is made by now

    def credential(path: Path, media_type: str) -> Signed | None:
        if certificate is None:
            return None
        manifest = manifest_of(version, title=version.design.title, form=rendition.form)
        parent = {} if as_it_is else {"master": master, "master_type": version.master.media_type}
        try:
            return sign_file(path, media_type, manifest, certificate, folder, progress=goes_on, **parent)  # type: ignore[arg-type]
        except CredentialsError as error:
            if error.retryable and rendition.attempts < ATTEMPTS:
                raise
            logger.warning("credentials_failed", rendition=rendition.pk, code=error.code)
            return None

    return credential


def _keep(rendition: Rendition, made: MadeRendition) -> None:
    """Store the file by its content, then say in one step that it is there."""
    blob, beside = _stored(made.path), _stored(made.manifest) if made.manifest else None
    stated = [(blob, made.whole), (beside, made.beside)]
    if any(stored.sha256 != one.content for stored, one in stated if stored and one):
        raise RenditionError("bad_reply", _("The file could not be made. Nothing was lost."), retryable=True)
    with transaction.atomic():
        hold_stored(store=MASTERS, names=[one.sha256 for one in (blob, beside) if one])
        done = _mine(rendition).update(
            state=State.DONE,
            percent=100,
            made_at=timezone.now(),
            asset=asset_of(blob, media_type=made.media_type),
            file_name=file_name(rendition.version, rendition.form, made.media_type),
            embedded=made.embedded.text if made.embedded else "",
            statement=made.whole.text,
            signer=operator_signer(chain_of(rendition.chain_id)).address,
            has_credentials=made.has_credentials,
            manifest=asset_of(beside, media_type=SIDECAR_TYPE) if beside else None,
            manifest_statement=made.beside.text if made.beside else "",
        )
    logger.info("rendition_made", rendition=rendition.pk, form=rendition.form, kept=bool(done))


def _stored(path: Path) -> StoredBlob:
    with path.open("rb") as stream:
        return master_store().put(stream, max_bytes=MAX_BYTES)


def _failed(rendition: Rendition, error: Exception) -> None:
    # A store or a key that is away may come back; a file that cannot be converted stays as it is.
    passing = isinstance(error, StorageError | ChainError)
    again = getattr(error, "retryable", passing) and rendition.attempts < ATTEMPTS
    code = getattr(error, "code", "cannot_sign")
    message = _("It cannot be signed at the moment. Try again later.") if code == "cannot_sign" else str(error)
    _mine(rendition).update(state=State.WAITING if again else State.FAILED, error_code=code, message=message)
    logger.warning("rendition_failed", rendition=rendition.pk, code=code, again=again, cause=str(error))


def _mine(rendition: Rendition) -> QuerySet[Rendition]:
    """The row while it is still this attempt's: one that was silent too long may be another worker's by now."""
    return Rendition.objects.filter(pk=rendition.pk, state=State.RUNNING, attempts=rendition.attempts)


def _beat(rendition: Rendition) -> Callable[[str, float], None]:
    """A progress callback that writes the row at most every two seconds."""
    last = timezone.now()

    def beat(_stage: str, part: float) -> None:
        nonlocal last
        now = timezone.now()
        if (now - last).total_seconds() < BEAT_EVERY:
            return
        last = now
        _mine(rendition).update(percent=max(0, min(99, int(part * 100))), beat_at=now)

    return beat


def sweep_renditions(*, limit: int = 50) -> int:
    """Find renditions whose nudge was lost or whose worker was killed, and nudge them. Returns how many."""
    silent = Rendition.objects.filter(state=State.RUNNING, beat_at__lt=timezone.now() - SILENT_AFTER)
    for one in silent[:limit]:
        _revive(one)
    waiting = Rendition.objects.filter(state=State.WAITING).order_by("id").values_list("pk", flat=True)[:limit]
    for rendition_id in waiting:
        _nudge(rendition_id)
    _state_manifests(limit)
    return len(waiting)


@transaction.atomic
def _revive(rendition: Rendition) -> None:
    mine = Rendition.objects.filter(pk=rendition.pk, state=State.RUNNING, beat_at=rendition.beat_at)
    if rendition.attempts < ATTEMPTS:
        found = mine.update(state=State.WAITING)
    else:
        message = _("This was interrupted three times. Try again, or take the file in another form.")
        found = mine.update(state=State.FAILED, error_code="worker_lost", message=message)
    if found:
        # While the row is ours: who claims it next makes a folder of the same beginning.
        discard_scratch(_folder_of(rendition.pk))


def _state_manifests(limit: int) -> None:
    """Sign what Content Credentials are that were made before this was stated of them; while the operator is the one
    that signed their file, for a row has one signer."""
    unsigned = Rendition.objects.filter(manifest__isnull=False, manifest_statement="").select_related("manifest")
    if not unsigned.exists():
        return
    here = chain()
    try:
        signer, sign = operator_signer(here).address, _signing(here)
        for one in unsigned.filter(chain_id=here.chain_id, signer=signer)[:limit]:
            stated = sign(about_manifest(_about(one), one.manifest.sha256))  # type: ignore[union-attr]
            Rendition.objects.filter(pk=one.pk).update(manifest_statement=stated.text)
    except ChainError as error:
        logger.warning("manifests_not_stated", cause=str(error))


def _nudge(rendition_id: int) -> None:
    from designs.tasks import make_rendition as task

    nudge(task, rendition_id)
