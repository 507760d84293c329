"""A peer that cannot be had costs its own figures, and not ours."""

from pathlib import Path

import pytest

from script.benches import indexer

OURS = {
    "events": 200_000.0,
    "client_cpu_s": 5.0,
    "wall_s": 6.0,
    "holdings_s": 0.2,
    "peak_mib": 120.0,
    "postgres_cpu_s": 1.6,
    "requests_per_10k": 1.7,
    "head_events_per_s": 40_000.0,
    "live_p95_ms": 470.0,
    "poll_ms": 500.0,
}


@pytest.fixture
def peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of peers in which whatever is asked for fails; what is measured of ours is told."""
    folder, place = tmp_path / "peers", tmp_path / "place"
    for script in ("setup.sh", "chain/run.sh", "ponder/run.sh"):
        (folder / script).parent.mkdir(parents=True, exist_ok=True)
        (folder / script).write_text("#!/bin/sh\necho no registry here\nexit 1\n")
        (folder / script).chmod(0o755)
    (folder / "gas").mkdir()
    (folder / "gas" / "Gas.sol").touch()  # by this such a folder is known
    place.mkdir()
    monkeypatch.setenv("LOOMPRINT_PEERS", str(folder))
    monkeypatch.setenv("PEERS_TMP", str(place))
    monkeypatch.setattr(indexer, "_ours", lambda _test, _settings: dict(OURS))
    return place


def test_without_its_chain_a_new_block_is_still_measured(peers: Path) -> None:
    report = indexer.measure()
    assert [row.id for row in report.rows] == ["indexer.live_p95_ms"]
    assert "history not measured" in report.notes[0]
    assert "no registry here" in report.notes[0]


@pytest.mark.parametrize("installed", [False, True], ids=["not installed", "not running"])
def test_without_ponder_our_own_figures_are_printed(peers: Path, installed: bool) -> None:
    (peers / "chain-200000.info.json").write_text("{}")
    if installed:
        (peers / "ponder-1.0.0" / "node_modules" / "ponder").mkdir(parents=True)
    report = indexer.measure()
    found = {row.id: row.value for row in report.rows}
    assert found["indexer.events_per_cpu_s"] == 40_000
    assert found["indexer.postgres_cpu_s_per_200k"] == pytest.approx(1.6)
    assert not any("ratio" in name for name in found)
    assert all(row.peer is None for row in report.rows)
    assert any("no registry here" in note for note in report.notes)
