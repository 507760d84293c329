"""What a file costs between upload and proof: its addresses, its pictures, and the memory of the children that read it.

SHA-256 and CID in one pass are measured against openssl, which runs twice over the same file, because two digests are
made: of the whole and of every chunk of 1 MiB; beside it npm's ipfs-unixfs-importer, which makes only those of the
chunks. The rest is designs/tests/measure_assets.py, run as script/test does, with trimesh's own loader beside each
inspection, and beside each first picture f3d where the machine has something for it to draw with.
"""

import json
import os
import re
import shutil
import subprocess
import time
from importlib import import_module
from pathlib import Path
from statistics import median

from script.setup.packages import locked_environment
from script.setup.paths import ROOT, Home
from script.setup.telling import Refusal

from .report import Peer, Report, Row

SIZE = 512 * 1024**2
PIECE = 4 * 1024**2
ROUNDS = 5


MEASURED = re.compile(r"MEASURED (\S+) ([\d.]+) (\S+)")
TARGETS = {
    "assets.first_thumbnail_s_100k_glb": 2.0,
    "assets.studio_cover_s_100k_glb": 10.0,
    "assets.studio_cover_large_s_100k_glb": 60.0,
    "assets.most_rss_mib_1m_glb": 2048.0,
}
FIRST_THUMBNAIL = 2.0
"""Seconds for up to 200,000 triangles, in every format."""
TIMES_THE_FILE = 4


def measure(*, long: bool = False) -> Report:
    """With `long`: a million triangles in every step and format, and 100 megapixels. Raises Refusal where there is no
    openssl to compare with, or the run does not come to its end."""
    addresses = _addresses()
    steps, notes = _steps(long=long)
    return Report("assets", [*addresses.rows, *steps], [*addresses.notes, *notes])


def _steps(*, long: bool) -> tuple[list[Row], list[str]]:
    home = Home.of_checkout()
    home.make()
    peers = locked_environment(home, "mesh-peers") / "bin" / "python"
    command = [ROOT / "script" / "test", "designs/tests/measure_assets.py", "--no-browser", "-n", "0", "--", "-s"]
    environment = {
        **os.environ,
        "LOOMPRINT_BENCH_LONG": "1" if long else "0",
        "LOOMPRINT_BENCH_PEERS": str(peers),
    }
    before = os.getloadavg()[0]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=environment, capture_output=True, text=True)
    found = {name: (float(value), unit) for name, value, unit in MEASURED.findall(done.stdout)}
    if done.returncode != 0 or not found:
        raise Refusal(f"The measurement failed:\n{done.stdout[-3000:]}")
    aside = re.compile(r"assets\.((whole_rss|file|trimesh)_mib_1m_|\w+\.(trimesh_load|f3d_picture)_)")
    rows = [_row(name, found) for name in found if not aside.match(name)]
    notes = [
        f"upload to pictures: from the first byte to the row of the picture, children forked warm; {os.cpu_count()} "
        f"cores, load {before:.1f} before and {os.getloadavg()[0]:.1f} after",
        "medians of 3; a million triangles and 100 megapixels once",
        "STEP: so many balls that they become as many triangles; its children are started cold",
        "MiB are the child's own peak beyond what it held before its task and the pages of its libraries",
    ]
    for form in ("glb", "ply", "stl"):
        whole, size = found[f"assets.whole_rss_mib_1m_{form}"][0], found[f"assets.file_mib_1m_{form}"][0]
        notes.append(f"{form}, 1 M triangles: file {size:.1f} MiB, whole child with its libraries {whole:.0f} MiB")
    if not long:
        notes.append("left out: 1 M triangles in every step, and 100 megapixels (--long)")
    if not any("f3d_picture" in name for name in found):
        notes.append("left out: f3d, which finds neither EGL nor OSMesa on this machine")
    return rows, notes


def _row(name: str, found: dict[str, tuple[float, str]]) -> Row:
    value, unit = found[name]
    target, peer = TARGETS.get(name), None
    if name.startswith("assets.first_thumbnail_s_200k_"):
        target = FIRST_THUMBNAIL
    if name.startswith("assets.peak_rss_mib_1m_"):
        form = name.rpartition("_")[2]
        target = round(TIMES_THE_FILE * found[f"assets.file_mib_1m_{form}"][0], 1)
        peer = Peer("trimesh load", round(found[f"assets.trimesh_mib_1m_{form}"][0], 1))
    what, _dot, step = name.rpartition(".")
    for ours, peer_name, theirs in (
        ("inspect_mesh_s", "trimesh load", "trimesh_load_s"),
        ("inspect_mesh_mib", "trimesh load", "trimesh_load_mib"),
        ("first_s", "f3d", "f3d_picture_s"),
    ):
        if step == ours and f"{what}.{theirs}" in found:
            peer = Peer(peer_name, round(found[f"{what}.{theirs}"][0], 3))
    return Row(name, value, unit, target, "lower", peer)


def _addresses() -> Report:
    openssl = shutil.which("openssl")
    if not openssl:
        raise Refusal("openssl is not on PATH: there is nothing to compare with.")
    home = Home.of_checkout()
    home.make()
    path = home.var / "bench-assets.bin"
    try:
        with path.open("wb") as file:
            for _ in range(SIZE // PIECE):
                file.write(os.urandom(PIECE))
        # In turn, so that what else the machine does falls on all of them.
        rounds = [(_openssl_twice(openssl, path), _addressed(path), _imported(path)) for _ in range(ROUNDS)]
    finally:
        path.unlink(missing_ok=True)
    theirs, ours, importer = (median(some) for some in zip(*rounds, strict=True))
    speed = SIZE / 1e6
    return Report(
        "assets",
        [
            Row("assets.address_ratio_openssl", theirs / ours, "x", 0.8, "higher", Peer("openssl sha256 twice", 1.0)),
            Row(
                "assets.address_mb_per_s",
                speed / ours,
                "MB/s",
                None,
                "higher",
                Peer("ipfs-unixfs-importer, CID alone", round(speed / importer, 1)),
            ),
        ],
        [
            f"{SIZE} random bytes in the page cache, median of {ROUNDS}, {os.cpu_count()} cores",
            f"ours {ours:.3f} s, openssl twice {theirs:.3f} s, ipfs-unixfs-importer {importer:.3f} s",
        ],
    )


def _imported(path: Path) -> float:
    """Seconds that npm's importer takes, by its own clock. Raises Refusal when its CID is not ours."""
    told = json.loads(import_module("designs.tests.node_programs").said_by_node("ipfs", "importer_speed.mjs", path))
    with path.open("rb") as stream:
        ours = import_module("designs.addresses").address_of(stream).cid
    if told["cid"] != ours:
        raise Refusal(f"The importer says {told['cid']}, we say {ours}.")
    return float(told["seconds"])


def _openssl_twice(openssl: str, path: Path) -> float:
    began = time.monotonic()
    for _ in range(2):
        subprocess.run([openssl, "sha256", path], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def _addressed(path: Path) -> float:
    """The loop of the upload, without writing."""
    address_of = import_module("designs.addresses").address_of
    began = time.monotonic()
    with path.open("rb") as stream:
        address_of(stream)
    return time.monotonic() - began
