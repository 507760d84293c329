"""Models, programs and data sets for tests: through the services, and onto a made-up chain."""

import hashlib
from collections.abc import Sequence
from typing import Any

from accounts.models import User
from common.testing import PASSWORD
from contracts.chains import chain
from designs.models import SHARE_UNITS, Resource
from designs.services.upload import Part
from marketplace.tests.support import anchored, event, head_at
from studio.models import Publication
from studio.services import publishing
from studio.services.resources import FileHash, ResourceWords, draft_resource

WORDS = {"kind": "model", "name": "Lattice XL", "license": "Apache-2.0", "version": "2", "ppm": 50_000}


def sha256_for(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def drafted(owner: User, *, parts: Sequence[Part] | None = None, sha256: str = "", **changes: Any) -> Resource:
    """A draft whose hash its owner stated."""
    words = ResourceWords(**{**WORDS, **changes})
    parts = parts or [Part(owner, "model_architect", SHARE_UNITS)]
    return draft_resource(owner=owner, words=words, file=FileHash(sha256 or sha256_for(words.name)), parts=parts)


def signed_by_owner(owner: User, **changes: Any) -> tuple[Resource, Publication]:
    """One whose registration has been handed to the outbox."""
    resource = drafted(owner, **changes)
    publication = publishing.freeze_and_sign(actor=owner, work=resource, password=PASSWORD)
    resource.refresh_from_db()
    publication.refresh_from_db()
    return resource, publication


def registered(owner: User, *, block: int = 5, **changes: Any) -> Resource:
    """One that stands on chain, as our projections see it."""
    resource, publication = signed_by_owner(owner, **changes)
    anchored(publication, block=block)
    standing = publication.typed_data["message"]["standing"]
    if standing["open"]:
        terms = {"entryId": str(int(publication.entry_id, 16)), **standing, "ppm": str(standing["ppm"])}
        event("DesignRegistry", "StandingChanged", terms, block=block)
    head_at(block + 10)
    assert chain().chain_id == resource.chain_id
    return resource
