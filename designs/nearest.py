"""The nearest fingerprints, by the indexes of pgvector: candidates for a closer look, and designs that look alike."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from pgvector import HalfVector
from pgvector.django import HammingDistance, L2Distance

from designs.models import Fingerprint, PictureHash
from designs.originality import ALGORITHM
from designs.originality.thresholds import Thresholds

CANDIDATES = 40
"""Neighbors asked of each index."""
_SEARCHED = 64
"""What each index keeps in view (hnsw.ef_search)."""
_OF_A_HASH, _SEARCHED_FOR_A_HASH = 12, 16
"""The same for one of the seventy hashes by which a picture is asked for: a copy is far nearer than anything else."""
HASH_BYTES = 32
_SHAPES_SQL = """
SELECT id, min(part) FROM (
  (SELECT id, (distances <-> %(distances)s::halfvec) / %(distances_radius)s AS part FROM designs_fingerprint
   ORDER BY distances <-> %(distances)s::halfvec LIMIT %(number)s)
  UNION ALL
  (SELECT id, (harmonics <-> %(harmonics)s::halfvec) / %(harmonics_radius)s FROM designs_fingerprint
   ORDER BY harmonics <-> %(harmonics)s::halfvec LIMIT %(number)s)
  UNION ALL
  (SELECT id, (unstretched <-> %(unstretched)s::halfvec) / %(unstretched_radius)s FROM designs_fingerprint
   ORDER BY unstretched <-> %(unstretched)s::halfvec LIMIT %(number)s)
) AS each WHERE part <= 1 GROUP BY id
"""
_DESCRIPTORS = ("distances", "harmonics", "unstretched")
_PICTURES_SQL = """
SELECT fingerprint_id, min(differing) FROM (
  SELECT near.fingerprint_id, near.differing FROM unnest(%s::bit(256)[]) AS probe
  CROSS JOIN LATERAL (
    SELECT fingerprint_id, bits <~> probe AS differing FROM designs_picturehash ORDER BY bits <~> probe LIMIT %s
  ) AS near
  WHERE near.differing <= %s
) AS each GROUP BY fingerprint_id ORDER BY min(differing), fingerprint_id
"""


def near_shapes(fingerprint: Fingerprint, limits: Thresholds, *, at_most: int = CANDIDATES) -> list[Fingerprint]:
    """Shapes within a radius by any of the three descriptors, nearest first by the part of the radius."""
    values: dict[str, Any] = {field: _text(getattr(fingerprint, field)) for field in _DESCRIPTORS}
    values |= {f"{field}_radius": getattr(limits, f"{field}_radius") for field in _DESCRIPTORS}
    with transaction.atomic(), connection.cursor() as cursor:
        search_widely()
        cursor.execute(_SHAPES_SQL, {**values, "number": CANDIDATES})
        return _in_order(dict(cursor.fetchall()), but=fingerprint, at_most=at_most)


def nearest_by(field: str, value: Any, number: int) -> list[tuple[int, float]]:
    """Keys and Euclidean distances of the nearest fingerprints by one descriptor."""
    # A picture has no descriptors of a surface: among few shapes it would stand at the end, without a distance.
    shapes = Fingerprint.objects.filter(**{f"{field}__isnull": False})
    rows = shapes.annotate(distance=L2Distance(field, value)).order_by("distance")
    return [(key, float(distance)) for key, distance in rows.values_list("pk", "distance")[:number]]


def near_pictures(fingerprint: Fingerprint, limits: Thresholds, *, at_most: int = CANDIDATES) -> list[Fingerprint]:
    """Pictures of which a hash differs in few bits from this one's, turned and mirrored as may be."""
    if fingerprint.quality is None or fingerprint.quality < limits.hash_quality:
        return []
    asked = [bits_of(each) for each in orientations_of(fingerprint)]
    # Windows are asked about as they are; bands, which are turned as the whole is, are among these too.
    asked = list(dict.fromkeys([*asked, *(str(each.bits) for each in fingerprint.hashes.filter(whole=False))]))
    with transaction.atomic(), connection.cursor() as cursor:
        search_widely(_SEARCHED_FOR_A_HASH)
        cursor.execute(_PICTURES_SQL, [asked, _OF_A_HASH, limits.hash_radius])
        return _in_order(dict(cursor.fetchall()), but=fingerprint, at_most=at_most)


def orientations_of(fingerprint: Fingerprint) -> list[bytes]:
    """The hashes of a picture and of its bands, 32 bytes each, turned and mirrored in eight ways."""
    packed = bytes(fingerprint.orientations or b"")
    return [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]


def bits_of(packed: bytes) -> str:
    """A hash as PostgreSQL writes bits."""
    return "".join(f"{byte:08b}" for byte in packed)


def _text(value: Any) -> str:
    """A descriptor, whether it comes from the database or was just computed, as pgvector reads it."""
    values = value.to_list() if isinstance(value, HalfVector) else [float(each) for each in value]
    return "[" + ",".join(map(repr, values)) + "]"


def search_widely(number: int = _SEARCHED) -> None:
    """Make the indexes look at more than they are asked for, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.ef_search = %s", [number])


def _in_order(nearest: dict[int, float], *, but: Fingerprint, at_most: int) -> list[Fingerprint]:
    nearest.pop(but.pk, None)
    # Each row carries its points: no more are read than are looked at.
    keys = sorted(nearest, key=lambda key: (nearest[key], key))[:at_most]
    # What is not needed again takes longer to read than all else.
    found = Fingerprint.objects.filter(pk__in=keys, algorithm=ALGORITHM)
    rows: Iterable[Fingerprint] = found.defer("distances", "harmonics", "orientations")
    return sorted(rows, key=lambda row: (nearest[row.pk], row.pk))


def like_shapes(fingerprint: Fingerprint, number: int) -> list[int]:
    """Keys of the fingerprints of the most similar surfaces."""
    with transaction.atomic():
        search_widely()
        return [key for key, _distance in nearest_by("harmonics", fingerprint.harmonics, number + 1)]


def like_pictures(fingerprint: Fingerprint, number: int) -> list[int]:
    """Keys of the fingerprints of the most similar pictures, as they are."""
    whole = fingerprint.hashes.filter(whole=True).first()
    if whole is None:
        return []
    with transaction.atomic():
        search_widely()
        rows = PictureHash.objects.alias(differing=HammingDistance("bits", whole.bits)).order_by("differing")
        return list(dict.fromkeys(rows.values_list("fingerprint_id", flat=True)[: number + 1]))
