"""Fingerprints: what a file is compared by. Of its exact content, and of what survives a change to it."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from designs.untrusted.refusal import Refusal

Progress = Callable[[str, float], None]


def of_mesh(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Hash and descriptors of a mesh. A surface without area has the hash alone."""
    from designs.originality import shapes
    from designs.originality.exact import geometry_hash
    from designs.untrusted.meshes import joined, read_model

    progress("read", 0.1)
    positions, faces = joined(read_model(request))
    if len(faces) == 0:
        raise Refusal("no_triangles")
    content = geometry_hash(positions, faces)
    progress("measure", 0.4)
    try:
        plain = shapes.describe(positions, faces)
        progress("measure", 0.6)
        unstretched = shapes.describe_without_stretch(positions, faces)
    except shapes.NoSurface:
        return {"content": content, "shape": None, "unstretched": None}
    return {"content": content, "shape": _shape(plain), "unstretched": _shape(unstretched)}


def _shape(shape: Any) -> dict[str, Any]:
    return {
        "distances": [round(float(value), 6) for value in shape.distances],
        "harmonics": [round(float(value), 6) for value in shape.harmonics],
        "points": _text(shape.points.astype("<f2")),
        "corners": _text(shape.corners.astype("<f2")),
    }


def of_image(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Hash of the pixels and descriptors of an image."""
    from designs.originality.exact import pixel_hash
    from designs.originality.pictures import describe_picture
    from designs.untrusted.images import for_showing, on_paper, open_whole

    image = open_whole(request["input"], request["format"], max_pixels=request["max_pixels"])
    progress("decode", 0.3)
    picture = for_showing(image)
    content = pixel_hash(picture)
    progress("measure", 0.6)
    described = describe_picture(on_paper(picture))
    return {
        "content": content,
        "quality": described.whole.quality,
        "orientations": _text(np.packbits(np.concatenate([described.whole.orientations, *described.bands]), axis=-1)),
        "windows": _text(np.packbits(described.windows, axis=-1)),
        "thumbnail": _text(described.thumbnail),
        "thumbnail_size": list(described.thumbnail.shape),
    }


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
