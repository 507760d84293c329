"""Hashes of what a file shows, whatever it is written as: the triangles of a mesh, the pixels of an image."""

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

GRID = 1 << 20
"""Steps along the longest side: coarser than single precision, finer than a machine makes."""


def geometry_hash(positions: Floats, faces: Indices) -> str:
    """SHA-256 of the triangles, moved to the origin and scaled to a side of 1, in an order of their own.

    Neither format, order, units nor place enter, only single precision of what stands in the file. A turned copy has
    another hash, and so has one that was moved so far that its last digits changed: the descriptors find those.
    """
    used, index = np.unique(faces, return_inverse=True)
    points = positions[used].astype(np.float32).astype(np.float64)
    low = points.min(axis=0)
    extent = float((points.max(axis=0) - low).max()) or 1.0
    cells = np.rint((points - low) / extent * GRID).astype(np.int64)
    cells, merged = np.unique(cells, axis=0, return_inverse=True)
    triangles = merged.reshape(-1)[index.reshape(-1)].reshape(-1, 3)
    first = triangles.argmin(axis=1)
    # The smallest corner first; the direction around the face stays.
    turned = np.take_along_axis(triangles, (first[:, None] + np.arange(3)) % 3, axis=1)
    turned = turned[np.lexsort(turned.T[::-1])]
    digest = hashlib.sha256(b"loomprint geometry 1\n")
    digest.update(cells.astype("<i4").tobytes())
    digest.update(turned.astype("<i4").tobytes())
    return "0x" + digest.hexdigest()


def pixel_hash(picture: Image.Image) -> str:
    """SHA-256 of the decoded pixels in sRGB, 8 bits a channel (designs.untrusted.images.for_showing)."""
    digest = hashlib.sha256(f"loomprint pixels 1 {picture.mode} {picture.width} {picture.height}\n".encode())
    digest.update(picture.tobytes())
    return "0x" + digest.hexdigest()
