"""Bytes that a coverage-guided fuzzer makes, through preflight and through each reader of what strangers send.

`python -m designs.tests.fuzzing TARGET FOLDER [libFuzzer's options]` fuzzes one until a finding or the end of its time;
what found something lies in FOLDER afterwards.
"""

import io
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings

from designs.tests.fuzzing_seeds import seeds, statement

MAX_TRIANGLES = 20_000
MAX_PIXELS = 1_000_000
ENDINGS = {
    "stl": ".stl", "ply": ".ply", "obj": ".obj", "off": ".off", "3mf": ".3mf", "gltf": ".gltf", "glb": ".glb",
    "zip": ".zip", "step": ".step", "png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tiff", "avif": ".avif",
}  # fmt: skip
"""Each format by the ending of its files. A target of this name is the inspection of such files."""
CHOSEN = ("door", "making", "embedding", "credentials")
"""Targets of many formats, whose first byte chooses the ending: preflight alone; what a file says of its making; our
statement put into it; the Content Credentials in it."""
PLAIN = ("manifest", "statement", "proof")
"""Of bytes of no format of ours: a manifest beside a file, a statement in any file, a proof of fields."""
TARGETS = (*CHOSEN, *PLAIN, *ENDINGS)
BORROWED = {"glb", "gltf", "zip", "png", "jpeg", "webp", "tiff", "avif"}
"""Read with libraries of others, whose errors the child turns into a refusal; ours are to be none."""
READERS = ("stl", "ply", "obj", "off", "threemf", "gltf", "glb", "stealth", "images", "model_texts")


@dataclass(frozen=True)
class Modules:
    """What is fuzzed, imported late so that it can be instrumented."""

    preflight: Callable[..., Any]
    limits: Any
    refusals: tuple[type[Exception], ...]
    believed: Callable[[dict[str, Any], str], None]
    inspect_mesh: Callable[..., dict[str, Any]]
    inspect_image: Callable[..., dict[str, Any]]
    check_references: Callable[[bytes], None]
    read_making: Callable[..., dict[str, Any]]
    believable: Callable[[dict[str, Any]], bool]
    embed: Callable[[str, str, str, str], None]
    statement: Any
    read_proof: Callable[[bytes], Any]
    read_credentials: Callable[..., dict[str, Any]]
    read_beside: Callable[..., dict[str, Any]]
    found_in: Callable[[dict[str, Any]], Any]


def imported(instrumented: Any = None) -> Modules:
    """Import what is fuzzed; inside atheris' context it tells which of its branches were taken."""
    with instrumented or nullcontext():
        from contracts.verifier import field_proof, statement
        from designs.containers import step_text
        from designs.containers.errors import ContainerError
        from designs.credentials.read import found_in
        from designs.inspection.facts import believed
        from designs.inspection.making import _believable
        from designs.inspection.preflight import FileLimits, preflight
        from designs.inspection.reasons import InspectionError
        from designs.untrusted import credentials_reading, embedding, images, making, meshes
        from designs.untrusted.refusal import Refusal

        # Readers are imported when they are needed, which is too late here.
        for name in READERS:
            import_module(f"designs.untrusted.{name}")
    return Modules(
        preflight=preflight,
        limits=FileLimits(max_pixels=MAX_PIXELS, max_triangles=MAX_TRIANGLES),
        refusals=(InspectionError, Refusal, ContainerError, statement.NoStatement, field_proof.NoProof),
        believed=believed,
        inspect_mesh=meshes.inspect,
        inspect_image=images.inspect,
        check_references=step_text.check_references,
        read_making=making.read,
        believable=_believable,
        embed=embedding.embed,
        statement=statement,
        read_proof=field_proof.FieldProof.read,
        read_credentials=credentials_reading.read,
        read_beside=credentials_reading.read_beside,
        found_in=found_in,
    )


def examine(modules: Modules, target: str, content: bytes, folder: Path) -> str:
    """Take some bytes through a target. Returns "taken", or the code of the refusal.

    Everything else that is raised is a finding.
    """
    ending = ENDINGS.get(target, "")
    if target in CHOSEN:
        ending, content = list(ENDINGS.values())[content[0] % len(ENDINGS)] if content else ".stl", content[1:]
    path = folder / "file"
    path.write_bytes(content)
    try:
        if target in PLAIN:
            _read_plain(modules, target, content, path)
            return "taken"
        detected = modules.preflight(path, "file" + ending, limits=modules.limits)
        if target != "door":
            _read(modules, target, detected, path)
    except modules.refusals as refusal:
        return str(getattr(refusal, "code", "refused"))
    return "taken"


def _read_plain(modules: Modules, target: str, content: bytes, path: Path) -> None:
    if target == "manifest":
        # Any bytes will do as what it speaks of.
        _credentials(modules, path, "model/stl", beside=str(path))
        request = {"beside": str(path), "sha256": "0" * 64, "anchors": ""}
        modules.found_in(modules.read_beside(request, _silent))
    elif target == "statement":
        modules.statement.statements_in(str(path))
    else:
        modules.read_proof(content)


def _read(modules: Modules, target: str, detected: Any, path: Path) -> None:
    request = {
        "input": str(path), "format": detected.format, "max_triangles": MAX_TRIANGLES, "max_pixels": MAX_PIXELS
    }  # fmt: skip
    if target == "credentials":
        _credentials(modules, path, detected.media_type)
    elif target == "embedding":
        _embedding(modules, detected.format, path)
    elif target == "step":
        # The kernel behind it is native code that tells the fuzzer nothing.
        modules.check_references(path.read_bytes())
    elif target == "making":
        with warnings.catch_warnings():
            said = modules.read_making(request, _silent)
        assert modules.believable(said), said
    else:
        _inspection(modules, target, detected.kind, request)


def _inspection(modules: Modules, target: str, kind: str, request: dict[str, Any]) -> None:
    try:
        with warnings.catch_warnings():
            facts = (modules.inspect_image if kind == "image" else modules.inspect_mesh)(request, _silent)
    except (MemoryError, AssertionError, *modules.refusals):
        raise
    except Exception:
        if target not in BORROWED:
            raise
        return
    try:
        modules.believed(facts, kind)
    except modules.refusals as refusal:
        raise AssertionError(f"facts that nobody would believe: {facts}") from refusal


def _credentials(modules: Modules, path: Path, media_type: str, *, beside: str = "") -> None:
    request = {"input": str(path), "media_type": media_type, "anchors": "", "beside": beside}
    modules.found_in(modules.read_credentials(request, _silent))


def _embedding(modules: Modules, scheme: str, path: Path) -> None:
    if scheme != modules.statement.scheme_of(str(path)):
        return  # a format with no place for it
    about = modules.statement.Statement.read(statement(scheme).encode())
    target = str(path.with_name("embedded"))
    modules.embed(str(path), target, scheme, about.text)
    modules.statement.content_of(target, about)


def first_byte(target: str, kind: str) -> bytes:
    """What chooses the format of a file, where the target has several."""
    return bytes([list(ENDINGS).index(kind)]) if target in CHOSEN else b""


def _silent(_what: str, _part: float) -> None:
    """Nobody listens."""


def main() -> None:
    import atheris

    target, folder = sys.argv[1], Path(sys.argv[2])
    settings.configure(USE_I18N=False, SANDBOX_WARM=False)
    modules = imported(atheris.instrument_imports(include=["designs.", "contracts.verifier."]))
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for kind, contents in seeds(target).items():
        for number, content in enumerate(contents):
            (corpus / f"{kind}-{number}").write_bytes(first_byte(target, kind) + content)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        # What libraries print would drown what the fuzzer says.
        sys.stdout = io.StringIO()

        def one(content: bytes) -> None:
            examine(modules, target, content, Path(scratch))

        options = ["-timeout=10", "-rss_limit_mb=1500", "-max_len=16384", f"-artifact_prefix={folder}/", *sys.argv[3:]]
        atheris.Setup([sys.argv[0], *options, str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
