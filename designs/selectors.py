"""Reading designs: what is on show, who may see a draft, and where a design stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

import structlog
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from designs.models import (
    Asset,
    Attachment,
    Design,
    DesignVersion,
    EntryAncestor,
    EntryStatus,
    EntryVersion,
    Preview,
    ProcessingStep,
    PublicCopy,
    RegistryEntry,
    Rendition,
)
from designs.services.steps import OPTIONAL

logger = structlog.get_logger(__name__)

PREVIEW_NAMES = {
    "cover": Preview.Kind.IMAGE,
    "viewer": Preview.Kind.VIEWER,
    "viewer-light": Preview.Kind.VIEWER_LIGHT,
    "clay": Preview.Kind.CLAY,
    "wireframe": Preview.Kind.WIREFRAME,
    "walls": Preview.Kind.WALLS,
}
"""How previews are called in addresses: an image is a picture of the cover, whatever it was made from."""
ENDINGS = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
    "glb": "model/gltf-binary",
}
_PREVIEW_STEMS = {kind.value: name for name, kind in PREVIEW_NAMES.items()}
_ENDING_OF = {media_type: ending for ending, media_type in ENDINGS.items()}
HIDDEN = (Design.State.REJECTED, Design.State.WITHDRAWN, Design.State.TAKEN_DOWN)
# The chain sells nothing of an entry that is suspended or withdrawn.
SELLING = (EntryStatus.Status.ACTIVE, EntryStatus.Status.CONTESTED)

Rows = TypeVar("Rows", bound="QuerySet[Any]")


def with_status(rows: Rows) -> Rows:
    """Annotate entry_status (EntryStatus.Status) of the entry that `chain_id` and `entry_id` of each row name."""
    newest = EntryStatus.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id")).order_by(
        "-event__block__number", "-event__log_index"
    )
    return rows.annotate(entry_status=Coalesce(Subquery(newest.values("status")[:1]), EntryStatus.Status.ACTIVE))


def with_entry(designs: QuerySet[Design]) -> QuerySet[Design]:
    """Annotate entry_block (block number or None), claim_order and entry_status from the chain's projections."""
    entry = RegistryEntry.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id"))
    return with_status(designs).annotate(
        entry_block=Subquery(entry.values("event__block__number")[:1]),
        claim_order=Subquery(entry.with_claim_order().values("claim_order")[:1]),  # type: ignore[misc]
    )


def on_show(*, query: str = "", kind: str = "", tag: str = "") -> QuerySet[Design]:
    """Anchored designs that anyone may see, newest first; by relevance when there is a query."""
    entry = RegistryEntry.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id"))
    designs = with_entry(Design.objects.filter(Exists(entry)).exclude(state__in=HIDDEN)).select_related("owner")
    if kind:
        designs = designs.filter(kind=kind)
    if tag:
        designs = designs.filter(tags__contains=[tag])
    if query:
        search = SearchQuery(query, search_type="websearch", config="english")
        designs = (
            designs.annotate(rank=SearchRank(F("search"), search))
            .filter(Q(search=search) | Q(tags__contains=[query.lower()]) | Q(title__icontains=query))
            .order_by("-rank", "-id")
        )
    return designs.prefetch_related(cover_previews())


def cover_previews(lookup: str = "versions") -> "Prefetch[Any, Any, Any]":
    """Previews by `design.versions.all()[0].previews.all()`, without the viewer model."""
    images = Preview.objects.filter(kind__in=[Preview.Kind.IMAGE, Preview.Kind.BLUR, Preview.Kind.FIRST])
    versions = DesignVersion.objects.order_by("-number").prefetch_related(Prefetch("previews", images))
    return Prefetch(lookup, versions)


@dataclass(frozen=True)
class Picture:
    """A cover in all its sizes, for <picture>: sources by type, a fallback, and the blurred stand-in."""

    design: Design
    images: tuple[Preview, ...]
    blur: Preview | None

    def of_type(self, media_type: str) -> list[Preview]:
        return [image for image in self.images if image.media_type == media_type]

    @property
    def avif(self) -> list[Preview]:
        return self.of_type("image/avif")

    @property
    def webp(self) -> list[Preview]:
        return self.of_type("image/webp")

    @property
    def fallback(self) -> Preview | None:
        jpeg = self.of_type("image/jpeg")
        return jpeg[-1] if jpeg else None

    @property
    def small(self) -> Preview | None:
        jpeg = self.of_type("image/jpeg")
        return jpeg[0] if jpeg else None


def picture_of(design: Design, previews: Iterable[Preview]) -> Picture:
    previews = list(previews)
    images = [p for p in previews if p.kind == Preview.Kind.IMAGE]
    return Picture(
        design=design,
        images=tuple(images or [p for p in previews if p.kind == Preview.Kind.FIRST]),
        blur=next((p for p in previews if p.kind == Preview.Kind.BLUR), None),
    )


@dataclass(frozen=True)
class Views:
    """What a mesh is seen in beside its cover: models for the viewer, and stills."""

    viewer: Preview | None
    light: Preview | None
    stills: tuple[Preview, ...]


def views_of(previews: Iterable[Preview]) -> Views:
    found = {Preview.Kind(preview.kind): preview for preview in previews}
    stills = (found.get(kind) for kind in (Preview.Kind.CLAY, Preview.Kind.WIREFRAME, Preview.Kind.WALLS))
    return Views(
        viewer=found.get(Preview.Kind.VIEWER),
        light=found.get(Preview.Kind.VIEWER_LIGHT),
        stills=tuple(still for still in stills if still is not None),
    )


def access_design(*, viewer: Any, public_id: Any) -> Design:
    """The design, if this viewer may see it: anyone once it is anchored, else its people and moderators.

    Raises Design.DoesNotExist for everyone else, as if there were none.
    """
    design = with_entry(Design.objects.select_related("owner")).get(public_id=public_id)
    if design.entry_block is not None and design.state not in HIDDEN:  # type: ignore[attr-defined]
        return design
    if not viewer.is_authenticated:
        raise Design.DoesNotExist
    if design.owner_id == viewer.pk or viewer.has_perm("moderation.view_review"):
        return design
    if design.contributions.filter(account=viewer).exists():
        return design
    raise Design.DoesNotExist


def open_attachment(*, viewer: Any, design_id: Any, public_id: Any) -> Attachment:
    """A further file of a design, for its owner or a moderator, whose look is logged: it may be private.

    Raises Attachment.DoesNotExist for everyone else, as if there were none.
    """
    files = Attachment.objects.select_related("asset", "version__design")
    found = files.get(public_id=public_id, version__design__public_id=design_id)
    if found.version.design.owner_id == viewer.pk:
        return found
    if not viewer.has_perm("moderation.view_review"):
        raise Attachment.DoesNotExist
    logger.info("attachment_opened", attachment=str(found.public_id), release=found.release, by=str(viewer.public_id))
    return found


def own_design(*, owner: User, public_id: Any) -> Design:
    """A design of this owner. Raises Design.DoesNotExist for anyone else's."""
    return with_entry(Design.objects.select_related("owner")).get(public_id=public_id, owner=owner)


@dataclass(frozen=True)
class Progress:
    """Where processing stands: true after a reload, because it is read from the rows."""

    steps: list[ProcessingStep]

    @property
    def needed(self) -> list[ProcessingStep]:
        return [step for step in self.steps if step.name not in OPTIONAL]

    @property
    def done(self) -> bool:
        return all(step.state == ProcessingStep.State.DONE for step in self.needed)

    @property
    def failed(self) -> ProcessingStep | None:
        return next((step for step in self.needed if step.state == ProcessingStep.State.FAILED), None)

    @property
    def running(self) -> bool:
        return not self.done and self.failed is None

    @property
    def following(self) -> list[ProcessingStep]:
        """What is still to come, or has failed, of what the draft does not wait for; empty before it is complete."""
        if not self.done:
            return []
        return [step for step in self.steps if step.name in OPTIONAL and step.state != ProcessingStep.State.DONE]

    @property
    def moving(self) -> bool:
        """Whether any step waits or runs."""
        return self.running or any(step.state != ProcessingStep.State.FAILED for step in self.following)

    @property
    def stuck(self) -> bool:
        """Whether something that the draft does not wait for has failed."""
        return any(step.state == ProcessingStep.State.FAILED for step in self.following)

    @property
    def percent(self) -> int:
        if not self.needed:
            return 0
        parts = [100 if step.state == ProcessingStep.State.DONE else step.percent for step in self.needed]
        return sum(parts) // len(parts)


def preview_name(preview: Preview) -> str:
    """What it is called in its address: what it is, a piece of its hash, which changes with its bytes, and its type."""
    return (
        f"{_PREVIEW_STEMS.get(preview.kind, 'cover')}.{preview.sha256[:12]}.{_ENDING_OF.get(preview.media_type, 'bin')}"
    )


def preview_in_place_of(*, design: Design, name: str) -> Preview | None:
    """What is shown now where a preview of this name was, which another has replaced meanwhile."""
    stem, ending = name.partition(".")[0], name.rpartition(".")[2]
    kind, media_type = PREVIEW_NAMES.get(stem), ENDINGS.get(ending)
    rows = Preview.objects.filter(version__design=design, kind=kind, media_type=media_type)
    return rows.order_by("-version__number", "-width").first() if kind and media_type else None


def failed_steps() -> "QuerySet[ProcessingStep]":
    """Steps at which a draft has stopped."""
    return ProcessingStep.objects.filter(state=ProcessingStep.State.FAILED).exclude(name__in=OPTIONAL)


def progress_of(version: DesignVersion) -> Progress:
    return Progress(list(version.steps.all()))


def claims_of(output_hash: str, *, chain_id: int | None = None, at_most: int | None = None) -> list[RegistryEntry]:
    """The claims of a file, on one chain or on each, in their order, with claim_order and entry_status.

    Anyone may claim any hash as often as they pay for it: who answers strangers names a limit.
    """
    claims = with_status(RegistryEntry.objects.filter(output_hash=output_hash)).select_related("event__block")
    if chain_id is not None:
        claims = claims.filter(chain_id=chain_id)
    ordered = list(claims.order_by(*RegistryEntry.ORDER)[:at_most])
    for _chain_id, here in groupby(ordered, key=lambda claim: claim.chain_id):
        for number, claim in enumerate(here, start=1):
            claim.claim_order = number  # type: ignore[attr-defined]
    return ordered


def claims_beside(output_hash: str, *, chain_id: int, entry_id: str, at_most: int) -> tuple[list[RegistryEntry], int]:
    """The first claims of a file on one chain, in their order, and that of this entry; how many more there are."""
    claims = claims_of(output_hash, chain_id=chain_id, at_most=at_most)
    if len(claims) < at_most:
        return claims, 0
    every = RegistryEntry.objects.filter(chain_id=chain_id, output_hash=output_hash)
    if all(claim.entry_id != entry_id for claim in claims):
        own = every.filter(entry_id=entry_id).with_claim_order()
        claims += with_status(own).select_related("event__block")
    return claims, every.count() - len(claims)


def versions_of(output_hash: str, *, chain_id: int | None = None, at_most: int | None = None) -> list[EntryVersion]:
    """Entries of which this file is a further version, with entry_status; as claims_of."""
    versions = with_status(EntryVersion.objects.filter(output_hash=output_hash)).select_related("event__block")
    if chain_id is not None:
        versions = versions.filter(chain_id=chain_id)
    return list(versions.order_by("chain_id", "event__block__number", "event__log_index")[:at_most])


def entry_status(*, chain_id: int, entry_id: str) -> int:
    """The status (EntryStatus.Status) of one entry."""
    rows = EntryStatus.objects.filter(chain_id=chain_id, entry_id=entry_id)
    newest = rows.order_by("-event__block__number", "-event__log_index").values_list("status", flat=True).first()
    return EntryStatus.Status.ACTIVE if newest is None else newest


def state_word(status: int) -> str:
    """A status for machines: "active", "contested", "suspended" or "withdrawn"."""
    return EntryStatus.Status(status).name.lower()


def ancestors_of(*, chain_id: int, entry_id: str) -> list[EntryAncestor]:
    """The ancestors' table of an entry; empty for an original."""
    return list(EntryAncestor.objects.filter(chain_id=chain_id, entry_id=entry_id))


def standing_copies(version: DesignVersion) -> list[PublicCopy]:
    """The encrypted copies of a version that everybody can fetch now: the master's before those of further files."""
    standing = version.public_copies.filter(state=PublicCopy.State.STANDING)
    return list(
        standing.select_related("version__master", "attachment__asset").order_by(
            F("attachment_id").asc(nulls_first=True), "place"
        )
    )


def renditions_of(sha256: str, *, chain_id: int) -> list[Rendition]:
    """What we delivered with these very bytes, or with Content Credentials beside it that are these very bytes: one
    row, but for the same file sold as two designs."""
    # One row, looked up first: by each of the two columns an index is at hand then.
    asset = Subquery(Asset.objects.filter(sha256=sha256).values("pk"))
    ours = Q(asset=asset) | Q(manifest=asset) & ~Q(manifest_statement="")
    made = Rendition.objects.filter(ours, state=Rendition.State.DONE, chain_id=chain_id)
    return list(made.select_related("asset", "manifest").order_by("id")[:4])


def statements_about(sha256: str, chain_id: int) -> list[str]:
    """What `manage.py verify` holds against the chain for a file that cannot hold it: as it is kept beside the file."""
    return [one.stated(sha256).as_json() for one in renditions_of(sha256, chain_id=chain_id)]
