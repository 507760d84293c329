"""Transactions a second that one key sends into a local chain, and the milliseconds of planning one. No peer.

Runs contracts/tests/measure_outbox.py as script/test does: a real worker, beat and indexer on a chain that mines each
transaction as it comes. It fails where one is missing, done twice, or not final in the database at the end.
"""

import os
import re
import subprocess

from script.setup.paths import ROOT
from script.setup.telling import Refusal

from .report import Report, Row

MEASURED = re.compile(r"MEASURED (\S+) ([\d.]+)")
NUMBER = os.environ.get("LOOMPRINT_OUTBOX_NUMBER", "10000")


def measure() -> Report:
    """Raises Refusal when the run does not come to its end."""
    command = [ROOT / "script" / "test", "contracts/tests/measure_outbox.py", "--no-browser", "-n", "0", "--", "-s"]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    found = {name: float(value) for name, value in MEASURED.findall(done.stdout)}
    if done.returncode != 0 or not found:
        raise Refusal(f"The measurement failed:\n{done.stdout[-3000:]}")
    return Report(
        "outbox",
        [
            Row("outbox.tx_per_s", found["tx_per_s"], "1/s", 200.0, better="higher"),
            Row("outbox.enqueue_p95_ms", found["enqueue_p95_ms"], "ms", 2.0),
            Row("outbox.enqueue_with_commit_p95_ms", found["enqueue_with_commit_p95_ms"], "ms"),
        ],
        [f"{NUMBER} transfers of one key, {os.cpu_count()} cores, beside whatever else runs"],
    )
