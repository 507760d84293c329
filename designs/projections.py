"""Chain events of the registry, as rows."""

from common.identifiers import entry_id_hex
from contracts.models import ChainEvent
from designs.models import RegistryEntry


def entry_registered(event: ChainEvent) -> None:
    """EntryRegistered: one row per entry."""
    signers = event.args["signers"]
    mask = int(event.args["custodial"])
    RegistryEntry.objects.create(
        event=event,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        creator=event.args["creator"],
        output_hash=event.args["outputHash"],
        kind=int(event.args["kind"]),
        record_root=event.args["recordRoot"],
        claim_order=int(event.args["claimOrder"]),
        signers=signers,
        custodial=[bool(mask >> position & 1) for position in range(len(signers))],
    )
