"""Bytes that a coverage-guided fuzzer makes, through preflight and through each reader of files.

`python -m designs.tests.fuzzing READER FOLDER [libFuzzer's options]` fuzzes one until a finding or the end of its time;
what found something lies in FOLDER afterwards.
"""

import base64
import io
import json
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

MAX_TRIANGLES = 20_000
MAX_PIXELS = 1_000_000
ENDINGS = {
    "stl": ".stl", "ply": ".ply", "obj": ".obj", "off": ".off", "3mf": ".3mf", "gltf": ".gltf", "glb": ".glb",
    "zip": ".zip", "step": ".step", "png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tiff", "avif": ".avif",
}  # fmt: skip
"""Each reader by the ending of its files. Preflight alone is fuzzed by "door", the first byte choosing the ending."""
BORROWED = {"glb", "gltf", "zip", "png", "jpeg", "webp", "tiff", "avif"}
"""Read with libraries of others, whose errors the child turns into a refusal; ours are to be none."""
READERS = ("stl", "ply", "obj", "off", "threemf", "gltf", "glb")


@dataclass(frozen=True)
class Modules:
    """What is fuzzed, imported late so that it can be instrumented."""

    preflight: Callable[..., Any]
    limits: Any
    refusals: tuple[type[Exception], ...]
    read_model: Callable[..., Any]
    inspect_image: Callable[..., Any]
    check_references: Callable[[bytes], None]


def imported(instrumented: Any = None) -> Modules:
    """Import what is fuzzed; inside atheris' context it tells which of its branches were taken."""
    with instrumented or nullcontext():
        from designs.containers import step_text
        from designs.containers.errors import ContainerError
        from designs.inspection.preflight import FileLimits, preflight
        from designs.inspection.reasons import InspectionError
        from designs.untrusted import images, meshes
        from designs.untrusted.refusal import Refusal

        # Readers are imported when they are needed, which is too late here.
        for name in READERS:
            import_module(f"designs.untrusted.{name}")
    limits = FileLimits(max_pixels=MAX_PIXELS, max_triangles=MAX_TRIANGLES)
    return Modules(
        preflight, limits, (InspectionError, Refusal, ContainerError), meshes.read_model, images.inspect,
        step_text.check_references,
    )  # fmt: skip


def examine(modules: Modules, reader: str, content: bytes, folder: Path) -> str:
    """Take some bytes through preflight and their reader. Returns "taken", or the code of the refusal.

    Everything else that is raised is a finding.
    """
    ending = ENDINGS.get(reader, "")
    if reader == "door":
        ending, content = list(ENDINGS.values())[content[0] % len(ENDINGS)] if content else ".stl", content[1:]
    path = folder / "file"
    path.write_bytes(content)
    try:
        detected = modules.preflight(path, "file" + ending, limits=modules.limits)
        if reader != "door":
            _read(modules, reader, detected, path)
    except modules.refusals as refusal:
        return str(refusal.code)  # type: ignore[attr-defined]
    return "taken"


def _read(modules: Modules, reader: str, detected: Any, path: Path) -> None:
    request = {
        "input": str(path), "format": detected.format, "max_triangles": MAX_TRIANGLES, "max_pixels": MAX_PIXELS
    }  # fmt: skip
    if reader == "step":
        # The kernel behind it is native code that tells the fuzzer nothing.
        modules.check_references(path.read_bytes())
        return
    try:
        with warnings.catch_warnings():
            if detected.kind == "image":
                modules.inspect_image(request, lambda _what, _part: None)
            else:
                model = modules.read_model(request)
                assert 0 < model.triangles <= MAX_TRIANGLES
    except (MemoryError, AssertionError, *modules.refusals):
        raise
    except Exception:
        if reader not in BORROWED:
            raise


def seeds() -> dict[str, list[bytes]]:
    """Files of ours that each reader takes."""
    from designs.tests import samples
    from designs.tests.archives import threemf, zipped
    from designs.tests.step_files import step_block

    document, binary = samples.glb_document()
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    gltf = json.dumps(document).encode()
    obj = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0.5\nvt 0 0\nvn 0 0 1\nusemtl a\nf 1/1/1 2/1/1 3/1/1 4/1/1\nf -4 -3 -1\n"
    images = {
        form: [samples.image_bytes(form.upper(), size=(20, 10), mode=mode) for mode in ("RGB", "L")]
        for form in ("png", "jpeg", "webp", "tiff", "avif")
    }
    return {
        "stl": [samples.binary_stl(), samples.ascii_stl()],
        "ply": [samples.ply_text(), samples.ply_binary(), samples.ply_binary(order=">", count="uint")],
        "obj": [obj],
        "off": [samples.off_text(), samples.off_text(colors=[(255, 0, 0)] * 8)],
        "3mf": [threemf()],
        "gltf": [gltf],
        "glb": [samples.glb_bytes()],
        "zip": [zipped({"a.obj": obj}), zipped({"a.gltf": gltf}, stored=True)],
        "step": [step_block()],
        **images,
    }


def main() -> None:
    import atheris

    reader, folder = sys.argv[1], Path(sys.argv[2])
    settings.configure(USE_I18N=False)
    modules = imported(atheris.instrument_imports(include=["designs."]))
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for kind, contents in seeds().items():
        for number, content in enumerate(contents):
            if reader == "door":
                (corpus / f"{kind}-{number}").write_bytes(bytes([list(ENDINGS).index(kind)]) + content)
            elif reader == kind:
                (corpus / f"{kind}-{number}").write_bytes(content)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        # What libraries print would drown what the fuzzer says.
        sys.stdout = io.StringIO()

        def one(content: bytes) -> None:
            examine(modules, reader, content, Path(scratch))

        options = ["-timeout=10", "-rss_limit_mb=1500", "-max_len=8192", f"-artifact_prefix={folder}/", *sys.argv[3:]]
        atheris.Setup([sys.argv[0], *options, str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
