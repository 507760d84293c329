"""Walls in colors: the right color for a wall of known thickness, even steps between them, and words that say so."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from designs.inspection import preflight, wall_scale
from designs.models import SHARE_UNITS, Preview
from designs.previews import PreviewError, PreviewFile, draw_walls
from designs.services.processing import process_version, retry_processing
from designs.services.received import ReceivedFile
from designs.services.upload import MadeWith, Part, create_draft
from designs.tests.samples import binary_stl
from designs.tests.test_checks import HOLLOW, stl
from designs.untrusted.wall_map import PAPER, SHADE, STRIPES, scale


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    monkeypatch.setattr("designs.previews.render.COVER_WIDTH", 160)

    def draw(content: bytes, ends: tuple[float, float]) -> PreviewFile:
        path = tmp_path / "blob"
        path.write_bytes(content)
        (file,) = draw_walls(path, preflight(path, "mesh.stl"), tmp_path / "out", scale=ends)
        return file

    return draw


def middle_of(file: PreviewFile) -> np.ndarray:
    return np.asarray(Image.open(file.path).convert("RGB"), float)[50:70, 70:90].reshape(-1, 3)


def near(pixels: np.ndarray, color: np.ndarray) -> bool:
    """Whether most pixels have that color, as it is or shaded as far as shapes are."""
    most = np.median(pixels, axis=0)
    shade = most.sum() / color.sum()
    return bool((np.abs(most - color * shade) < 6).all() and 1 - SHADE - 0.03 < shade < 1.03)


def test_a_wall_has_the_color_of_its_thickness(drawn) -> None:
    colors = scale()
    file = drawn(stl(HOLLOW), (2.0, 4.0))
    assert (file.kind, file.width, file.height, file.media_type) == ("walls", 160, 120, "image/webp")
    assert near(middle_of(file), colors[0])
    assert near(middle_of(drawn(stl(HOLLOW), (0.5, 2.0))), colors[-1])
    assert near(middle_of(drawn(stl(HOLLOW), (1.0, 3.0))), colors[128])
    assert (np.abs(np.asarray(Image.open(file.path).convert("RGB"), float)[0] - PAPER) < 6).all()


def test_stripes_stand_where_no_wall_is_opposite(drawn) -> None:
    corners = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], float)
    pixels = middle_of(drawn(binary_stl(corners[[[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]]), (1.0, 5.0)))
    # Opposite each side of a tetrahedron lies a corner: gray throughout, darker and lighter.
    assert (pixels.max(axis=1) - pixels.min(axis=1)).max() < 20
    assert np.ptp(pixels.mean(axis=1)) > 10


def test_a_mesh_without_an_inside_is_refused(drawn) -> None:
    points, faces = HOLLOW
    with pytest.raises(PreviewError) as refusal:
        drawn(stl((points, faces[1:])), (1.0, 2.0))
    assert refusal.value.code == "not_watertight"


def test_the_colors_grow_lighter_in_even_steps() -> None:
    """CIE 1976 lightness, which is what is left of them in gray and nearly so to color-blind eyes."""
    linear = np.where(scale() / 255 <= 0.04045, scale() / 255 / 12.92, ((scale() / 255 + 0.055) / 1.055) ** 2.4)
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16
    steps = np.diff(lightness[:: len(lightness) // 16])
    assert lightness[0] < 30
    assert lightness[-1] > 88
    assert steps.min() > 0.5 * steps.max() > 0


def test_the_legend_has_the_colors_of_the_picture() -> None:
    style = (Path(settings.BASE_DIR) / "static" / "css" / "viewer.css").read_text()

    def hexes(rule: str) -> list[str]:
        return re.findall(r"#[0-9a-f]{6}", next(line for line in style.splitlines() if line.startswith(rule)))

    def written(color: np.ndarray) -> str:
        return "#" + "".join(f"{int(part):02x}" for part in color)

    assert hexes(".wall-scale") == [written(scale()[round(step * 255 / 8)]) for step in range(9)]
    assert sorted(set(hexes(".wall-none"))) == sorted(written(color) for color in STRIPES)


def test_there_is_a_scale_where_walls_were_measured() -> None:
    def facts(**percentiles: float) -> dict:
        return {"checks": {"walls": {"rays": 9, "hits": 9, "percentiles": percentiles}}}

    assert wall_scale(facts(**{"1": 1.0, "5": 1.0, "25": 2.0, "50": 4.0})) == (1.0, 4.0)
    assert wall_scale(facts(**{"1": 2.0, "5": 2.0, "25": 2.0, "50": 2.0})) == (2.0, 3.0)
    for none in ({}, {"checks": {}}, {"checks": {"walls": {"why": "timeout"}}}, facts()):
        assert wall_scale(none) is None


@pytest.mark.django_db
def test_a_map_follows_the_measurement_and_never_goes_without_it(creator, monkeypatch) -> None:
    monkeypatch.setattr("designs.previews.render.COVER_WIDTH", 80)
    design = create_draft(
        owner=creator, title="Shell", description="", tags=[], disclosure="not_ai", made_with=MadeWith(),
        master=ReceivedFile(io.BytesIO(stl(HOLLOW)), "shell.stl"), parts=[Part(creator, "designer", SHARE_UNITS)],
    )  # fmt: skip
    version = design.versions.get()
    version.steps.exclude(name__in=("inspect", "measure", "wall_map")).update(state="done")
    version.steps.filter(name="measure").update(state="failed")
    process_version(version_id=version.pk)
    failed = version.steps.get(name="wall_map")
    assert (failed.state, failed.error_code) == ("failed", "not_measured")
    assert not version.previews.filter(kind=Preview.Kind.WALLS).exists()

    assert retry_processing(version=version)
    process_version(version_id=version.pk)

    assert set(version.steps.values_list("state", flat=True)) == {"done"}
    assert version.previews.get(kind=Preview.Kind.WALLS).width == 80
