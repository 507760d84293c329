"""One key per version: made when it is first needed, released through a license check, wrapped anew on rotation."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from designs.encryption import KeyUnavailable, Wrapped, new_identity, recipient_of, store_keys
from designs.models import DesignVersion, VersionKey

logger = structlog.get_logger(__name__)


@transaction.atomic
@sensitive_variables()
def version_key(*, version: DesignVersion) -> VersionKey:
    """The version's key; a fresh one when it has none. Raises KeyUnavailable."""
    # Two at once: one makes it, the other one finds it.
    DesignVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if existing := VersionKey.objects.filter(version=version).first():
        return existing
    identity = new_identity()
    key = VersionKey(version=version, recipient=recipient_of(identity))
    wrapped = store_keys().wrap(identity, owner=key.owner)
    key.key_id, key.sealed = wrapped.key_id, wrapped.sealed
    key.save()
    logger.info("version_key_made", version=version.pk, recipient=key.recipient, key_id=key.key_id)
    return key


@sensitive_variables()
def release_identity(*, version: DesignVersion) -> str:
    """The secret key that opens every encrypted copy of this version: AGE-SECRET-KEY-1…

    Whoever calls this has checked a license and keeps a record of it. Raises KeyUnavailable, also where the version
    has no key.
    """
    key = VersionKey.objects.select_related("version__design").filter(version=version).first()
    if key is None:
        raise KeyUnavailable(f"Version {version.pk} has no key.")
    try:
        return _opened(key)
    except KeyUnavailable as error:
        logger.error("version_key_unavailable", version=version.pk, key_id=key.key_id, reason=error.detail)
        raise


@dataclass
class Rewrapped:
    """How many keys were wrapped anew, and how many could not be opened."""

    done: int = 0
    failed: int = 0


def rewrap_keys(*, say: Callable[[str], object]) -> Rewrapped:
    """Wrap every key anew that another than the newest store key wraps; each by itself, so that it may be ended at any
    time and run again. Raises KeyUnavailable where no store key is set.
    """
    newest = store_keys().newest
    found = Rewrapped()
    last = 0
    while batch := list(
        VersionKey.objects.select_related("version__design")
        .exclude(key_id=newest)
        .filter(pk__gt=last)
        .order_by("pk")[:200]
    ):
        for key in batch:
            try:
                found.done += _rewrapped(key)
            except KeyUnavailable as error:
                found.failed += 1
                logger.error("version_key_unavailable", version=key.version_id, key_id=key.key_id, reason=error.detail)
                say(f"{key.recipient}: {error.detail}")
        last = batch[-1].pk
    return found


@sensitive_variables()
def _rewrapped(key: VersionKey) -> bool:
    """Whether this call wrapped it; another one may have done so meanwhile."""
    identity = _opened(key)
    if recipient_of(identity) != key.recipient:
        raise KeyUnavailable("What it wraps is not the secret half of its recipient.")
    wrapped = store_keys().wrap(identity, owner=key.owner)
    return bool(
        VersionKey.objects.filter(pk=key.pk, key_id=key.key_id, sealed=key.sealed).update(
            key_id=wrapped.key_id, sealed=wrapped.sealed, wrapped_at=timezone.now()
        )
    )


@sensitive_variables()
def _opened(key: VersionKey) -> str:
    return store_keys().unwrap(Wrapped(key.key_id, bytes(key.sealed)), owner=key.owner)


def unopenable_keys() -> list[tuple[VersionKey, str]]:
    """Keys that the store keys of this installation do not open, and why."""
    found = []
    for key in VersionKey.objects.select_related("version__design").order_by("pk").iterator():
        try:
            _opened(key)
        except KeyUnavailable as error:
            found.append((key, error.detail))
    return found
