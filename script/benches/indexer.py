"""Reading a history of 200,000 events, beside Ponder 1.0.0 in the same run, and how soon a new block is read.

The chain and Ponder are those of the shared folder of peers; both are prepared there once (PEERS_TMP keeps them).
Runs tests/measure_indexer.py as script/test does, on a PostgreSQL that writes as production does.
"""

import json
import os
import re
import statistics
import subprocess
from collections.abc import Mapping
from pathlib import Path

from script.setup.paths import ROOT, Home
from script.setup.telling import Refusal, say

from ._gas_peers import peers_folder
from .report import Peer, Report, Row

MEASURED = re.compile(r"MEASURED (\S+) ([\d.]+)")
EVENTS = 200_000
REPEATS = 3
TRIES = 5
PONDER = "1.0.0"


def measure(*, long: bool = False) -> Report:
    """With `long`, also 50,000 and a million events, to show how the cost grows. Raises Refusal."""
    folder = peers_folder()
    if folder is None:
        live = _ours("a_new_block", {})
        notes = ["history not measured: no shared/peers beside the checkout, and LOOMPRINT_PEERS names none"]
        return Report("indexer", _live_rows(live), notes)
    place = Path(os.environ.get("PEERS_TMP") or Home.of_checkout().var / "peers")
    place.mkdir(parents=True, exist_ok=True)
    sizes = [50_000, EVENTS, 1_000_000] if long else [EVENTS]
    notes = [
        f"{REPEATS} runs of each in turns, medians; {os.cpu_count()} cores, beside whatever else runs",
        "ours ends at the final block, 64 before the newest one; Ponder is told to stop 40 before it",
        "39 of 100 events are payments that no ABI of ours knows: kept raw; Ponder decodes them",
        "holdings of ours are sums over movements, all summed once within the time; Ponder keeps a table of balances",
    ]
    try:
        _make_chains(folder, place, sizes)
    except Refusal as refusal:
        return Report("indexer", _live_rows(_ours("a_new_block", {})), [f"history not measured: {refusal}"])
    with_ponder = _is_installed(folder, place, notes)
    ours, peers = [], []
    for _repeat in range(REPEATS):
        ours.append(_ours("a_history", _history(place, EVENTS)))
        if with_ponder:
            peers += _ponder(folder, place, notes)
    rows = _rows(ours, peers)
    if long:
        for size in sizes:
            rows += _rows_of_size(size, ours[-1] if size == EVENTS else _ours("a_history", _history(place, size)))
    rows += _live_rows(_ours("a_new_block", {}))
    return Report("indexer", rows, notes)


def _make_chains(folder: Path, place: Path, sizes: list[int]) -> None:
    """Raises Refusal."""
    for size in sizes:
        if not (place / f"chain-{size}.info.json").is_file():
            say(f"  …   peers: a chain of {size:,} events (minutes)")
            _peers(folder, place, "setup.sh", "chain")
            _peers(folder, place, "chain/run.sh", str(size))


def _is_installed(folder: Path, place: Path, notes: list[str]) -> bool:
    if not (place / f"ponder-{PONDER}" / "node_modules" / "ponder").is_dir():
        say("  …   peers: installing (a minute or two)")
        try:
            _peers(folder, place, "setup.sh", "ponder")
        except Refusal as refusal:
            notes.append(f"Ponder not measured: {refusal}")
            return False
    return True


def _peers(folder: Path, place: Path, script: str, *words: str) -> str:
    done = subprocess.run(
        [str(folder / script), *words],
        env={**os.environ, "PEERS_TMP": str(place)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise Refusal(f"The peers' {script} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def _history(place: Path, size: int) -> dict[str, str]:
    return {
        "LOOMPRINT_INDEXER_STATE": str(place / f"chain-{size}.state"),
        "LOOMPRINT_INDEXER_INFO": str(place / f"chain-{size}.info.json"),
    }


def _ours(test: str, settings: Mapping[str, str]) -> dict[str, float]:
    command = [ROOT / "script" / "test", "tests/measure_indexer.py", "--no-browser", "-n", "0", "--", "-s", "-k", test]
    env = {**os.environ, **settings, "LOOMPRINT_BENCH_DURABLE": "1"}
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=env, capture_output=True, text=True)
    found = {name: float(value) for name, value in MEASURED.findall(done.stdout)}
    if done.returncode != 0 or not found:
        raise Refusal(f"The measurement failed:\n{done.stdout[-3000:]}")
    return found


def _ponder(folder: Path, place: Path, notes: list[str]) -> list[dict[str, float]]:
    """A run that came to its end, if one does: on a fast machine it asks for more logs than its own client takes."""
    try:
        for _try in range(TRIES):
            found = json.loads(_peers(folder, place, "ponder/run.sh", str(EVENTS), PONDER).strip().splitlines()[-1])
            if found["events"] >= found["want"]:
                return [{name: float(value) for name, value in found.items() if isinstance(value, int | float)}]
            say(f"  …   Ponder ended after {found['events']} of {found['want']} events: again")
        notes.append(f"a run left out: Ponder did not read all {found['want']} events in {TRIES} tries")
    except Refusal as refusal:
        notes.append(f"a run left out: {refusal}")
    return []


def _rows_of_size(size: int, found: Mapping[str, float]) -> list[Row]:
    """How the cost grows with a history."""
    return [
        Row(f"indexer.cpu_us_per_event.{size}", 1e6 * found["client_cpu_s"] / found["events"], "µs"),
        Row(f"indexer.wall_us_per_event.{size}", 1e6 * found["wall_s"] / found["events"], "µs"),
        Row(f"indexer.postgres_cpu_us_per_event.{size}", 1e6 * found["postgres_cpu_s"] / found["events"], "µs"),
        Row(f"indexer.peak_rss_mib.{size}", found["peak_mib"], "MiB"),
    ]


def _rows(ours: list[dict[str, float]], peers: list[dict[str, float]]) -> list[Row]:
    def middle(values: list[dict[str, float]], over: str, under: str) -> float:
        return statistics.median(one[over] / one[under] for one in values)

    def ponder(over: str, under: str = "", times: float = 1) -> Peer | None:
        if not peers:
            return None
        value = middle(peers, over, under) if under else statistics.median(one[over] for one in peers)
        return Peer(f"Ponder {PONDER}", value * times)

    cpu, cpu_peer = middle(ours, "events", "client_cpu_s"), ponder("events", "node_cpu_s")
    wall, wall_peer = middle(ours, "events", "wall_s"), ponder("events", "wall_s")
    peak = statistics.median(one["peak_mib"] for one in ours)
    stored = middle(ours, "postgres_cpu_s", "events") * EVENTS
    rows = [
        Row("indexer.events_per_cpu_s", cpu, "1/s", better="higher", peer=cpu_peer),
        Row("indexer.events_per_s", wall, "1/s", better="higher", peer=wall_peer),
    ]
    if cpu_peer and wall_peer:
        rows += [
            Row("indexer.cpu_ratio_ponder", cpu / cpu_peer.value, "ratio", 6.0, better="higher"),
            Row("indexer.wall_ratio_ponder", wall / wall_peer.value, "ratio", 3.5, better="higher"),
        ]
    return [
        *rows,
        Row("indexer.holdings_s", statistics.median(one["holdings_s"] for one in ours), "s"),
        Row("indexer.peak_rss_mib", peak, "MiB", 150.0, peer=ponder("node_peak_mib")),
        Row("indexer.postgres_cpu_s_per_200k", stored, "s", 5.0, peer=ponder("pg_cpu_s", "events", EVENTS)),
        Row(
            "indexer.requests_per_10k_events", statistics.median(one["requests_per_10k"] for one in ours), "1/10k", 2.0
        ),
        Row(
            "indexer.head_events_per_s",
            statistics.median(one["head_events_per_s"] for one in ours),
            "1/s",
            2000.0,
            better="higher",
        ),
    ]


def _live_rows(found: Mapping[str, float]) -> list[Row]:
    return [Row("indexer.live_p95_ms", found["live_p95_ms"], "ms", found["poll_ms"] + 150)]
