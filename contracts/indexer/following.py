"""One step of the indexer: read what is new, or take back what is no more (docs/decisions/0004)."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.utils import timezone

from contracts.answers import Header, Tips
from contracts.chains import Chain
from contracts.client import Client, client, distrusting
from contracts.errors import ChainUnavailable, InconsistentNode, RpcError
from contracts.indexer.reading import (
    LOGS_PER_WINDOW,
    MAX_WINDOW,
    NEAR_HEAD,
    OPEN_WINDOW,
    WHOLE_WINDOW,
    NotLinked,
    Window,
    read_open,
    read_settled,
)
from contracts.indexer.reading_ahead import ReadAhead
from contracts.indexer.standing import finalized_number, resume_sending, stop_sending, why_not_ours
from contracts.indexer.storing import CursorMoved, roll_back, store
from contracts.models import ChainBlock, ChainCursor, ReadingError

logger = structlog.get_logger(__name__)

HASHES_PER_REQUEST = 32
FIRST_PAUSE_SECONDS = 0.5
PATIENCE = 4
"""How often in a row who reads all of a chain asks again after a step that failed: it would begin anew else."""


@dataclass(frozen=True)
class Step:
    """What a step did: the block it stands at now, the node's head, events stored and events taken back."""

    number: int
    head: int
    events: int = 0
    dropped: int = 0
    moved: bool = False

    @property
    def at_head(self) -> bool:
        return self.number >= self.head


def follow(chain: Chain, ahead: ReadAhead | None = None) -> Step:
    """Read one window, or roll back to the common ancestor after a reorganization.

    `ahead` fetches the window after this one meanwhile, for the next step.

    Raises ChainUnavailable, WrongChain, InconsistentNode, ChainNotDeployed or an RpcError; nothing is half done
    then. When the chain is behind or beside a block that was final, nothing is read and sending stops (law 11).
    Where the settings name several nodes, nothing is read that not two of them have.
    """
    with distrusting(chain):
        return _follow(chain, ahead)


def _follow(chain: Chain, ahead: ReadAhead | None) -> Step:
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first() or start_cursor(chain)
    node = client(chain)
    window = ahead.take(node, after=cursor.number, after_hash=cursor.hash) if ahead else None
    tips = _believed(node, cursor, window.tips if window else node.tips())
    head = tips.head
    if tips.tell_finality and not cursor.tells_finality:
        ChainCursor.objects.filter(chain_id=chain.chain_id).update(tells_finality=True)
    try:
        try:
            if head.number > cursor.number:
                step = _read_on(chain, node, cursor, tips, window, ahead)
            elif head.number == cursor.number and head.hash == cursor.hash:
                step = _stay(chain, node, cursor, tips)
            else:
                raise NotLinked
        except NotLinked:
            step = _take_back(chain, node, cursor, head)
    except CursorMoved:
        step = Step(cursor.number, max(head.number, cursor.number + 1))
    _note_reached(chain, head.number)
    return step


def _believed(node: Client, cursor: ChainCursor, tips: Tips) -> Tips:
    """The tips, no newer than what a second node has, and no older than what was read."""
    if not node.node.has_witnesses:
        return tips
    agreed = node.agreed(tips)
    head, finalized = agreed.head, agreed.finalized
    if head.number < cursor.number <= tips.head.number:
        head = node.header(cursor.number) or head
    return Tips(head, finalized if finalized is None or finalized.number <= head.number else head)


def follow_to_head(chain: Chain, *, steps: int = 100_000, patience: int = 0) -> Iterator[Step]:
    """Steps until everything the node has is read. A node that is away, or contradicts itself or another one, as it may
    when a block comes meanwhile, is asked again so many times in a row.
    """
    failures = 0
    with closing(ReadAhead()) as ahead:
        for _number in range(steps):
            try:
                step = follow(chain, ahead)
            except (ChainUnavailable, InconsistentNode) as error:
                failures += 1
                if failures > patience:
                    raise
                logger.warning("asked_again", chain=chain.role, error=str(error))
                time.sleep(FIRST_PAUSE_SECONDS * 2 ** (failures - 1))
                continue
            failures = 0
            yield step
            if step.at_head:
                return
            if not step.moved:
                time.sleep(0.05)  # another indexer is at it


def start_cursor(chain: Chain) -> ChainCursor:
    """The cursor just before the deployment's first block. Raises ChainNotDeployed."""
    before = chain.deployment.deployed_block - 1
    parent, first = client(chain).headers([before, before + 1])
    if parent is None:
        raise InconsistentNode(f"The chain has no block {before}, where our contracts begin.")
    # Our first block names the one before it: anvil makes its block 0 anew at every start.
    before_hash = first.parent_hash if first else parent.hash
    cursor, _created = ChainCursor.objects.get_or_create(
        chain_id=chain.chain_id,
        defaults={
            "number": before,
            "hash": before_hash,
            "finalized_number": before,
            "finalized_hash": before_hash,
            "head_number": before,
        },
    )
    return cursor


def _read_on(
    chain: Chain, node: Client, cursor: ChainCursor, tips: Tips, window: Window | None, ahead: ReadAhead | None
) -> Step:
    finalized = max(finalized_number(tips, cursor), cursor.finalized_number)
    if window is None:
        window = _read_window(chain, node, cursor, tips, finalized)
    width = _next_width(cursor.window, window)
    last = _last_settled(window.last.number, width, tips, finalized)
    names = chain.deployment.followed
    if ahead and last > window.last.number:
        ahead.start(node, after=window.last.number, after_hash=window.last.hash, last=last, names=names)
    if node.node.has_witnesses:
        _require_witness(node, window, sorted(names))
    final = _final_block(node, cursor, min(finalized, window.last.number), window)
    events = store(chain, cursor, window, finalized=final)
    if cursor.sending_stopped:
        resume_sending(chain)
    if width != cursor.window:
        ChainCursor.objects.filter(chain_id=chain.chain_id, window=cursor.window).update(window=width)
    return Step(window.last.number, tips.head.number, events=events, moved=True)


def _last_settled(after: int, width: int, tips: Tips, finalized: int) -> int:
    """Where the settled window behind this block ends: near the head it is one that is read whole."""
    last = min(finalized, after + width)
    return last if last <= tips.head.number - NEAR_HEAD else min(last, after + WHOLE_WINDOW)


def _require_witness(node: Client, window: Window, addresses: Sequence[str]) -> None:
    """A second node must tell the same: a node can make up logs, and blocks too, below a head that both have."""
    last, logs = node.logs_of_another(window.first, window.last.number, addresses)
    if last.hash != window.last.hash:
        raise InconsistentNode(f"Two nodes have different blocks {last.number}: neither is believed.")
    if logs != window.logs:
        raise InconsistentNode(
            f"Two nodes tell different logs of blocks {window.first} to {last.number}: neither is believed."
        )


def _next_width(width: int, window: Window) -> int:
    """As many blocks as will have about LOGS_PER_WINDOW logs, by those just read; at most twice as many as now."""
    if len(window.logs) * 2 <= LOGS_PER_WINDOW:
        return min(width * 2, MAX_WINDOW)
    blocks = window.last.number - window.first + 1
    return max(1, min(width * 2, blocks * LOGS_PER_WINDOW // len(window.logs), MAX_WINDOW))


def _read_window(chain: Chain, node: Client, cursor: ChainCursor, tips: Tips, finalized: int) -> Window:
    """As many blocks as the node will answer for: any refusal halves the window, down to one block."""
    addresses = sorted(chain.deployment.followed)
    width = cursor.window
    while True:
        last = min(tips.head.number, cursor.number + width)
        settled = cursor.number + 1 <= finalized
        if settled:
            last = _last_settled(cursor.number, width, tips, finalized)
        else:
            last = min(last, cursor.number + OPEN_WINDOW)
        read = read_settled if settled else partial(read_open, tips=tips)
        try:
            return read(node, after=cursor.number, after_hash=cursor.hash, last=last, addresses=addresses)
        except (RpcError, ChainUnavailable) as error:
            if width == 1:
                raise
            # Nodes limit ranges, results, or time, each in its own words: the words are not looked at.
            width = max(1, min(width, last - cursor.number) // 2)
            ChainCursor.objects.filter(chain_id=chain.chain_id).update(window=width)
            cursor.window = width
            logger.warning("window_halved", chain=chain.role, blocks=width, error=str(error))
            if isinstance(error, ChainUnavailable):
                raise


def _final_block(node: Client, cursor: ChainCursor, number: int, window: Window | None = None) -> tuple[int, str]:
    """Number and hash of the newest final block that is read."""
    if number <= cursor.finalized_number:
        return cursor.finalized_number, cursor.finalized_hash
    for header in window.headers if window else []:
        if header.number == number:
            return number, header.hash
    if number == cursor.number:
        return number, cursor.hash
    stored = ChainBlock.objects.filter(chain_id=cursor.chain_id, number=number).first()
    if stored is not None:
        return number, stored.hash
    found = node.header(number)
    if found is None:
        raise InconsistentNode(f"The node does not have block {number} any more.")
    return number, found.hash


def _stay(chain: Chain, node: Client, cursor: ChainCursor, tips: Tips) -> Step:
    """Nothing new; what was read may have become final meanwhile."""
    finalized = min(finalized_number(tips, cursor), cursor.number)
    if finalized > cursor.finalized_number:
        number, block_hash = _final_block(node, cursor, finalized)
        ChainCursor.objects.filter(chain_id=chain.chain_id, number=cursor.number, hash=cursor.hash).update(
            finalized_number=number, finalized_hash=block_hash
        )
    if cursor.sending_stopped:
        resume_sending(chain)
    return Step(cursor.number, tips.head.number, moved=finalized > cursor.finalized_number)


def _take_back(chain: Chain, node: Client, cursor: ChainCursor, head: Header) -> Step:
    """The chain does not have our newest block: go back to the last one that it has."""
    reason = why_not_ours(chain, cursor)
    if reason:
        stop_sending(chain, cursor, reason)
        return Step(cursor.number, cursor.number)
    ancestor = _common_ancestor(node, cursor, head)
    if ancestor[0] == head.number and not chain.is_local:
        # The same chain, only shorter: a node that lags. What was read stays, and is met again.
        raise InconsistentNode(f"The node is at block {head.number} and was at {cursor.number} before.")
    if ancestor[0] == cursor.number:
        raise InconsistentNode(f"The node's block {cursor.number + 1} does not follow its block {cursor.number}.")
    dropped = roll_back(chain, cursor, ancestor)
    logger.warning(
        "reorganization", chain=chain.role, ancestor=ancestor[0], depth=cursor.number - ancestor[0], events=dropped
    )
    return Step(ancestor[0], max(head.number, ancestor[0] + 1), dropped=dropped, moved=True)


def _common_ancestor(node: Client, cursor: ChainCursor, head: Header) -> tuple[int, str]:
    """The newest block of ours that the chain has; at the latest it is the final one."""
    rows = (
        ChainBlock.objects.filter(
            chain_id=cursor.chain_id,
            number__lte=min(head.number, cursor.number),
            number__gt=cursor.finalized_number,
        )
        .order_by("-number")
        .values_list("number", "hash")
    )
    ours = list(rows)
    for start in range(0, len(ours), HASHES_PER_REQUEST):
        part = ours[start : start + HASHES_PER_REQUEST]
        for (number, block_hash), header in zip(part, node.headers([n for n, _ in part]), strict=True):
            if header is not None and header.hash == block_hash:
                return number, block_hash
    return cursor.finalized_number, cursor.finalized_hash


def _note_reached(chain: Chain, head: int) -> None:
    ChainCursor.objects.filter(chain_id=chain.chain_id).update(head_number=head, reached_at=timezone.now())
    ChainCursor.objects.filter(chain_id=chain.chain_id, sending_stopped="").exclude(last_error="").update(last_error="")


def note_endpoints(chain: Chain, noted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say how the nodes do, unless it is what was `noted` before. Returns what is noted now."""
    found = [{**each, "error": _storable(each["error"])} for each in client(chain).node.health()]
    if found == noted or not ChainCursor.objects.filter(chain_id=chain.chain_id).update(endpoints=found):
        return noted
    return found


def note_error(chain: Chain, error: Exception) -> None:
    """Say in the cursor's health columns what went wrong, and count it.

    Must run outside the transaction that failed.
    """
    now = timezone.now()
    sentence = _storable(str(error) or type(error).__name__)
    ChainCursor.objects.filter(chain_id=chain.chain_id).update(last_error=sentence, last_error_at=now)
    ReadingError.objects.create(chain_id=chain.chain_id, at=now, error=sentence)


def _storable(sentence: str) -> str:
    """PostgreSQL keeps no NUL, and what a node said may have one."""
    return sentence.replace("\0", "\N{REPLACEMENT CHARACTER}")[:2000]
