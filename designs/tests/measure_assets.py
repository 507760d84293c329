"""How long a file takes from upload to pictures, and what its children hold: run by script/bench assets.

Prints a line MEASURED id value unit for each figure. Uploads go through the service and processing as workers call
them, on the database and the stores of the tests; children are forked warm, as in a worker that has run for a while.
"""

import io
import os
import shutil
import subprocess
import time
from collections import defaultdict
from itertools import product
from pathlib import Path
from statistics import median

import pytest

from accounts.models import User
from designs.inspection import inspect, preflight
from designs.models import SHARE_UNITS, DesignVersion, ProcessingStep
from designs.previews import make_derivatives, make_viewer, render_cover, render_first
from designs.sandbox import Usage, measuring
from designs.services.processing import Lane, process_version
from designs.services.received import ReceivedFile
from designs.services.upload import MadeWith, Part, create_draft
from designs.tests.children import ready_template
from designs.tests.measured_files import FORMATS, PICTURES, write_image, write_mesh

MEBIBYTE = 1024**2
LONG = os.environ.get("LOOMPRINT_BENCH_LONG") == "1"
SIZES = {"10k": 10_000, "100k": 100_000} | ({"1m": 1_000_000} if LONG else {})
MEGAPIXELS = (1, 12, 100) if LONG else (1, 12)
ROUNDS = 3
"""Of each step there is the median. A million triangles and 100 megapixels are measured once."""
PEERS = os.environ["LOOMPRINT_BENCH_PEERS"]
"""The Python that has the libraries we are measured beside: script/setup/locks/mesh-peers.txt."""
FRAME = """
import sys, time
began = time.monotonic()
import f3d
engine = f3d.Engine.create(True)
engine.window.size = 400, 300
engine.scene.add(sys.argv[1])
engine.window.render_to_image().save(sys.argv[2])
print(time.monotonic() - began)
"""
LOADER = """
import sys, time
import trimesh, trimesh.exchange.gltf, trimesh.exchange.threemf
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
# The peak counts from here: a process begins with that of the one that started it.
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")
held = peak()
began = time.monotonic()
trimesh.load_scene(sys.argv[1], process=False)
print(time.monotonic() - began, peak() - held)
"""

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_worker_that_has_run(settings):
    settings.SANDBOX_WARM = True
    settings.IMAGE_MAX_PIXELS = 120_000_000
    settings.ASSET_MAX_BYTES = 1 << 30
    ready_template()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")

    def mesh(form, size) -> Path:
        path = folder / f"{size}.{form}"
        if not path.exists():
            write_mesh(path, form, size)
        return path

    return mesh


def tell(name: str, value: float, unit: str) -> None:
    print(f"MEASURED assets.{name} {value:.4f} {unit}", flush=True)


def test_upload_to_pictures(creator, files) -> None:
    """From the first byte handed to the service until the rows of the pictures are there."""
    content = files("glb", 100_000).read_bytes()
    rounds = []
    for number in range(ROUNDS):
        began = time.time()
        # Each another file: nothing of the one before is there already.
        version = uploaded(creator, another(content, number))
        with measuring() as usages:
            process_version(version_id=version.pk, lane=Lane.FRONT)
        if number == ROUNDS - 1:
            # What is left, one step after the other.
            process_version(version_id=version.pk)
        ends = {
            step.name: step.finished_at.timestamp() - began
            for step in ProcessingStep.objects.filter(version=version, state="done")
        }
        rounds.append(ends)
    tell("first_thumbnail_s_100k_glb", median(ends["first"] for ends in rounds), "s")
    # The cover is seen when its derivatives are there.
    tell("studio_cover_s_100k_glb", median(ends["derivatives"] for ends in rounds), "s")

    # The large one by itself: by then the draft has long been there, and it waits for whatever else is to be made.
    large = ProcessingStep.objects.get(version=version, name="large_cover")
    assert large.finished_at is not None
    assert large.started_at is not None
    tell("studio_cover_large_s_100k_glb", (large.finished_at - large.started_at).total_seconds(), "s")
    tell("studio_cover_large_since_upload_s_100k_glb", rounds[-1]["large_cover"], "s")

    # What of it is work, whatever else the machine does: over the cores it is the least that it can take.
    for name, last in (("first_thumbnail", "first"), ("studio_cover", "derive")):
        tell(f"{name}_cpu_s_100k_glb", worked_until(last, usages), "s")


def worked_until(last: str, usages: list[Usage]) -> float:
    """Seconds of processors that the children took up to the first one of this task."""
    tasks = [one.task for one in usages]
    return sum(one.cpu_seconds for one in usages[: tasks.index(last) + 1])


@pytest.mark.parametrize("form", FORMATS)
def test_upload_to_the_first_picture_of_as_many_triangles_as_it_is_promised_for(creator, files, form) -> None:
    content = files(form, 200_000).read_bytes()
    rounds, worked = [], []
    for _ in range(ROUNDS):
        began = time.time()
        with measuring() as usages:
            version = uploaded(creator, content, name=f"ring.{form}", bulk=True)
            for _step in ("inspect", "first"):
                process_version(version_id=version.pk, lane=Lane.BACK)  # which is one step
        rounds.append(version.steps.get(name="first").finished_at.timestamp() - began)
        worked.append(worked_until("first", usages))
    tell(f"first_thumbnail_s_200k_{form}", median(rounds), "s")
    tell(f"first_thumbnail_cpu_s_200k_{form}", median(worked), "s")


def uploaded(creator: User, content: bytes, *, name: str = "ring.glb", bulk: bool = False) -> DesignVersion:
    design = create_draft(
        owner=creator,
        title="Ring",
        description="",
        tags=[],
        disclosure="not_ai",
        made_with=MadeWith(),
        master=ReceivedFile(io.BytesIO(content), name),
        parts=[Part(creator, "designer", SHARE_UNITS)],
        bulk=bulk,
    )
    return design.versions.get()


def another(glb: bytes, number: int) -> bytes:
    """The same model in other bytes: a letter of its generator's name becomes a digit."""
    return glb.replace(b"https://github.com/mikedh/trimesh", b"https://github.com/mikedh/trimes%d" % number)


def test_each_step(files, tmp_path) -> None:
    for name, size in SIZES.items():
        for form in FORMATS:
            path = files(form, size)
            detected = preflight(path, path.name)
            steps = [inspect, render_first, make_viewer]
            if form == "glb":
                steps.append(render_cover)
            for step in steps:
                tell_steps(f"{form}_{name}", step, path, detected, tmp_path / "out", once=size >= 1_000_000)
            if form != "step":  # what others show of it are triangles of their own choice
                peers = [trimesh_load(path) for _ in range(1 if size >= 1_000_000 else ROUNDS)]
                tell(f"{form}_{name}.trimesh_load_s", median(seconds for seconds, _grown in peers), "s")
                tell(f"{form}_{name}.trimesh_load_mib", median(grown for _seconds, grown in peers), "MiB")
                if (seconds := f3d_picture(path, tmp_path)) is not None:
                    tell(f"{form}_{name}.f3d_picture_s", seconds, "s")
            shutil.rmtree(tmp_path / "out", ignore_errors=True)


@pytest.mark.skipif(not LONG, reason="takes minutes")
def test_every_child_of_a_million_triangles(creator, files) -> None:
    """All that is ever done to a design's file, and the most that one of its children has in memory, with libraries."""
    version = uploaded(creator, files("glb", 1_000_000).read_bytes())
    with measuring() as usages:
        process_version(version_id=version.pk)
    undone = ProcessingStep.objects.filter(version=version).exclude(state="done")
    assert not undone, [(step.name, step.state, step.error_code) for step in undone]
    for one in usages:
        tell(f"upload_1m.{one.task}_s", one.seconds, "s")
        tell(f"upload_1m.{one.task}_whole_mib", one.peak_bytes / MEBIBYTE, "MiB")
    tell("most_rss_mib_1m_glb", max(one.peak_bytes for one in usages) / MEBIBYTE, "MiB")


def test_images(tmp_path) -> None:
    for form, megapixels in product(PICTURES, MEGAPIXELS):
        path = tmp_path / f"picture.{form}"
        write_image(path, form, megapixels)
        detected = preflight(path, path.name)
        for step in (inspect, make_derivatives):
            tell_steps(f"{form}_{megapixels}mp", step, path, detected, tmp_path / "out", once=megapixels >= 100)
        path.unlink()
        shutil.rmtree(tmp_path / "out")


def test_peaks_of_a_million_triangles(files, tmp_path) -> None:
    """What the inspection takes beyond an idle child, by the child's own account, and what the file is."""
    for form in ("glb", "ply", "stl"):
        path = files(form, 1_000_000)
        with measuring() as usages:
            inspect(path, preflight(path, path.name), tmp_path)
        _seconds, grown = trimesh_load(path)
        tell(f"peak_rss_mib_1m_{form}", max(one.peak_bytes - one.held_bytes for one in usages) / MEBIBYTE, "MiB")
        tell(f"whole_rss_mib_1m_{form}", max(one.peak_bytes for one in usages) / MEBIBYTE, "MiB")
        tell(f"file_mib_1m_{form}", path.stat().st_size / MEBIBYTE, "MiB")
        tell(f"trimesh_mib_1m_{form}", grown, "MiB")


def tell_steps(what: str, step, path: Path, detected, out: Path, *, once: bool) -> None:
    """The medians of a step's children."""
    found = defaultdict(list)
    for _ in range(1 if once else ROUNDS):
        with measuring() as usages:
            step(path, detected, out)
        for one in usages:
            found[f"{one.task}_s"].append(one.seconds)
            found[f"{one.task}_mib"].append((one.peak_bytes - one.held_bytes) / MEBIBYTE)
    for name, values in found.items():
        tell(f"{what}.{name}", median(values), name.rpartition("_")[2].replace("mib", "MiB"))


def f3d_picture(path: Path, folder: Path) -> float | None:
    """Seconds of f3d from its import to a picture as large as our first one; None where it has nothing to draw with."""
    rounds = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [PEERS, "-I", "-c", FRAME, str(path), str(folder / "f3d.png")], capture_output=True, text=True, timeout=300
        )
        if done.returncode or not (folder / "f3d.png").exists():
            return None
        rounds.append(float(done.stdout.split()[-1]))
        (folder / "f3d.png").unlink()
    return median(rounds)


def trimesh_load(path: Path) -> tuple[float, float]:
    """Seconds and MiB of trimesh's own loader in a process of its own, without its import."""
    done = subprocess.run(
        [PEERS, "-I", "-c", LOADER, str(path)], capture_output=True, text=True, check=True, timeout=300
    )
    seconds, grown = done.stdout.split()
    return float(seconds), float(grown)
