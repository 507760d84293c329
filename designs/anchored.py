"""Records whose roots stand on chain, from which fields are proven; and the files that come with a license, which
have a field of such a record each.
"""

from dataclasses import dataclass
from typing import Any

from designs.models import Attachment, Design, EntryVersion, ProvenanceRecord, RegistryEntry
from designs.provenance import ATTACHMENT_KEYS
from designs.selectors import HIDDEN

MOST_ATTACHED = 4


@dataclass(frozen=True)
class AnchoredRecord:
    """A record whose root stands on chain as that of a version of an entry."""

    record: ProvenanceRecord
    chain_id: int
    registry: str
    entry_id: str
    number: int

    def disclose(self, *keys: str) -> dict[str, Any]:
        """A proof of these fields, with where its root stands (verify/schema/field-proof-1.json)."""
        anchor = {"chain": self.chain_id, "registry": self.registry, "entry": self.entry_id, "number": self.number}
        return {**self.record.salted.disclose(*keys), "anchor": anchor}


def anchored_record(design: Design) -> AnchoredRecord | None:
    """The newest record of a design that stands on chain; None before it does."""
    return next(iter(anchored_records(design)), None)


def anchored_records(design: Design) -> list[AnchoredRecord]:
    """Records of a design whose roots stand on chain, of its newest version first."""
    if design.chain_id is None or design.entry_id is None:
        return []
    entries = RegistryEntry.objects.filter(chain_id=design.chain_id, entry_id=design.entry_id)
    entry = entries.select_related("event").first()
    if entry is None:
        return []
    added = EntryVersion.objects.filter(chain_id=entry.chain_id, entry_id=entry.entry_id).order_by("-number")
    rows = [*((row.number, row.record_root) for row in added), (1, entry.record_root)]
    known = {one.root: one for one in ProvenanceRecord.objects.filter(version__design=design)}
    return [
        AnchoredRecord(known[root], entry.chain_id, entry.event.address, entry.entry_id, number)
        for number, root in rows
        if root in known
    ]


@dataclass(frozen=True)
class AttachedFile:
    """A file that comes with every license of a design on show: `key` is its field of the record."""

    key: str
    record: AnchoredRecord
    design: Design
    master_sha256: str

    @property
    def proof(self) -> dict[str, Any]:
        """The field with its salt. The design's page tells everyone what stands in it but the hash, which they have."""
        return self.record.disclose(self.key)


def attached_files(sha256: str, *, chain_id: int) -> list[AttachedFile]:
    """Where a file with this hash comes with a license. Private ones and those of hidden designs are told to nobody."""
    released = Attachment.objects.filter(
        asset__sha256=sha256, release=Attachment.Release.WITH_LICENSE, version__design__chain_id=chain_id
    )
    shown = released.exclude(version__design__state__in=HIDDEN).order_by("id")
    return [
        AttachedFile(key, record, one.version.design, one.version.master.sha256)
        for one in shown.select_related("asset", "version__master", "version__design__owner")[:MOST_ATTACHED]
        for record in anchored_records(one.version.design)
        for key in ATTACHMENT_KEYS
        if record.record.version_id == one.version_id and record.record.fields.get(key) == one.stated()
    ]


def proofs_of_file(sha256: str, chain_id: int) -> list[dict[str, Any]]:
    """What `manage.py verify` holds against the chain for a file that it does not know by its hash."""
    return [one.proof for one in attached_files(sha256, chain_id=chain_id)]
