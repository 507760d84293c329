"""Reading what was found alike: for the creator, for moderators, for the rule before publication, and for visitors.

A finding is about two files and accuses nobody. No public page shows it, and of a design that its reader may not see
nothing is told but that it is there.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from designs.models import Design, DesignVersion, Fingerprint, OriginalityMatch, RegistryEntry
from designs.nearest import like_pictures, like_shapes
from designs.selectors import HIDDEN, Picture, cover_previews, on_show, picture_of

SHOWN = 12
Kind = OriginalityMatch.Kind
_PUBLISHED = (Design.State.ANCHORING, Design.State.WITHDRAWN, Design.State.TAKEN_DOWN)


@dataclass(frozen=True)
class Resemblance:
    """One design that came or was published earlier and shows the same. `design` and `picture` are None where the
    reader may not see it."""

    match: OriginalityMatch
    own: bool
    parent: bool
    public: bool
    design: Design | None
    picture: Picture | None

    @property
    def kind(self) -> str:
        return str(Kind(self.match.kind).label)

    @property
    def how(self) -> str:
        """What was measured, in a sentence."""
        return sentence_of(self.match)


def sentence_of(match: OriginalityMatch) -> str:
    """How a match was found, in words that say no more than was measured."""
    measures = match.measures
    mirrored = bool(measures.get("mirrored"))
    match match.kind:
        case Kind.SAME_FILE:
            return _("Both are the same file, byte for byte.")
        case Kind.SAME_CONTENT:
            return _("The files differ, and their triangles or pixels are the same.")
        case Kind.STRETCHED:
            return _(
                "Laid over each other after undoing a stretch, the surfaces are %(spacing)s times as far apart as "
                "two samples of one surface."
            ) % {"spacing": measures.get("spacing", "?")}
    if "beside" in measures:
        values = {"part": round(100 * float(measures["beside"]))}
        return _("Beside what covers a part of one of them, the pictures agree in %(part)s %% of their parts.") % values
    if "agreement" in measures:
        values = {"part": round(100 * float(measures["agreement"])), "turned": measures.get("turned", 0)}
        if not mirrored and not values["turned"]:
            return _("Laid over each other, the pictures agree in %(part)s %% of their parts.") % values
        if mirrored:
            return _("Mirrored and turned by %(turned)s°, the pictures agree in %(part)s %% of their parts.") % values
        return _("Turned by %(turned)s°, the pictures agree in %(part)s %% of their parts.") % values
    if "corners" in measures:
        return _("Of the coarser one, the corners lie on the other's surface, as in a copy with fewer triangles.")
    values = {"spacing": measures.get("spacing", "?")}
    if mirrored:
        return (
            _(
                "Mirrored and laid over each other, the surfaces are %(spacing)s times as far apart as two samples of "
                "one surface."
            )
            % values
        )
    return (
        _("Laid over each other, the surfaces are %(spacing)s times as far apart as two samples of one surface.")
        % values
    )


def resemblances_of(version: DesignVersion, *, viewer: Any, parents: Collection[str] = ()) -> list[Resemblance]:
    """The version's matches, as this viewer may see them; `parents` are the entries that the design names.

    One line for each other design: the exact match before the near one.
    """
    rows = matches_of(version).prefetch_related(
        cover_previews("earlier__design__versions"), cover_previews("version__design__versions")
    )[:SHOWN]
    others = {row.pk: row.of(version).design for row in rows}
    entries = [other.entry_id for other in others.values() if other.entry_id]
    anchored = set(RegistryEntry.objects.filter(entry_id__in=entries).values_list("chain_id", "entry_id"))
    moderator = viewer.has_perm("moderation.view_review")
    found: dict[int, Resemblance] = {}
    for row in rows:
        design = others[row.pk]
        own = design.owner_id == version.design.owner_id
        public = (design.chain_id, design.entry_id) in anchored and design.state not in HIDDEN
        visible = public or moderator or design.owner_id == viewer.pk
        found.setdefault(
            design.pk,
            Resemblance(
                match=row,
                own=own,
                parent=design.entry_id in parents if design.entry_id else False,
                public=public,
                design=design if visible else None,
                picture=picture_of(design, design.versions.all()[0].previews.all()) if visible else None,
            ),
        )
    return list(found.values())


def others_published_before(version: DesignVersion, *, parents: Collection[str] = ()) -> list[OriginalityMatch]:
    """Matches with designs of other people that are or were published, except declared parents.

    Also with those that were uploaded later and yet published first.
    """
    owner = version.design.owner_id
    rows = matches_of(version).filter(Q(earlier=version) | Q(earlier__design__state__in=_PUBLISHED))
    rows = rows.exclude(version__design__owner=owner, earlier__design__owner=owner)
    for end in ("version", "earlier"):
        rows = rows.exclude(**{f"{end}__design__entry_id__in": list(parents)})
    return list(rows[:SHOWN])


def matches_of(version: DesignVersion) -> "QuerySet[OriginalityMatch]":
    """With what came before it, and with what came later and was published before it; exact ones first."""
    before, since = Q(version=version), Q(earlier=version, version__design__state__in=_PUBLISHED)
    key = {"chain_id": version.design.chain_id or 0, "entry_id": version.design.entry_id or ""}
    own = RegistryEntry.objects.filter(**key).select_related("event__block").first()
    if own is not None:
        its = {name: OuterRef(f"version__design__{name}") for name in key}
        since &= Q(Exists(RegistryEntry.objects.filter(**its).claimed_before(own)))
    exact_first = Case(*(When(kind=kind, then=Value(place)) for place, kind in enumerate(Kind.values)))
    return (
        OriginalityMatch.objects.filter(before | since)
        .select_related("earlier__design__owner", "version__design__owner")
        .order_by(exact_first, "pk")
    )


def more_like_this(design: Design, *, limit: int = SHOWN) -> "list[Design]":
    """Designs on show that look most like this one, nearest first; without what was verified to be a copy of it."""
    version = design.versions.latest("number")
    fingerprint = Fingerprint.objects.filter(asset=version.master_id).first()
    if fingerprint is None:
        return []
    near = like_shapes if fingerprint.points is not None else like_pictures
    keys = near(fingerprint, limit * 4)
    order = {asset: at for at, asset in enumerate(_assets(keys))}
    rows: QuerySet[Design] = on_show().filter(versions__master__in=list(order)).exclude(pk=design.pk).distinct()
    ranked = sorted(rows, key=lambda one: min(order.get(v.master_id, len(order)) for v in one.versions.all()))
    return ranked[:limit]


def _assets(keys: Iterable[int]) -> list[int]:
    keys = list(keys)
    assets = dict(Fingerprint.objects.filter(pk__in=keys).values_list("pk", "asset_id"))
    return [assets[key] for key in keys if key in assets]
