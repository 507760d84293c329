"""Many files through preflight and one confined child, where one child each would cost a second each."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from designs.inspection import DetectedType, FileLimits, InspectionError, preflight
from designs.inspection.facts import LIMITS, believed

ROOT = Path(__file__).resolve().parent.parent.parent
_CHILD = """
import json, os, sys, time
# What answers is kept apart from what native readers print.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.path.insert(0, sys.argv[1])
from designs.untrusted.confinement import confine
from designs.untrusted.main import TASKS
orders = [json.loads(line) for line in sys.stdin]
folders = {os.path.dirname(order["request"]["input"]) for order in orders}
status = open("/proc/self/status")
confine(json.loads(sys.argv[2]), [os.open(folder, os.O_RDONLY) for folder in folders])
from importlib import import_module
from designs.untrusted.refusal import Refusal
# What the imports take is the machine's, and is told of no file.
import trimesh, designs.untrusted.images, designs.untrusted.meshes
for order in orders:
    began = time.process_time()
    answer = {}
    try:
        module, function = TASKS[order["task"]]
        answer["facts"] = getattr(import_module(module), function)(order["request"], lambda what, part: None)
    except Refusal as refusal:
        answer.update(code=refusal.code, details=refusal.details)
    except MemoryError:
        answer.update(code="out_of_memory", details={})
    except Exception as error:
        answer.update(code="unreadable", details={"cause": f"{type(error).__name__}: {error}"[:200]})
    answer["seconds"] = time.process_time() - began
    # Not ru_maxrss, which begins with what the parent had when it forked.
    status.seek(0)
    answer["peak_bytes"] = int(status.read().partition("VmHWM:")[2].split()[0]) * 1024
    print(json.dumps(answer), file=answers, flush=True)
"""


@dataclass(frozen=True)
class Outcome:
    """Facts, or the code and the details of the refusal; whether preflight said it; processor seconds for it,
    and the most bytes that the child has had until then."""

    code: str
    facts: Mapping[str, Any]
    details: Mapping[str, Any]
    at_the_door: bool = False
    detected: DetectedType | None = None
    seconds: float = 0.0
    peak_bytes: int = 0


def outcomes(
    files: Mapping[str, tuple[bytes | Path, str]],
    folder: Path,
    *,
    limits: FileLimits,
    cpu_seconds: int = 300,
    task: str = "",
) -> dict[str, Outcome]:
    """What becomes of each file: its content, or where it lies, and the uploader's name for it. `task` is the child's,
    where it is not the inspection; its reply is in `facts` then, as it was said."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Outcome] = {}
    orders: dict[str, tuple[DetectedType, dict[str, Any]]] = {}
    for number, (case, (content, name)) in enumerate(files.items()):
        path = content if isinstance(content, Path) else folder / str(number)
        if isinstance(content, bytes):
            path.write_bytes(content)
        try:
            detected = preflight(path, name, limits=limits)
        except InspectionError as refusal:
            found[case] = Outcome(refusal.code, {}, refusal.details, at_the_door=True)
            continue
        request = {"input": str(path), "format": detected.format, **asdict(limits)}
        orders[case] = (detected, {"task": task or f"inspect_{detected.kind}", "request": request})
    lines = "".join(json.dumps(order) + "\n" for _detected, order in orders.values())
    allowed = json.dumps({**asdict(LIMITS), "cpu_seconds": cpu_seconds})
    child = subprocess.run(
        [sys.executable, "-I", "-B", "-c", _CHILD, str(ROOT), allowed],
        input=lines, capture_output=True, text=True, timeout=cpu_seconds * 2, check=False, cwd=folder,
    )  # fmt: skip
    answers = [json.loads(line) for line in child.stdout.splitlines()]
    assert len(answers) == len(orders), f"the child ended at {list(orders)[len(answers)]}: {child.stderr[-2000:]}"
    for (case, (detected, _order)), answer in zip(orders.items(), answers, strict=True):
        facts = answer.get("facts", {})
        if facts and not task:
            believed(facts, detected.kind)
        found[case] = Outcome(
            answer.get("code", ""), facts, answer.get("details", {}), False, detected, answer["seconds"],
            answer["peak_bytes"],
        )  # fmt: skip
    return {case: found[case] for case in files}
