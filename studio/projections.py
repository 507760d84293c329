"""What designs on chain ask of works that derive from them, as rows."""

from common.identifiers import entry_id_hex
from contracts.models import ChainEvent
from studio.models import MinimumFee, StandingTerms


def standing_changed(event: ChainEvent) -> None:
    """StandingChanged: one row per change."""
    StandingTerms.objects.create(
        event=event,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(event.integer("entryId")),
        open=event.args["open"],
        binding=event.args["binding"],
        ppm=event.integer("ppm"),
    )


def minimums_stated(event: ChainEvent) -> None:
    """MinimumsStated: one row per currency."""
    MinimumFee.objects.bulk_create(
        MinimumFee(
            event=event,
            position=position,
            chain_id=event.chain_id,
            entry_id=entry_id_hex(event.integer("entryId")),
            currency=line["currency"],
            amount=int(line["amount"]),
        )
        for position, line in enumerate(event.args["minimums"])
    )
