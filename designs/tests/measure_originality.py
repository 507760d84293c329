"""Recall and false matches on the judged half, and the speed of a query among many descriptors. Run by
`script/bench originality`, which says how many rows (LOOMPRINT_ORIGINALITY_ROWS).
"""

import os
import secrets
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection

from designs.models import Asset, Fingerprint, PictureHash
from designs.nearest import CANDIDATES, bits_of, near_pictures, near_shapes, nearest_by, search_widely
from designs.originality import ALGORITHM, fitting
from designs.originality.pictures import WINDOWS
from designs.originality.thresholds import thresholds
from designs.tests.corpus import CORPUS

ROWS = int(os.environ.get("LOOMPRINT_ORIGINALITY_ROWS", "1000000"))
QUERIES = 200
COMPARED = 60
"""Queries whose exact neighbors are looked for: a full scan each."""
FIELDS = ("distances", "harmonics", "unstretched")
BATCH = 50_000
CHANGES: dict[str, list[str]] = {"decimated 0.05": ["spoiled 0.05"], "noise": [], "stretched": []}


def say(name: str, value: float) -> None:
    print(f"\nMEASURED {name} {value:.6g}", flush=True)


def told(_line: str) -> None:
    return


def test_shapes_of_the_judged_half() -> None:
    say("corpus", CORPUS is not None)
    found = fitting.judge_shapes("judge", CORPUS, thresholds(), told)
    # What no simplifier thinned as asked is asked for too: a copy is not less of one for it.
    say("originality.mesh_recall", found.recall([*fitting.DEMANDING, "spoiled 0.25"]))
    say("originality.mesh_recall.thinned_or_noisy", found.recall(["decimated 0.05", "spoiled 0.05", "noise"]))
    for change, with_it in CHANGES.items():
        say(f"originality.mesh_recall.{change.replace(' ', '_')}", found.recall([change, *with_it]))
    say("originality.mesh_false_match_rate", found.false_rate)
    say("pairs.mesh", found.pairs)
    spoiled = [change for change in found.asked if change.startswith("spoiled")]
    say("spoiled.asked", sum(found.asked[change] for change in spoiled))
    say("spoiled.found", sum(found.found[change] for change in spoiled))


def test_pictures_of_the_judged_half() -> None:
    found = fitting.judge_pictures("judge", thresholds(), told)
    say("originality.image_recall", found.recall(list(found.asked)))
    say("originality.image_recall.overlay_text", found.recall(["overlay text"]))
    say("originality.image_false_match_rate", found.false_rate)
    say("pairs.image", found.pairs)


@pytest.mark.django_db
def test_a_query_among_many() -> None:
    chance = np.random.default_rng(7)
    real, copies, moved = described(CORPUS)
    began = time.monotonic()
    crowd = filled(real, copies, moved, chance)
    say("seconds.copying", time.monotonic() - began)
    began = time.monotonic()
    indexed()
    say("seconds.indexing", time.monotonic() - began)
    asked = [
        SimpleNamespace(pk=None, **{field: copies[field][at][1] for field in FIELDS})
        for at in chance.integers(0, len(copies["harmonics"]), QUERIES)
    ]
    taken, hits = [], 0
    for query in asked[:20]:
        near_shapes(query, thresholds())
    for query in asked:
        began = time.perf_counter()
        near_shapes(query, thresholds())
        taken.append(1000 * (time.perf_counter() - began))
    # As many neighbors as an upload asks each index for, by the same setting.
    search_widely()
    for query in asked[:COMPARED]:
        for field in FIELDS:
            found = {key for key, _distance in nearest_by(field, getattr(query, field), CANDIDATES)}
            hits += len(found & exact(crowd[field], np.asarray(getattr(query, field))))
    say("originality.query_p50_ms", float(np.quantile(taken, 0.5)))
    say("originality.query_p95_ms", float(np.quantile(taken, 0.95)))
    say("originality.index_recall", hits / (COMPARED * len(FIELDS) * CANDIDATES))


@pytest.mark.django_db
def test_a_query_of_a_picture_among_many_hashes() -> None:
    chance = np.random.default_rng(11)
    originals, copies = {}, []
    for name in ("fit", "judge"):
        known, changed = fitting.picture_queries(name, told)
        originals |= {one.name: one.kept for one in known}
        copies += changed
    hashed(np.concatenate([kept.hashes for _title, _change, kept in copies]), chance)
    rows = {title: kept_picture(kept) for title, kept in originals.items()}
    asked = [copies[at] for at in chance.integers(0, len(copies), QUERIES)]
    taken, near, found = [], 0, 0
    for title, _change, kept in [*asked[:20], *asked]:
        fingerprint = kept_picture(kept)
        began = time.perf_counter()
        neighbors = near_pictures(fingerprint, thresholds())
        taken.append(1000 * (time.perf_counter() - began))
        if fitting.differing(originals[title], kept) <= thresholds().hash_radius:
            near += 1
            found += rows[title] in neighbors
    say("originality.picture_query_p50_ms", float(np.quantile(taken[20:], 0.5)))
    say("originality.picture_query_p95_ms", float(np.quantile(taken[20:], 0.95)))
    say("originality.picture_index_recall", found / near)


def kept_picture(kept: SimpleNamespace) -> Fingerprint:
    """The fingerprint of a picture, kept with its hashes."""
    asset = Asset.objects.create(sha256=secrets.token_hex(32), cid="x", size=1, media_type="image/png")
    packed = np.packbits(np.concatenate([kept.asked[:8], kept.asked[8 + WINDOWS :]]), axis=-1).tobytes()
    row = Fingerprint.objects.create(
        asset=asset, algorithm=ALGORITHM, content=kept.content, quality=kept.quality, orientations=packed
    )
    PictureHash.objects.bulk_create(
        PictureHash(fingerprint=row, bits=bits_of(np.packbits(bits).tobytes()), whole=at == 0)
        for at, bits in enumerate(kept.hashes)
    )
    return row


def hashed(real: np.ndarray, chance: np.random.Generator) -> None:
    """Rows of hashes that never were, a third of the bits of a real one turned by chance, and their index."""
    copying = "COPY designs_picturehash (fingerprint_id, whole, bits) FROM STDIN"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DROP INDEX picture_hash_bits")
        with cursor.copy(copying) as copy:
            for start in range(0, ROWS, BATCH):
                number = min(BATCH, ROWS - start)
                bits = real[chance.integers(0, len(real), number)] ^ (chance.random((number, 256)) < 1 / 3)
                for at, each in enumerate(np.packbits(bits, axis=-1)):
                    copy.write(f"{10**9 + (start + at) // 21}\tf\t{bits_of(each.tobytes())}\n")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        cursor.execute("SET LOCAL maintenance_work_mem = '1500MB'")
        cursor.execute("SET LOCAL max_parallel_maintenance_workers = 1")
    with connection.schema_editor() as editor:
        editor.add_index(PictureHash, PictureHash._meta.indexes[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE designs_picturehash")


Arrays = dict[str, np.ndarray]


def described(corpus: Path | None) -> tuple[Arrays, Arrays, Arrays]:
    """Descriptors of all shapes (S, 64); of every changed copy beside its original's (C, 2, 64); and by how much two
    samples of one surface differ (S, 64)."""
    real: dict[str, list[np.ndarray]] = {field: [] for field in FIELDS}
    copies: dict[str, list[np.ndarray]] = {field: [] for field in FIELDS}
    moved: dict[str, list[np.ndarray]] = {field: [] for field in FIELDS}
    for name in ("fit", "judge"):
        known, queries = fitting.shape_queries(name, corpus, told)
        originals = {one.name: one.kept for one in known}
        for field in FIELDS:
            real[field] += [getattr(one.kept, field) for one in known]
            for subject, change, kept in queries:
                pair = np.stack([getattr(originals[subject], field), getattr(kept, field)])
                copies[field].append(pair)
                if change == "moved":
                    moved[field].append(pair[1] - pair[0])
    found = [{field: np.array(values) for field, values in each.items()} for each in (real, copies, moved)]
    return found[0], found[1], found[2]


def drawn(real: Arrays, copies: Arrays, moved: Arrays, count: int, chance: np.random.Generator) -> Arrays:
    """Descriptors (count, 64) of designs that never were: between three real ones, changed by as much as real copies
    are, and with the chance that the sampling of a surface leaves in."""
    total = len(real["harmonics"])
    shares, among = chance.dirichlet([0.5] * 3, count), chance.integers(0, total, (count, 3))
    change, strength = chance.integers(0, len(copies["harmonics"]), count), chance.normal(0, 1, (count, 1))
    made = {}
    for field in FIELDS:
        values = np.einsum("nk,nkd->nd", shares, real[field][among])
        values += strength * (copies[field][change, 1] - copies[field][change, 0])
        values += chance.normal(0, moved[field].std(), values.shape)
        made[field] = values / np.linalg.norm(values, axis=1, keepdims=True)
    return made


def filled(real: Arrays, copies: Arrays, moved: Arrays, chance: np.random.Generator) -> Arrays:
    """Rows of such designs, copied in binary; what went into them."""
    half = np.dtype([("size", ">i4"), ("dim", ">i2"), ("unused", ">i2"), ("values", ">f2", 64)])
    row = np.dtype(
        [("fields", ">i2"), ("s1", ">i4"), ("asset", ">i8"), ("s2", ">i4"), ("algorithm", ">i2"), ("s3", ">i4"),
         ("content", "S66"), *((field, half) for field in FIELDS), ("s7", ">i4"), ("created", ">i8")]
    )  # fmt: skip
    crowd = {field: np.empty((ROWS, 64), dtype=np.float16) for field in FIELDS}
    columns = f"asset_id, algorithm, content, {', '.join(FIELDS)}, created_at"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for field in FIELDS:
            cursor.execute(f"DROP INDEX fingerprint_{field}")
        cursor.execute("TRUNCATE designs_fingerprint RESTART IDENTITY CASCADE")
        with cursor.copy(f"COPY designs_fingerprint ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8))
            for start in range(0, ROWS, BATCH):
                rows = np.zeros(min(BATCH, ROWS - start), dtype=row)
                made = drawn(real, copies, moved, len(rows), chance)
                rows["fields"], rows["asset"] = 7, np.arange(start, start + len(rows)) + 1
                rows["s1"], rows["s2"], rows["s3"], rows["s7"] = 8, 2, 66, 8
                rows["algorithm"] = ALGORITHM
                rows["content"] = [b"0x%064x" % number for number in range(start, start + len(rows))]
                for field in FIELDS:
                    rows[field]["size"], rows[field]["dim"], rows[field]["values"] = 132, 64, made[field]
                    crowd[field][start : start + len(rows)] = made[field]
                copy.write(rows.tobytes())
            copy.write(b"\xff\xff")
    return crowd


def indexed() -> None:
    """The indexes of the model, as a migration makes them, with the memory that a large build wants."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '1500MB'")
        cursor.execute("SET LOCAL max_parallel_maintenance_workers = 1")
    with connection.schema_editor() as editor:
        for index in Fingerprint._meta.indexes:
            editor.add_index(Fingerprint, index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE designs_fingerprint")


def exact(crowd: np.ndarray, query: np.ndarray) -> set[int]:
    """Keys of the true nearest neighbors."""
    squared = np.empty(len(crowd), dtype=np.float32)
    asked = query.astype(np.float16).astype(np.float32)
    for start in range(0, len(crowd), BATCH):
        part = crowd[start : start + BATCH].astype(np.float32) - asked
        squared[start : start + len(part)] = np.einsum("ij,ij->i", part, part)
    return {int(at) + 1 for at in np.argpartition(squared, CANDIDATES)[:CANDIDATES]}
