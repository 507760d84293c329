"""What designs ask of derived works, in the database against the registry's own storage."""

from collections.abc import Iterator

from contracts.chains import Chain
from contracts.client import client
from designs.models import RegistryEntry
from studio.ancestry import minimums_of, standing_of


def terms(chain: Chain) -> Iterator[str]:
    """Every entry's standing terms and minimum fees must be the registry's."""
    ask = client(chain).calls
    entries = list(RegistryEntry.objects.filter(chain_id=chain.chain_id).values_list("entry_id", flat=True))
    standing = standing_of(chain_id=chain.chain_id, entry_ids=entries)
    minimums = minimums_of(chain_id=chain.chain_id, entry_ids=entries)
    questions = [(int(entry_id, 16),) for entry_id in entries]
    asked = zip(
        ask("DesignRegistry", "standingOf", questions), ask("DesignRegistry", "minimumsOf", questions), strict=True
    )
    for entry_id, (on_chain, said) in zip(entries, asked, strict=True):
        in_rows = standing[entry_id]
        if on_chain != (in_rows.open, in_rows.binding, in_rows.ppm):
            yield f"standing terms of {entry_id}: the chain says {on_chain}, the database {in_rows}"
        stated = dict(said)
        if stated != minimums.get(entry_id, {}):
            yield f"minimums of {entry_id}: the chain says {stated}, the database {minimums.get(entry_id, {})}"
