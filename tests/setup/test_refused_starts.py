"""What script/server does with settings that cannot be right, and with a chain that is away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from script.setup import chain
from script.setup.paths import ROOT


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """A state folder of its own that uses the tools of the checkout."""
    (tmp_path / "tools").symlink_to(ROOT / "var" / "tools")
    return tmp_path


def start(var: Path, **given: str) -> tuple[int, list[str]]:
    """Exit code and lines of a start that is expected to be refused."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAIN_")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "script" / "server"), "--no-demo"],
        env={**kept, "LOOMPRINT_VAR": str(var), **given},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"CHAIN_ID": "abc"}, "CHAIN_ID is 'abc' and must be a whole number: correct it, or unset it."),
        ({"CHAIN_ID": "1"}, "CHAIN_ID says 1 and the chain that is started here is 31337"),
        ({"CHAIN_RPC_URL": "nonsense"}, "The chain of CHAIN_RPC_URL does not answer (unknown url type"),
        ({"CHAIN_CONFIRMATIONS": "two"}, "CHAIN_CONFIRMATIONS is 'two' and must be a whole number"),
        (
            {"CHAIN_RPC_BACKUPS": "http://a.example/secret,http://a.example/secret/"},
            "CHAIN_RPC_BACKUPS names the node of CHAIN_RPC_URL, or one node twice: none can bear witness of itself.",
        ),
        ({"CHAIN_MAX_IN_FLIGHT": "0"}, "CHAIN_POLL_MILLISECONDS and CHAIN_MAX_IN_FLIGHT must be at least 1."),
        ({"PAYOUT_BATCH": "0"}, "PAYOUT_BATCH, SETTLEMENT_BATCH and INBOX_PAGE must be at least 1."),
        ({"LOOMPRINT_PROXIES": "-1"}, "LOOMPRINT_PROXIES is how many proxies stand in front: it must be 0 or more."),
        ({"DATABASE_URL": "mysql://a@b/c"}, "DATABASE_URL must start with postgres://"),
        ({"DATABASE_URL": "postgres://a:secret/b@c/d"}, "DATABASE_URL has a port that is no number"),
    ],
)
def test_a_bad_setting_is_one_sentence_before_anything_starts(var: Path, given: dict[str, str], sentence: str) -> None:
    code, lines = start(var, **given)
    assert code == 1
    *steps, said, _ending, _ended = lines
    assert said.startswith(sentence)
    assert all(line.startswith(("  ok  ", "  …   ")) for line in steps)
    assert "secret" not in "".join(lines)
    assert not (var / "pg").exists()


def test_what_is_no_node_is_no_answer(tmp_path: Path) -> None:
    for url in ("nonsense", "http://127.0.0.1:port", "http://127.0.0.1:9"):
        with pytest.raises(chain.NoAnswer):
            chain.chain_id_of(url)


@pytest.mark.parametrize("chain_id", [pytest.param("31337", marks=pytest.mark.long), "5"])
def test_a_chain_that_is_away_leaves_the_start_reading(tmp_path: Path, chain_id: str) -> None:
    """Its contracts, its repair and the announcing wait; everything else is brought up to date."""
    away = {"CHAIN_RPC_URL": "http://127.0.0.1:9", "CHAIN_PUBLIC_RPC_URL": "", "CHAIN_ID": chain_id}
    done = subprocess.run(
        [sys.executable, "-m", "script.setup.app_steps"],
        cwd=ROOT,
        env={**os.environ, "LOOMPRINT_VAR": str(tmp_path), **away},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "The node cannot be reached: [Errno 111] Connection refused. Pages read, actions wait." in done.stdout
    assert "License templates" in done.stdout
    assert "step\tContracts" not in done.stdout


def test_a_custody_key_that_cannot_seal_ends_the_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "script.setup.app_steps"],
        cwd=ROOT,
        env={**os.environ, "LOOMPRINT_VAR": str(tmp_path), "CUSTODY_KEY": "abc"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == "CUSTODY_KEY must be 32 bytes in hex (64 digits)."
