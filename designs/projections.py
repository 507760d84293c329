"""Chain events of the registry, as rows."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Model

from common.identifiers import entry_id_hex
from contracts.hooks import Event
from designs.models import EntryAncestor, EntryStatus, EntryVersion, RegistryEntry


def entry_registered(event: Event) -> Iterator[Model]:
    """EntryRegistered: one row per entry."""
    signers = event.args["signers"]
    mask = int(event.args["custodial"])
    yield RegistryEntry(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        creator=event.args["creator"],
        output_hash=event.args["outputHash"],
        kind=int(event.args["kind"]),
        record_root=event.args["recordRoot"],
        claimed_at=datetime.fromtimestamp(int(event.args["claimedAt"]), UTC),
        signers=signers,
        custodial=[bool(mask >> position & 1) for position in range(len(signers))],
    )


def status_changed(event: Event) -> Iterator[Model]:
    yield EntryStatus(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        status=int(event.args["status"]),
        reason=event.args["reason"],
        by=event.args["by"],
    )


def version_added(event: Event) -> Iterator[Model]:
    yield EntryVersion(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        number=int(event.args["number"]),
        output_hash=event.args["outputHash"],
        record_root=event.args["recordRoot"],
    )


def ancestors_fixed(event: Event) -> Iterator[Model]:
    """AncestorsFixed: one row per line of the table."""
    yield from (
        EntryAncestor(
            event_id=event.id,
            position=position,
            chain_id=event.chain_id,
            entry_id=entry_id_hex(int(event.args["entryId"])),
            ancestor_id=entry_id_hex(int(line["entryId"])),
            ppm=int(line["ppm"]),
            binding_ppm=int(line["bindingPpm"]),
            direct=line["direct"],
        )
        for position, line in enumerate(event.args["ancestors"])
    )
