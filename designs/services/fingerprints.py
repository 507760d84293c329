"""Fingerprints of a file: computed in the child that reads it, believed after a look, and kept by content."""

import base64
import math
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.db import transaction

from designs.inspection import DetectedType, FileLimits, InspectionError
from designs.models import Asset, Fingerprint, PictureHash
from designs.models.originality import DESCRIPTOR
from designs.nearest import HASH_BYTES, bits_of
from designs.originality import ALGORITHM
from designs.originality.pictures import BANDS, THUMBNAIL, WINDOWS
from designs.originality.shapes import CORNERS, POINTS
from designs.sandbox import ChildFailed, Limits, Progress, run_child

GIBIBYTE = 1024**3
LIMITS = Limits(cpu_seconds=60, wall_seconds=90, memory_bytes=3 * GIBIBYTE, file_bytes=1024 * 1024)
_ORIENTATIONS = 8
_POINT_BYTES = 3 * 2
_HASH = re.compile(r"0x[0-9a-f]{64}")
# Points of a surface with a root mean square radius of 1: farther ones are no surface that can be laid over another.
_FARTHEST = 1000.0


def fingerprint_of(
    asset: Asset, path: Path, detected: DetectedType, workdir: Path, progress: Progress | None = None
) -> Fingerprint:
    """The fingerprint of these bytes, computed unless it is there. Raises InspectionError."""
    known = Fingerprint.objects.filter(asset=asset, algorithm=ALGORITHM).first()
    if known is not None:
        return known
    return _keep(asset, _read(path, detected, workdir, progress), detected.kind)


def _read(path: Path, detected: DetectedType, workdir: Path, progress: Progress | None) -> dict[str, Any]:
    limits = FileLimits.configured()
    request = {
        "input": str(path.resolve()),
        "format": detected.format,
        "max_pixels": limits.max_pixels,
        "max_triangles": limits.max_triangles,
    }
    with TemporaryDirectory(dir=workdir, prefix="fingerprint-") as empty:
        try:
            return run_child(
                f"fingerprint_{detected.kind}", request, workdir=Path(empty), limits=LIMITS, progress=progress
            )
        except ChildFailed as failure:
            code = "crashed" if failure.code == "bad_reply" else failure.code
            raise InspectionError(code, failure.details) from failure


def _keep(asset: Asset, said: dict[str, Any], kind: str) -> Fingerprint:
    try:
        fields, hashes = (_believed_picture if kind == "image" else _believed_mesh)(said)
        fields["content"] = _believed_hash(said["content"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InspectionError("crashed") from error
    with transaction.atomic():
        # One writer at a time: two versions may hold the same bytes.
        Asset.objects.select_for_update(no_key=True).get(pk=asset.pk)
        row, _created = Fingerprint.objects.update_or_create(asset=asset, defaults={**fields, "algorithm": ALGORITHM})
        row.hashes.all().delete()
        PictureHash.objects.bulk_create(PictureHash(fingerprint=row, bits=bits, whole=whole) for bits, whole in hashes)
    return row


Fields = dict[str, Any]
Hashes = list[tuple[str, bool]]


def _believed_hash(value: Any) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError("not a hash")
    return value


def _believed_mesh(said: dict[str, Any]) -> tuple[Fields, Hashes]:
    names = ("distances", "harmonics", "points", "corners", "unstretched", "unstretched_points")
    if said["shape"] is None and said["unstretched"] is None:
        return dict.fromkeys(names), []
    plain, unstretched = said["shape"], said["unstretched"]
    values = (
        _numbers(plain["distances"]),
        _numbers(plain["harmonics"]),
        _points(plain["points"]),
        _corners(plain["corners"]),
        _numbers(unstretched["harmonics"]),
        _points(unstretched["points"]),
    )
    return dict(zip(names, values, strict=True)), []


def _numbers(values: Any) -> list[float]:
    """A descriptor: 64 finite numbers from -1 to 1 that are not all zero."""
    if not isinstance(values, list) or len(values) != DESCRIPTOR:
        raise ValueError("not a descriptor")
    if not all(type(value) in (int, float) and math.isfinite(value) and abs(value) <= 1 for value in values):
        raise ValueError("not a descriptor's numbers")
    if not any(values):
        raise ValueError("a descriptor of nothing")
    return [float(value) for value in values]


def _corners(text: Any) -> bytes:
    """Any number of corners, up to the most that are kept; also none."""
    content = base64.b64decode(text, validate=True)
    if len(content) % _POINT_BYTES or len(content) > CORNERS * _POINT_BYTES:
        raise ValueError("not corners")
    return _near(content)


def _points(text: Any) -> bytes:
    content = _near(_bytes(text, POINTS * _POINT_BYTES))
    points = np.frombuffer(content, dtype="<f2")
    if not np.ptp(points.reshape(-1, 3), axis=0).any():
        # Nothing could be laid over them: every later comparison would end in an error.
        raise ValueError("points that are all at one place")
    return content


def _near(content: bytes) -> bytes:
    points = np.frombuffer(content, dtype="<f2")
    if not np.isfinite(points).all() or float(np.abs(points).max(initial=0)) > _FARTHEST:
        raise ValueError("points that are not on a surface")
    return content


def _bytes(text: Any, size: int) -> bytes:
    content = base64.b64decode(text, validate=True)
    if len(content) != size:
        raise ValueError("too much or too little")
    return content


def _orientations(text: Any) -> bytes:
    """Eight hashes of the whole, and as many of each band that was not empty."""
    content = base64.b64decode(text, validate=True)
    hashed, rest = divmod(len(content), _ORIENTATIONS * HASH_BYTES)
    if rest or not 1 <= hashed <= 1 + BANDS:
        raise ValueError("not hashes of a whole and its bands")
    return content


def _believed_picture(said: dict[str, Any]) -> tuple[Fields, Hashes]:
    height, width = said["thumbnail_size"]
    if not all(type(side) is int and 1 <= side <= THUMBNAIL for side in (height, width)):
        raise ValueError("not a thumbnail's size")
    quality = said["quality"]
    if type(quality) is not int or not 0 <= quality <= 100:
        raise ValueError("not a quality")
    orientations = _orientations(said["orientations"])
    windows = _bytes(said["windows"], WINDOWS * HASH_BYTES)
    fields: Fields = {
        "quality": quality,
        "orientations": orientations,
        "thumbnail": _bytes(said["thumbnail"], height * width),
        "thumbnail_height": height,
        "thumbnail_width": width,
    }
    # The whole's is the first; of the bands', too, those as they are.
    upright = range(0, len(orientations), _ORIENTATIONS * HASH_BYTES)
    hashes = [(bits_of(orientations[at : at + HASH_BYTES]), at == 0) for at in upright]
    hashes += [(bits_of(windows[at : at + HASH_BYTES]), False) for at in range(0, len(windows), HASH_BYTES)]
    return fields, hashes
