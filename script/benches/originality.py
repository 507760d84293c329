"""Copies found and works wrongly matched, on the half that thresholds were not fitted on; a query among 1 M.

Runs designs/tests/measure_originality.py as script/test does, on a PostgreSQL of its own. LOOMPRINT_CORPUS names the
folder of real files, or they lie in shared/corpus beside the checkout (without them only our programs' shapes are
judged, and a note says so); LOOMPRINT_ORIGINALITY_ROWS is another number of rows than a million, for which the query
has a row id of its own.
"""

import os
import re
import subprocess

from script.setup.paths import ROOT
from script.setup.telling import Refusal

from .report import Report, Row

MEASURED = re.compile(r"MEASURED (\S+) (\S+)")
ROWS = "LOOMPRINT_ORIGINALITY_ROWS"
MILLION = 1_000_000
# id: unit, target, better
TARGETS = {
    "originality.mesh_recall": ("part", 0.98, "higher"),
    "originality.mesh_recall.thinned_or_noisy": ("part", 0.90, "higher"),
    "originality.mesh_recall.decimated_0.05": ("part", None, "higher"),
    "originality.mesh_recall.noise": ("part", None, "higher"),
    "originality.mesh_recall.stretched": ("part", 0.85, "higher"),
    "originality.mesh_false_match_rate": ("part", 0.001, "lower"),
    "originality.image_recall": ("part", 0.95, "higher"),
    "originality.image_recall.overlay_text": ("part", 0.95, "higher"),
    "originality.image_false_match_rate": ("part", 0.001, "lower"),
    "originality.query_p50_ms": ("ms", None, "lower"),
    "originality.query_p95_ms": ("ms", 20.0, "lower"),
    "originality.index_recall": ("part", 0.97, "higher"),
    "originality.picture_query_p50_ms": ("ms", None, "lower"),
    "originality.picture_query_p95_ms": ("ms", 20.0, "lower"),
    "originality.picture_index_recall": ("part", 0.97, "higher"),
}


def measure() -> Report:
    """Raises Refusal when the run does not come to its end."""
    rows_asked = int(os.environ.get(ROWS, MILLION))
    command = [ROOT / "script" / "test", "designs/tests/measure_originality.py", "--no-browser", "-n", "0", "--", "-s"]
    environment = {**os.environ, ROWS: str(rows_asked)}
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, env=environment)
    found = {name: float(value) for name, value in MEASURED.findall(done.stdout)}
    if done.returncode != 0 or "originality.index_recall" not in found:
        raise Refusal(f"The measurement failed:\n{done.stdout[-3000:]}")
    suffix = "1m" if rows_asked == MILLION else f"{rows_asked}_rows"
    rows = [
        Row(f"{name}_{suffix}" if name.endswith("_ms") else name, found[name], unit, target, better)  # type: ignore[arg-type]
        for name, (unit, target, better) in TARGETS.items()
    ]
    corpus = "the corpus' and our programs' shapes" if found["corpus"] else "our programs' shapes only"
    return Report(
        "originality",
        rows,
        [
            f"{corpus}: {found['pairs.mesh']:.0f} pairs of different shapes, {found['pairs.image']:.0f} of pictures",
            f"among the thinned {found['spoiled.asked']:.0f} that no simplifier made as asked, in another size or with "
            f"parts lost, of which {found['spoiled.found']:.0f} are found",
            f"{rows_asked} synthetic rows between real descriptors, copied in {found['seconds.copying']:.0f} s, "
            f"three indexes built in {found['seconds.indexing']:.0f} s on {os.cpu_count()} cores",
            "a row lies between three real descriptors, changed by as much as a real copy was and by what sampling "
            "leaves to chance; a query is a real changed copy, asks all three indexes for 40 each and reads the "
            "nearest 40 rows, whose points are empty here; it lays nothing over",
            "the index's recall is of these 40, with the search setting of an upload",
            f"{rows_asked} synthetic hashes of pictures, each a real one with a third of its bits changed; a changed "
            "picture asks for up to seventy of its own, and recall is how often its original is among the answers",
        ],
    )
