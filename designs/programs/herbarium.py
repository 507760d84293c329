"""A herbarium sheet: plants written by a stochastic L-system and drawn as a botanical plate.

Rewriting and turtle are those of Prusinkiewicz and Lindenmayer, "The Algorithmic Beauty of Plants" (1990),
sections 1.6 and 1.7: brackets branch, and chance picks among the rules of a letter. Stems thin from the ground
up, lean to the light, and carry leaves at their ends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from scipy.ndimage import gaussian_filter

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, choice, count, number

Values = NDArray[np.float64]

SHEET = np.array([203.2, 152.4])
PAPER = (246, 240, 228)
SUPERSAMPLING = 3

SPECIES: dict[str, dict[str, tuple[str, ...]]] = {
    "fern": {"X": ("F[+L][-L]X", "F[+X][-L]X", "F[+L][-X]X"), "F": ("FF", "F", "FF")},
    "umbel": {"X": ("F[+X][-X][++L][--L]FX", "F[+X]F[-X]L", "FF[-X][+X]X"), "F": ("FF", "F")},
    "reed": {"X": ("F[+XL]FX", "F[-XL]FX", "FF[+L][-L]X"), "F": ("F", "FF", "F")},
}
"""Rules by letter: X is a growing tip, F a piece of stem, L a leaf; + and - turn, brackets branch."""

INKS: dict[str, tuple[str, ...]] = {
    "meadow": ("#2f4a35", "#55703f", "#7f8a3e", "#a8652f"),
    "indigo": ("#1f2c46", "#31507a", "#4f7d9a", "#a9792f"),
    "autumn": ("#4a2c22", "#8a4a2a", "#b9772f", "#5f6b3c"),
}


@dataclass(frozen=True, kw_only=True)
class Herbarium(Parameters):
    """Parameters of the sheet; lengths in mm on 203.2 x 152.4 mm (2400 x 1800 at 300 dpi)."""

    species: str = choice("reed", tuple(SPECIES), "which rules are rewritten")
    inks: str = choice("meadow", tuple(INKS), "set of inks")
    plants: int = count(5, 1, 9, "", "plants on the sheet")
    generations: int = count(6, 2, 7, "", "rewritings of the tallest plant")
    turn: float = number(23, 8, 45, "degrees", "angle between a stem and its branch")
    wander: float = number(5, 0, 20, "degrees", "how much chance bends each turn")
    light: float = number(0.1, 0.0, 0.5, "", "how strongly a stem leans to the light")
    stem: float = number(1.15, 0.3, 3.0, "mm", "width of the stem at the ground")
    leaf: float = number(5.4, 1.0, 12.0, "mm", "length of a leaf")
    margin: float = number(15, 5, 40, "mm", "blank paper around the plants")
    resolution: int = count(2400, 240, 4800, "px", "width of the image; the height is three quarters of it")

    def check_combination(self) -> None:
        """Refuse a size that does not divide. Raises ParameterError."""
        if self.resolution % 16:
            raise ParameterError("resolution", "must be a multiple of 16")


@dataclass(frozen=True)
class _Stroke:
    """A piece of stem (two points, mm), or a leaf (foot and tip); `order` counts the branchings before it."""

    start: Values
    end: Values
    order: int
    height: float
    is_leaf: bool


def generate(parameters: Herbarium, seed: int) -> bytes:
    """Draw the PNG; the seed picks rules and bends stems. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    plants = _plants(parameters, random)
    image = _print(parameters, plants, random)
    notes = PngInfo()
    notes.add_text("Software", f"Loomprint {PROGRAM.slug} {PROGRAM.version}")
    notes.add_text("Loomprint", json.dumps(PROGRAM.stamp(parameters, seed), sort_keys=True))
    file = BytesIO()
    dpi = parameters.resolution / 2400 * 300
    image.save(file, "PNG", pnginfo=notes, dpi=(dpi, dpi), compress_level=7)
    return file.getvalue()


def _plants(p: Herbarium, random: np.random.Generator) -> list[list[_Stroke]]:
    """All plants in their places, the tallest in the middle, each scaled to its height."""
    wide, tall = SHEET - 2 * p.margin
    plants = []
    for index in range(p.plants):
        rank = abs(index - (p.plants - 1) / 2) / max(1.0, p.plants / 2)
        letters = _written(p, max(2, p.generations - round(1.2 * rank)), random)
        strokes = _walked(p, letters, random)
        ends = np.array([stroke.end for stroke in strokes])
        low, high = ends.min(axis=0), ends.max(axis=0)
        height = tall * (1.0 - 0.3 * rank - 0.08 * random.uniform())
        room = wide / p.plants * 2.0
        scale = min(height / high[1], room / (high[0] - low[0]))
        ground = np.array([p.margin + wide * (index + 0.5) / p.plants, SHEET[1] - p.margin])
        flip = np.array([1.0, -1.0])
        shift = np.array([-(low[0] + high[0]) / 2 * 0.6, 0.0])
        plants.append(
            [
                _Stroke(
                    ground + (s.start + shift) * scale * flip,
                    ground + (s.end + shift) * scale * flip,
                    s.order,
                    s.start[1] / high[1],
                    s.is_leaf,
                )
                for s in strokes
            ]
        )
    return plants


def _written(p: Herbarium, generations: int, random: np.random.Generator) -> str:
    rules, word = SPECIES[p.species], "X"
    for _ in range(generations):
        word = "".join(
            rules[letter][int(random.integers(len(rules[letter])))] if letter in rules else letter for letter in word
        )
        # A plant is a drawing of some thousand strokes; chance must not make it a thicket.
        if len(word) > 24_000:
            break
    return word


def _walked(p: Herbarium, word: str, random: np.random.Generator) -> list[_Stroke]:
    """Walk the turtle; y is up and one letter of stem is one unit."""
    place, heading, order = np.zeros(2), np.pi / 2, 0
    kept: list[tuple[Values, float, int]] = []
    strokes: list[_Stroke] = []
    turn, wander = np.radians(p.turn), np.radians(p.wander)
    for letter in word:
        if letter == "F":
            heading += p.light * 0.12 * (np.pi / 2 - heading) + random.normal(0, 0.25 * wander)
            end = place + np.array([np.cos(heading), np.sin(heading)])
            strokes.append(_Stroke(place, end, order, 0.0, False))
            place = end
        elif letter in "LX":
            strokes.append(_Stroke(place, place + np.array([np.cos(heading), np.sin(heading)]), order, 0.0, True))
        elif letter == "[":
            kept.append((place, heading, order))
            order += 1
        elif letter == "]":
            place, heading, order = kept.pop()
        else:
            heading += (turn if letter == "+" else -turn) + random.normal(0, wander)
    return strokes


def _print(p: Herbarium, plants: list[list[_Stroke]], random: np.random.Generator) -> Image.Image:
    """Draw every ink on its own plate, then multiply the plates onto the paper."""
    inks = [np.array([int(c[k : k + 2], 16) for k in (1, 3, 5)]) for c in INKS[p.inks]]
    size = (p.resolution, p.resolution * 3 // 4)
    scale = size[0] * SUPERSAMPLING / SHEET[0]
    plates = [Image.new("L", (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING), 0) for _ in inks]
    pens = [ImageDraw.Draw(plate) for plate in plates]
    for strokes in plants:
        for stroke in strokes:
            if stroke.is_leaf:
                ink = len(inks) - 1 if random.uniform() < 0.1 else min(len(inks) - 2, 1 + int(random.integers(2)))
                outline = _leaf(p, stroke, random) * scale
            else:
                ink, outline = 0, _stem(p, stroke) * scale
            pens[ink].polygon(list(map(tuple, outline.tolist())), fill=255)
    tooth = gaussian_filter(random.normal(size=size[::-1]), 1.2)
    sheet = (np.array(PAPER) / 255 + np.rint(tooth / tooth.std() * 0.9)[:, :, None] / 255).astype(np.float32)
    for plate, color in zip(plates, inks, strict=True):
        coverage = np.asarray(plate.reduce(SUPERSAMPLING), dtype=np.float32)[:, :, None] / 255
        sheet *= 1 - 0.94 * coverage * (1 - color / 255).astype(np.float32)
    return Image.fromarray(np.clip(sheet * 255 + 0.5, 0, 255).astype(np.uint8), "RGB")


def _width(p: Herbarium, stroke: _Stroke, height: float) -> float:
    return float(max(0.14, p.stem * 0.62**stroke.order * (1 - 0.75 * height)))


def _stem(p: Herbarium, stroke: _Stroke) -> Values:
    along = stroke.end - stroke.start
    unit = along / max(float(np.hypot(*along)), 1e-9)
    half = _width(p, stroke, stroke.height) / 2
    side = np.array([-unit[1], unit[0]]) * half
    # Ends overlap by half a width, so that a bend shows no notch.
    start, end = stroke.start - unit * half * 0.5, stroke.end + unit * half * 0.5
    return np.array([start + side, end + side * 0.97, end - side * 0.97, start - side])


def _leaf(p: Herbarium, stroke: _Stroke, random: np.random.Generator) -> Values:
    along = stroke.end - stroke.start
    unit = along / max(float(np.hypot(*along)), 1e-9)
    side = np.array([-unit[1], unit[0]])
    length = p.leaf * (0.7 + 0.6 * random.uniform()) * (1.05 - 0.55 * stroke.height)
    reach = np.linspace(0, 1, 14)
    belly = 0.17 * length * np.sin(np.pi * reach**0.75) ** 1.2
    bend = 0.16 * length * (random.uniform() - 0.5) * np.sin(np.pi * reach / 2)
    spine = stroke.start + unit * (reach * length)[:, None] + side * bend[:, None]
    return np.concatenate([spine + side * belly[:, None], (spine - side * belly[:, None])[::-1]])


PROGRAM = Program(
    slug="herbarium",
    name="Herbarium",
    version="1.0.0",
    media_type="image/png",
    extension="png",
    summary="Plants written by a stochastic L-system, drawn as a botanical plate.",
    module=__name__,
    parameters_type=Herbarium,
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
