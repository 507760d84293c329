"""The triangles of a mesh as plain arrays, for measurements that change them (manage.py fit_originality)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from designs.untrusted.meshes import joined, read_model

Progress = Callable[[str, float], None]


def write_triangles(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write positions.npy (V, 3) and faces.npy (F, 3) of all parts as one."""
    positions, faces = joined(read_model(request))
    progress("read", 0.8)
    np.save("positions.npy", positions, allow_pickle=False)
    np.save("faces.npy", faces, allow_pickle=False)
    return {"triangles": len(faces)}
