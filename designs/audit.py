"""Registry entries in the database against the registry's own storage, and what only we keep against itself."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from common.parts import in_parts
from contracts.chains import Chain
from contracts.client import CALLS_PER_REQUEST, client
from designs.errors import DesignError
from designs.models import EntryAncestor, EntryVersion, PublicCopy, RegistryEntry, ScrubFinding
from designs.public_stores import is_removable, public_store
from designs.selectors import with_status
from designs.services.scrubbing import overdue_rounds
from designs.services.version_keys import unopenable_keys

# A gateway of Arweave has what a bundler took some time later.
ANNOUNCED_AFTER = timedelta(hours=1)


def entries(chain: Chain) -> Iterator[str]:
    """Every projected entry must stand on chain with the same creator, kind, status, versions, time and root."""
    ask = client(chain).calls
    versions: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for entry_id, number, root in EntryVersion.objects.filter(chain_id=chain.chain_id).values_list(
        "entry_id", "number", "record_root"
    ):
        versions[entry_id].append((number, root))
    rows = with_status(RegistryEntry.objects.filter(chain_id=chain.chain_id))
    for part in in_parts(rows, CALLS_PER_REQUEST):
        answers = ask("DesignRegistry", "entry", [(int(entry.entry_id, 16),) for entry in part])
        for entry, (creator, kind, status, _frozen, count, claimed_at, root) in zip(part, answers, strict=True):
            on_chain = (creator, kind, status, count, claimed_at, "0x" + bytes(root).hex())
            in_rows = (
                entry.creator,
                entry.kind,
                entry.entry_status,  # type: ignore[attr-defined]
                1 + len(versions[entry.entry_id]),
                int(entry.claimed_at.timestamp()),
                entry.record_root,
            )
            if on_chain != in_rows:
                yield f"entry {entry.entry_id}: the chain says {on_chain}, the database {in_rows}"
    lines = [(entry_id, number, root) for entry_id, further in versions.items() for number, root in further]
    roots = ask("DesignRegistry", "recordRootOf", [(int(entry_id, 16), number) for entry_id, number, _root in lines])
    for (entry_id, number, record_root), answer in zip(lines, roots, strict=True):
        there = "0x" + bytes(answer).hex()
        if there != record_root:
            yield f"version {number} of {entry_id}: the chain says {there}, the database {record_root}"


def lineage(chain: Chain) -> Iterator[str]:
    """Every entry's table of ancestors must be the registry's."""
    tables: dict[str, list[tuple[int, int, int, bool]]] = defaultdict(list)
    for line in EntryAncestor.objects.filter(chain_id=chain.chain_id).order_by("entry_id", "position"):
        tables[line.entry_id].append((int(line.ancestor_id, 16), line.ppm, line.binding_ppm, line.direct))
    entry_ids = list(RegistryEntry.objects.filter(chain_id=chain.chain_id).values_list("entry_id", flat=True))
    answers = client(chain).calls("DesignRegistry", "ancestorsOf", [(int(entry_id, 16),) for entry_id in entry_ids])
    for entry_id, on_chain in zip(entry_ids, answers, strict=True):
        if on_chain != tables[entry_id]:
            yield f"ancestors of {entry_id}: the chain says {on_chain}, the database {tables[entry_id]}"


def keys(_chain: Chain) -> Iterator[str]:
    """Every key of an encrypted copy must open with a store key of this installation."""
    for key, reason in unopenable_keys():
        yield f"key {key.recipient} of {key.version}: {reason}"


def copies(_chain: Chain) -> Iterator[str]:
    """Every public copy must stand where its row says, and none where it was removed."""
    ended = (PublicCopy.State.STANDING, PublicCopy.State.REMOVED)
    for copy in PublicCopy.objects.filter(state__in=ended).exclude(name="").iterator():
        try:
            there = public_store(copy.place).holds(copy.name)
        except DesignError as error:
            yield f"copy {copy.name} on {copy.place}: {getattr(error, 'detail', error)}"
            continue
        fresh = copy.standing_at is not None and copy.standing_at > timezone.now() - ANNOUNCED_AFTER
        if not there and fresh and not is_removable(copy.place):
            continue
        if there != (copy.state == PublicCopy.State.STANDING):
            yield f"copy {copy.name} on {copy.place}: the store has it is {there}, the row says {copy.state}"


def files(_chain: Chain) -> Iterator[str]:
    """No stored file may be lost or wait for its repair, and every one must have been looked at in time."""
    for finding in ScrubFinding.objects.exclude(state=ScrubFinding.State.RESTORED).order_by("pk").iterator():
        yield f"{finding.store} {finding.sha256}: {finding.fault}, {finding.state} since {finding.created_at:%Y-%m-%d}"
    for cursor in overdue_rounds():
        yield f"the scrub of {cursor.store} goes on since {cursor.round_began_at:%Y-%m-%d}: do beat and assets run?"
