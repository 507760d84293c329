"""STEP: exact surfaces made into triangles by Open CASCADE (cascadio), after a look at its text."""

import io
from pathlib import Path

from designs.containers import step_text
from designs.containers.errors import ContainerError
from designs.untrusted.glb import read_glb_stream
from designs.untrusted.meshes import Model
from designs.untrusted.refusal import Refusal

TOLERANCE_MILLIMETERS = 0.02
TOLERANCE_RADIANS = 0.2
"""How far triangles may be from the exact surface, and turned from each other."""


def read_step(path: str, *, max_triangles: int, max_pixels: int) -> Model:
    """Read a STEP, in millimeters; up is taken to be +Z. Raises Refusal."""
    data = Path(path).read_bytes()
    try:
        step_text.check_references(data)
    except ContainerError as error:
        raise Refusal(error.code, **error.details) from error
    import cascadio

    triangles = cascadio.load(data, tol_linear=TOLERANCE_MILLIMETERS, tol_angular=TOLERANCE_RADIANS, use_parallel=False)
    # It says why on its standard output only, for programmers.
    if not triangles:
        raise Refusal("step_broken")
    model = read_glb_stream(io.BytesIO(triangles), max_triangles=max_triangles, max_pixels=max_pixels)
    for part in model.parts:
        # Written in meters, whatever the file's unit is.
        part.positions *= 1000
    return Model(model.parts, up="z", units="mm", notes=["tessellated"])
