"""A flow-field drawing: evenly spaced streamlines of curl noise around still stones, as a pen plotter would
draw it.

The stream function is smooth noise over a mean drift; it is leveled off toward the rim of every stone so
that lines pass around them (Bridson et al., SIGGRAPH 2007). Streamlines are spaced after Jobard and Lefer
(1997): a new line starts one spacing beside an old one and ends where it would come too close. Inks
multiply on warm paper.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from scipy.ndimage import gaussian_filter, map_coordinates

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, choice, count, number
from designs.programs.streamlines import Line, evenly_spaced

Values = NDArray[np.float64]

PAPER = (246, 240, 228)
PALETTES: dict[str, tuple[str, ...]] = {
    "estuary": ("#16323a", "#1f5c5c", "#3f8f83", "#8fae8b", "#c99a4b", "#b4552d"),
    "ember": ("#2a1d22", "#5a2430", "#9c3b32", "#cf6b3a", "#e0a458", "#6f7d78"),
    "slate": ("#1c2430", "#2f4158", "#55708c", "#8e9fae", "#b9a58b", "#a8492f"),
    "ink": ("#191b1f", "#191b1f", "#24272d", "#191b1f", "#2b2f36", "#191b1f"),
}
SUPERSAMPLING = 4
DOTS_PER_MM = 300 / 25.4


@dataclass(frozen=True, kw_only=True)
class FlowField(Parameters):
    """Parameters of the drawing; lengths in mm on a sheet of 203.2 x 152.4 mm (2400 x 1800 at 300 dpi)."""

    palette: str = choice("estuary", tuple(PALETTES), "set of inks")
    margin: float = number(11, 0, 30, "mm", "blank paper around the drawing")
    spacing: float = number(0.85, 0.5, 4.0, "mm", "distance between neighboring lines")
    contrast: float = number(0.35, 0.0, 0.8, "", "how much the spacing varies across the sheet")
    pen: float = number(0.3, 0.1, 1.2, "mm", "width of the pen")
    swell: float = number(0.35, 0.0, 0.8, "", "how much the width of a line varies")
    eddy: float = number(88, 15, 150, "mm", "size of the largest eddies")
    detail: float = number(0.3, 0.0, 0.8, "", "strength of each finer octave of the noise")
    drift: float = number(0.6, 0.0, 4.0, "", "mean current, relative to the eddies")
    heading: float = number(-14, -180, 180, "degrees", "direction of the mean current, counter-clockwise")
    stones: int = count(5, 0, 24, "", "still circles that the current passes around")
    stone: float = number(19, 3, 40, "mm", "largest radius of a stone")
    resolution: int = count(2400, 240, 4800, "px", "width of the image; the height is three quarters of it")

    def check_combination(self) -> None:
        """Refuse sizes that do not fit each other. Raises ParameterError."""
        if self.resolution % 16:
            raise ParameterError("resolution", "must be a multiple of 16")
        if self.pen > 0.9 * self.spacing:
            raise ParameterError("pen", "must be at most nine tenths of the spacing")


def generate(parameters: FlowField, seed: int) -> bytes:
    """Draw the PNG; the seed shapes the current and places the stones. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    scene = _Scene(parameters, random)
    lines = evenly_spaced(
        velocity=scene.velocity(),
        spacing=scene.spacing(),
        blocked=scene.blocked(),
        random=random,
        longest=9000,
    )
    image = _print(parameters, scene, lines, random)
    notes = PngInfo()
    notes.add_text("Software", f"Loomprint {PROGRAM.slug} {PROGRAM.version}")
    notes.add_text("Loomprint", json.dumps(PROGRAM.stamp(parameters, seed), sort_keys=True))
    file = BytesIO()
    dpi = parameters.resolution / 2400 * 300
    image.save(file, "PNG", pnginfo=notes, dpi=(dpi, dpi), compress_level=7)
    return file.getvalue()


class _Scene:
    """The current and its stones, sampled on a grid of 600 x 450 cells over the sheet."""

    width, height = 600, 450

    def __init__(self, parameters: FlowField, random: np.random.Generator) -> None:
        self.parameters = parameters
        self.cell = 203.2 / self.width
        y, x = np.mgrid[0 : self.height, 0 : self.width] * self.cell
        self.noise = self._octaves(random)
        angle = np.radians(parameters.heading)
        across = x * np.sin(angle) + y * np.cos(angle)
        self.stream = self.noise + parameters.drift * 4 * across / parameters.eddy
        self.tone = self._smooth(random, parameters.eddy * 1.1)
        self.rim = np.full_like(x, np.inf)
        self.stones: list[tuple[float, float, float]] = []
        for center_x, center_y, radius in self._stones(random):
            distance = np.hypot(x - center_x, y - center_y) - radius
            level = map_coordinates(
                self.stream, [[center_y / self.cell], [center_x / self.cell]], order=1, mode="nearest"
            )[0]
            reach = np.clip(distance / (1.1 * radius), 0, 1)
            ramp = reach * (15 / 8 - reach**2 * (10 / 8 - 3 / 8 * reach**2))
            self.stream = level + (self.stream - level) * ramp
            self.rim = np.minimum(self.rim, distance)
            self.stones.append((center_x, center_y, radius))

    def _smooth(self, random: np.random.Generator, size: float) -> Values:
        """Noise of unit variance whose features are about `size` mm, the same however fine the image."""
        field = gaussian_filter(random.normal(size=(self.height, self.width)), size / 4 / self.cell, mode="wrap")
        field -= field.mean()
        normalized: Values = field / field.std()
        return normalized

    def _octaves(self, random: np.random.Generator) -> Values:
        total = np.zeros((self.height, self.width))
        for octave in range(3):
            strength = self.parameters.detail**octave / 2**octave
            total += strength * self._smooth(random, self.parameters.eddy / 2**octave)
        return total

    def _stones(self, random: np.random.Generator) -> list[tuple[float, float, float]]:
        """Circles of falling size, apart from each other and from the margin."""
        p, placed = self.parameters, list[tuple[float, float, float]]()
        for rank in range(p.stones):
            radius = p.stone * max(0.3, 0.74**rank)
            keep = p.margin + 1.35 * radius
            for _ in range(200):
                x, y = random.uniform(keep, 203.2 - keep), random.uniform(keep, 152.4 - keep)
                if all(np.hypot(x - a, y - b) > 1.5 * (radius + c) for a, b, c in placed):
                    placed.append((x, y, radius))
                    break
        return placed

    def velocity(self) -> Values:
        """Unit directions (2, height, width): the stream function turned by a quarter."""
        down, right = np.gradient(self.stream)
        field = np.stack([down, -right])
        unit: Values = field / np.maximum(np.hypot(*field), 1e-12)
        return unit

    def spacing(self) -> Values:
        """Distance between lines in cells: tighter where the tone is dark."""
        p = self.parameters
        shade = np.tanh(self.tone)
        return p.spacing / self.cell * (1 + p.contrast * shade)

    def blocked(self) -> NDArray[np.bool_]:
        """Cells where no line may run: the margin and the stones."""
        margin = round(self.parameters.margin / self.cell)
        outside = np.ones((self.height, self.width), dtype=bool)
        outside[margin : self.height - margin, margin : self.width - margin] = False
        return outside | (self.rim < 0.4)


def _print(p: FlowField, scene: _Scene, lines: list[Line], random: np.random.Generator) -> Image.Image:
    """Draw every ink on its own plate, then multiply the plates onto the paper."""
    inks = [np.array([int(c[k : k + 2], 16) for k in (1, 3, 5)]) for c in PALETTES[p.palette]]
    size = (p.resolution, p.resolution * 3 // 4)
    large = (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING)
    scale = large[0] / scene.width
    chosen = _inks(scene, lines, len(inks), random)
    hatching = _hatching(p, scene, random)
    wobbles = random.uniform(0, 2 * np.pi, len(lines))
    sheet = _paper(size, random)
    for ink, color in enumerate(inks):
        plate = Image.new("L", large, 0)
        pen = ImageDraw.Draw(plate)
        for line, own, wobble in zip(lines, chosen, wobbles, strict=True):
            if own == ink:
                _stroke(pen, line * scale, p.pen / scene.cell * scale, p.swell, float(wobble))
        if ink == len(inks) - 1:
            for line in hatching:
                _stroke(pen, line * scale, p.pen / scene.cell * scale, 0.0, 0.0)
        coverage = np.asarray(plate.reduce(SUPERSAMPLING), dtype=np.float32) / 255
        # Multiplied, so that crossings darken as real inks do.
        absorbed = (1 - color / 255).astype(np.float32)
        sheet *= 1 - coverage[:, :, None] * absorbed
    return Image.fromarray(np.clip(sheet * 255 + 0.5, 0, 255).astype(np.uint8), "RGB")


def _hatching(p: FlowField, scene: _Scene, random: np.random.Generator) -> list[Line]:
    """Parallel lines that fill the stones, the largest most closely; each is cut short of the rim."""
    lines: list[Line] = []
    for rank, (x, y, radius) in enumerate(scene.stones):
        angle = random.uniform(0, np.pi)
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        gap, inner = p.spacing * (0.75 + 0.45 * rank), radius - 0.9 * p.spacing
        for offset in np.arange(-inner + gap / 2, inner, gap):
            half = np.sqrt(inner**2 - offset**2)
            if half > 2 * p.pen:
                steps = np.linspace(-half, half, 24)[:, None]
                lines.append((np.array([x, y]) + across * offset + along * steps) / scene.cell)
    return lines


def _inks(scene: _Scene, lines: list[Line], inks: int, random: np.random.Generator) -> NDArray[np.int64]:
    """One ink a line by its value of the stream function, which is constant along it, with some strays."""
    middles = np.array([line[len(line) // 2] for line in lines]).reshape(-1, 2)
    levels = map_coordinates(scene.stream, middles.T[::-1], order=1, mode="nearest")
    ranks = np.argsort(np.argsort(levels)) / max(1, len(levels))
    bands = (ranks * 2.0) % 2.0
    place = np.where(bands < 1, bands, 2 - bands) * (inks - 1) + random.normal(0, 0.55, len(lines))
    return np.clip(np.rint(place), 0, inks - 1).astype(np.int64)


def _stroke(pen: ImageDraw.ImageDraw, points: Values, width: float, swell: float, wobble: float) -> None:
    """A line with tapered round ends and a slowly varying width, as one polygon."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    total = along[-1]
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    taper = np.clip(np.minimum(along, total - along) / (6 * width), 0, 1)
    half = width / 2 * (0.35 + 0.65 * np.sqrt(taper)) * (1 + swell * np.sin(along / (90 * width) * 6.3 + wobble))
    side = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * half[:, None]
    outline = np.concatenate([points + side, (points - side)[::-1]])
    pen.polygon(list(map(tuple, outline.tolist())), fill=255)
    for end, radius in ((points[0], half[0]), (points[-1], half[-1])):
        pen.ellipse((*(end - radius), *(end + radius)), fill=255)


def _paper(size: tuple[int, int], random: np.random.Generator) -> NDArray[np.float32]:
    """Warm paper with a faint tooth, height x width x 3, from 0 to 1."""
    tooth = gaussian_filter(random.normal(size=size[::-1]), 1.2)
    tooth = np.rint(tooth / tooth.std() * 0.9)[:, :, None] / 255
    return (np.array(PAPER) / 255 + tooth).astype(np.float32)


PROGRAM = Program(
    slug="flow_field",
    name="Flow Field",
    version="1.0.0",
    media_type="image/png",
    extension="png",
    summary="Evenly spaced streamlines of curl noise around still stones, in plotter inks.",
    module=__name__,
    parameters_type=FlowField,
    shared_modules=("designs.programs.streamlines",),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
