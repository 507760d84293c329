"""The viewer's packed model: three.js's own decoder gives back what was packed, and it is smaller or not used."""

import numpy as np
import pytest

from designs.tests.measured_files import ring
from designs.tests.viewer_models import View, ViewerModel, unpacked
from designs.untrusted.geometry import Floats, Indices
from designs.untrusted.glb_writer import encode_glb
from designs.untrusted.meshes import Material, Part
from designs.untrusted.meshopt import encode_attributes, encode_triangles
from designs.untrusted.packed_glb import encode_packed_glb
from designs.untrusted.shading import ShadedPart, shaded
from designs.untrusted.strips import in_strips


def turned_alike(faces: np.ndarray) -> list[tuple[int, ...]]:
    """Triangles from their least corner on: a coder may turn them, and never reverse or reorder them."""
    least = faces.argmin(axis=1)[:, None]
    turned: list[tuple[int, ...]] = list(
        map(tuple, np.take_along_axis(faces, (least + np.arange(3)) % 3, axis=1).tolist())
    )
    return turned


def test_rows_of_every_count_width_and_kind_come_back_to_the_byte() -> None:
    random = np.random.default_rng(7)
    rows: list[np.ndarray] = []
    for count in (1, 2, 15, 16, 17, 255, 256, 257, 700):
        smooth = np.cumsum(random.integers(-3, 4, (count, 4)), axis=0)
        rows += [smooth.astype(np.uint16), smooth.astype(np.int8), np.zeros((count, 4), np.uint8)]
        rows += [random.standard_normal((count, 3)).astype(np.float32), random.integers(0, 256, (count, 64), np.uint8)]
    views: list[View] = [(encode_attributes(one), len(one), one[0].nbytes, "ATTRIBUTES") for one in rows]
    for one, back in zip(rows, unpacked(views), strict=True):
        assert back == one.tobytes(), (one.shape, one.dtype)


def test_triangles_of_every_kind_come_back_in_their_order() -> None:
    random = np.random.default_rng(11)
    lists = [np.array([random.choice(top, 3, replace=False) for _ in range(300)]) for top in (3, 4, 9, 40, 5000)]
    lists += [np.array([[2**31 - 1, 0, 2**30]]), np.array([[0, 1, 2]] * 5), ring(400)[1].astype(np.int64)]
    # Far apart and alone, on and on; and the one before again.
    lists.append((np.arange(3000).reshape(-1, 3) * 7919) % 3001)
    views: list[View] = [(encode_triangles(one), one.size, 4, "TRIANGLES") for one in lists]
    for one, back in zip(lists, unpacked(views), strict=True):
        assert turned_alike(np.frombuffer(back, np.uint32).astype(np.int64).reshape(-1, 3)) == turned_alike(one)


def test_strips_keep_each_triangle_once_and_number_vertices_as_they_come() -> None:
    _points, faces = ring(900)
    # Three faces on an edge, one apart, and vertices that no face uses.
    whole = np.r_[faces.astype(np.int64), [[0, 1, 700], [900, 901, 902]]]
    ordered, kept = in_strips(whole, 950)
    assert sorted(turned_alike(kept[ordered])) == sorted(turned_alike(whole))
    first_seen = list(dict.fromkeys(ordered.reshape(-1).tolist()))
    assert first_seen == list(range(len(kept)))
    assert len(encode_triangles(ordered)) < 1.6 * len(ordered)


def shaded_ring(triangles: int, **looks: Floats) -> ShadedPart:
    points, faces = ring(triangles)
    part = shaded(Part(points.astype(np.float64), faces.astype(np.int64), **looks))
    assert part is not None
    return part


@pytest.mark.parametrize("up", ["y", "z"])
def test_a_packed_model_lies_on_the_mesh_in_the_file_s_coordinates(up, tmp_path) -> None:
    part = shaded_ring(5000)
    far = ShadedPart(part.positions + np.array([200, -30, 7]), part.normals, part.faces, None, None, Material())
    path = tmp_path / "packed.glb"
    path.write_bytes(encode_packed_glb([part, far], up=up))
    model = ViewerModel(path)
    assert model.is_packed
    step = 280 / 16383
    for number, given in enumerate((part, far)):
        positions, normals, faces = model.positions(number), model.normals(number), model.faces(number)
        assert len(faces) == len(given.faces)
        # At a crease two vertices share a place, and differ in their normals.
        order = nearest(np.c_[positions, normals], np.c_[given.positions, given.normals])
        assert np.abs(positions - given.positions[order]).max() < step / 2 * 1.01
        assert (np.einsum("ij,ij->i", normals, given.normals[order]) > 0.99).all()
        assert sorted(turned_alike(order[faces])) == sorted(turned_alike(given.faces))


def nearest(points: Floats, given: Floats) -> Indices:
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(given).query(points)[1], np.int64)


def test_colors_and_places_on_a_texture_are_packed_with_their_vertices(tmp_path) -> None:
    count = len(ring(900)[0])
    shares = np.linspace(0, 1, count)
    part = shaded_ring(900, colors=np.stack([shares, 1 - shares, shares**2], axis=1), uv=np.stack([shares] * 2, axis=1))
    path = tmp_path / "packed.glb"
    path.write_bytes(encode_packed_glb([part], up="y"))
    model = ViewerModel(path)
    attributes = model.document["meshes"][0]["primitives"][0]["attributes"]
    colors, uv = (model.values[attributes[name]] for name in ("COLOR_0", "TEXCOORD_0"))
    assert part.uv is not None
    order = nearest(model.positions(), part.positions)
    assert np.abs(uv - np.stack([part.uv[order, 0], 1 - part.uv[order, 1]], axis=1)).max() < 1e-6
    assert np.abs(colors[:, 0] / 0xFFFF - uv[:, 0]).max() < 1e-4


def test_a_dense_mesh_is_packed_to_less_than_a_third() -> None:
    part = shaded_ring(20_000)
    assert len(encode_packed_glb([part], up="y")) < len(encode_glb([part], up="y")) / 3


def test_a_model_without_extent_is_packed_all_the_same(tmp_path) -> None:
    flat = ShadedPart(np.ones((3, 3)), np.tile([0.0, 0.0, 1.0], (3, 1)), np.array([[0, 1, 2]]), None, None, Material())
    path = tmp_path / "packed.glb"
    path.write_bytes(encode_packed_glb([flat], up="y"))
    assert ViewerModel(path).positions().tolist() == [[1.0, 1.0, 1.0]] * 3
