"""Registry entries in the database against the registry's own storage."""

from collections.abc import Iterator

from contracts.chains import Chain
from contracts.client import client
from designs.models import RegistryEntry


def entries(chain: Chain) -> Iterator[str]:
    """Every projected entry must stand on chain with the same creator, kind, order and record root."""
    ask = client(chain).call
    for entry in RegistryEntry.objects.filter(chain_id=chain.chain_id).iterator():
        creator, kind, order, _at, root = ask("DesignRegistry", "entry", int(entry.entry_id, 16))
        on_chain = (creator, kind, order, "0x" + bytes(root).hex())
        in_rows = (entry.creator, entry.kind, entry.claim_order, entry.record_root)
        if on_chain != in_rows:
            yield f"entry {entry.entry_id}: the chain says {on_chain}, the database {in_rows}"
