"""Growth rings: a closed line that grows faster than it has room, printed at every age, one ink over another.

Differential growth after Leblanc, Li and others as plotter artists use it: neighbors along the line keep their
distance, all others repel, and where the line is stretched it gets new points. The youngest line lies inside,
the oldest outside; every ring is the same line a while later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.spatial import cKDTree

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, choice, count, number

Values = NDArray[np.float64]

SHEET = np.array([203.2, 152.4])
PAPERS = {"cream": (247, 242, 231), "night": (27, 33, 41)}
PALETTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "reef": ("cream", ("#b5482f", "#c9713f", "#8a5a49", "#2d5a60", "#1c3a42")),
    "moss": ("cream", ("#2c3b2d", "#4f6b46", "#8b9a5b", "#b58b42", "#7b4a2d")),
    "night": ("night", ("#e8d9b5", "#d9a766", "#c0705a", "#7fa7a3", "#4f7486")),
}
SUPERSAMPLING = 3


@dataclass(frozen=True, kw_only=True)
class GrowthRings(Parameters):
    """Parameters of the print; lengths in mm on a sheet of 203.2 x 152.4 mm (2400 x 1800 at 300 dpi)."""

    palette: str = choice("reef", tuple(PALETTES), "paper and inks")
    margin: float = number(13, 5, 30, "mm", "blank paper around the print")
    seeds: int = count(1, 1, 9, "", "rings that the growth begins from")
    start: float = number(12, 3, 30, "mm", "radius of the first rings")
    spacing: float = number(1.2, 0.5, 2.5, "mm", "distance between points along the line")
    room: float = number(4.6, 1.2, 8.0, "mm", "distance that other parts of the line keep")
    rings: int = count(10, 2, 60, "", "ages that are printed")
    steps: int = count(26, 1, 60, "", "growth steps from a ring to the next")
    stiffness: float = number(0.42, 0.05, 0.9, "", "how much the line resists bending")
    growth: float = number(0.01, 0.002, 0.2, "", "part of the line that gets a new point in a step")
    pen: float = number(0.22, 0.1, 0.8, "mm", "width of the pen")
    resolution: int = count(2400, 240, 4800, "px", "width of the image; the height is three quarters of it")

    def check_combination(self) -> None:
        """Refuse sizes that do not fit each other. Raises ParameterError."""
        if self.resolution % 16:
            raise ParameterError("resolution", "must be a multiple of 16")
        if self.room < 1.5 * self.spacing:
            raise ParameterError("room", "must be at least 1.5 times the spacing")


def generate(parameters: GrowthRings, seed: int) -> bytes:
    """Draw the PNG; the seed places the first rings and says where the line grows. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    ages = _ages(parameters, random)
    image = _print(parameters, ages, random)
    notes = PngInfo()
    notes.add_text("Software", f"Loomprint {PROGRAM.slug} {PROGRAM.version}")
    notes.add_text("Loomprint", json.dumps(PROGRAM.stamp(parameters, seed), sort_keys=True))
    file = BytesIO()
    dpi = parameters.resolution / 2400 * 300
    image.save(file, "PNG", pnginfo=notes, dpi=(dpi, dpi), compress_level=7)
    return file.getvalue()


def _ages(p: GrowthRings, random: np.random.Generator) -> list[list[Values]]:
    """The lines (n, 2) in mm at every age, the first ones first."""
    lines = _first(p, random)
    ages = [[line.copy() for line in lines]]
    for _ in range(p.rings - 1):
        for _ in range(p.steps):
            lines = _grown(p, lines, random)
        ages.append([line.copy() for line in lines])
    return ages


def _first(p: GrowthRings, random: np.random.Generator) -> list[Values]:
    inner = SHEET / 2 - p.margin - 1.6 * p.start
    centers: list[Values] = [np.zeros(2)] if p.seeds == 1 else []
    for _ in range(0 if p.seeds == 1 else 4000):
        place = random.uniform(-0.8, 0.8, 2) * inner
        if all(np.hypot(*(place - other)) > 4.2 * p.start for other in centers):
            centers.append(place)
        if len(centers) == p.seeds:
            break
    # The sheet is in balance: the rings' common middle is its own.
    centers = [SHEET / 2 + np.clip(place - np.mean(centers, axis=0), -inner, inner) for place in centers]
    lines = []
    for center in centers:
        around = np.linspace(0, 2 * np.pi, max(12, int(2 * np.pi * p.start / p.spacing)), endpoint=False)
        phase = random.uniform(0, 2 * np.pi, 2)
        radius = p.start * (1 + 0.12 * np.sin(3 * around + phase[0]) + 0.07 * np.sin(5 * around + phase[1]))
        lines.append(center + np.stack([radius * np.cos(around), radius * np.sin(around)], axis=1))
    return lines


def _grown(p: GrowthRings, lines: list[Values], random: np.random.Generator) -> list[Values]:
    """One step: repel, straighten, stay on the sheet, and take new points where the line is stretched."""
    every = np.concatenate(lines)
    push = np.zeros_like(every)
    pairs = cKDTree(every).query_pairs(p.room, output_type="ndarray")
    apart = every[pairs[:, 0]] - every[pairs[:, 1]]
    away = np.maximum(np.hypot(*apart.T), 1e-9)
    force = apart / away[:, None] * (1 - away / p.room)[:, None]
    for axis in range(2):
        push[:, axis] += np.bincount(pairs[:, 0], force[:, axis], len(every))
        push[:, axis] -= np.bincount(pairs[:, 1], force[:, axis], len(every))
    strength = np.maximum(np.hypot(*push.T), 1e-9)
    push *= (np.minimum(strength, 1.0) / strength)[:, None] * 0.35 * p.spacing
    half = SHEET / 2 - p.margin
    grown, at = [], 0
    for line in lines:
        own = push[at : at + len(line)]
        at += len(line)
        middle = (np.roll(line, 1, axis=0) + np.roll(line, -1, axis=0)) / 2
        line = line + own + p.stiffness * (middle - line)
        # The border is a soft superellipse: a line bends along it and is not cut.
        outside = (np.abs((line - SHEET / 2) / half) ** 3).sum(axis=1) ** (1 / 3)
        line = SHEET / 2 + (line - SHEET / 2) * (1 - 0.5 * np.maximum(1 - 1 / np.maximum(outside, 0.1), 0))[:, None]
        grown.append(_with_new_points(p, line, random))
    return grown


def _with_new_points(p: GrowthRings, line: Values, random: np.random.Generator) -> Values:
    following = np.roll(line, -1, axis=0)
    length = np.hypot(*(following - line).T)
    split = (length > 1.35 * p.spacing) | (random.uniform(size=len(line)) < p.growth)
    at = np.flatnonzero(split)
    line = np.insert(line, at + 1, ((line + following) / 2)[at], axis=0)
    # Points that were pushed together are one: growth is by length, not by crowding.
    close = np.hypot(*(np.roll(line, -1, axis=0) - line).T) < 0.35 * p.spacing
    close &= np.arange(len(line)) % 2 == 0
    return line[~close]


def _rounded(line: Values) -> Values:
    """The line through its points, smooth and four times as fine."""
    smooth = gaussian_filter1d(line, 1.0, axis=0, mode="wrap")
    following = np.roll(smooth, -1, axis=0)
    fine = np.stack([smooth + (following - smooth) * share for share in (0, 0.25, 0.5, 0.75)], axis=1)
    rounded: Values = gaussian_filter1d(fine.reshape(-1, 2), 2.5, axis=0, mode="wrap")
    return rounded


def _print(p: GrowthRings, ages: list[list[Values]], random: np.random.Generator) -> Image.Image:
    """Print the ages from the oldest to the youngest; inks pass from one to the next with age."""
    paper_name, colors = PALETTES[p.palette]
    paper = np.array(PAPERS[paper_name]) / 255
    inks = np.array([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in colors])
    size = (p.resolution, p.resolution * 3 // 4)
    large = (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING)
    scale = large[0] / SHEET[0]
    tooth = gaussian_filter(random.normal(size=size[::-1]), 1.2)
    sheet = (paper + np.rint(tooth / tooth.std() * 0.9)[:, :, None] / 255).astype(np.float32)
    dots = p.pen * scale
    for age, lines in reversed(list(enumerate(ages))):
        place = age / max(1, len(ages) - 1)
        fill = np.array([np.interp(place * (len(inks) - 1), np.arange(len(inks)), inks[:, c]) for c in range(3)])
        layer, edge = Image.new("L", large, 0), Image.new("L", large, 0)
        brush, pen = ImageDraw.Draw(layer), ImageDraw.Draw(edge)
        for line in lines:
            points = list(map(tuple, (_rounded(line) * scale).tolist()))
            brush.polygon(points, fill=255)
            pen.line([*points, points[0], points[1]], fill=255, width=max(1, round(dots)), joint="curve")
        for plate, ink in ((layer, fill), (edge, 0.72 * fill if paper.mean() > 0.5 else 0.5 * fill)):
            coverage = np.asarray(plate.reduce(SUPERSAMPLING), dtype=np.float32)[:, :, None] / 255
            sheet = sheet * (1 - coverage) + (ink.astype(np.float32)) * coverage
    return Image.fromarray(np.clip(sheet * 255 + 0.5, 0, 255).astype(np.uint8), "RGB")


PROGRAM = Program(
    slug="growth_rings",
    name="Growth Rings",
    version="1.0.0",
    media_type="image/png",
    extension="png",
    summary="Differential growth of closed lines, printed at every age.",
    module=__name__,
    parameters_type=GrowthRings,
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
