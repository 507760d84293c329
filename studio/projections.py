"""What designs on chain ask of works that derive from them, as rows."""

from collections.abc import Iterator

from django.db.models import Model

from common.identifiers import entry_id_hex
from contracts.hooks import Event
from studio.models import MinimumFee, StandingTerms


def standing_changed(event: Event) -> Iterator[Model]:
    """StandingChanged: one row per change."""
    yield StandingTerms(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(event.integer("entryId")),
        open=event.args["open"],
        binding=event.args["binding"],
        ppm=event.integer("ppm"),
    )


def minimums_stated(event: Event) -> Iterator[Model]:
    """MinimumsStated: one row per currency."""
    yield from (
        MinimumFee(
            event_id=event.id,
            position=position,
            chain_id=event.chain_id,
            entry_id=entry_id_hex(event.integer("entryId")),
            currency=line["currency"],
            amount=int(line["amount"]),
        )
        for position, line in enumerate(event.args["minimums"])
    )
