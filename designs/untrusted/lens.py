"""The cover's camera for pictures that are drawn ray by ray: from points to pixels, and from pixels to rays."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designs.untrusted import studio
from designs.untrusted.geometry import Floats


@dataclass(frozen=True)
class Lens:
    """The camera as a matrix: right, up and forward, and how many pixels one unit at distance one is long."""

    origin: Floats
    axes: Floats
    focal: float
    width: int
    height: int

    @classmethod
    def of_cover(cls, path: str, points: Floats, width: int, height: int) -> "Lens":
        """As the cover of the file at `path` sees its points on the stage."""
        with open(path, "rb") as stream:
            mood = studio.mood_of(hashlib.file_digest(stream, "sha256").digest())
        camera = studio.camera_for(points, mood)
        forward = camera.direction
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        focal = width / 2 / np.tan(np.radians(studio.FIELD_OF_VIEW) / 2)
        return cls(camera.origin, np.stack([right, np.cross(right, forward), forward]), float(focal), width, height)

    def project(self, points: Floats) -> NDArray[np.float32]:
        """Pixels (N, 2) at which points (N, 3) are seen, counted from the upper left."""
        seen = (points - self.origin) @ self.axes.T
        depth = np.maximum(seen[:, 2], 1e-9)
        across = self.width / 2 + self.focal * seen[:, 0] / depth
        down = self.height / 2 - self.focal * seen[:, 1] / depth
        return np.stack([across, down], axis=1).astype(np.float32)

    def rays(self, across: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.float32]:
        """Unit directions (N, 3) through pixels."""
        right, up = (across - self.width / 2) / self.focal, (self.height / 2 - down) / self.focal
        seen = np.stack([right, up, np.ones_like(across)], axis=1)
        ways = seen @ self.axes
        return (ways / np.linalg.norm(ways, axis=1, keepdims=True)).astype(np.float32)
