"""Small generators of pictures to fit and judge by, beside our programs' prints: other kinds of work and of line.

Half of the kinds are fitted on and the other half judged on (evidence/halves.json). A seed makes the same picture
every time. For developers, as halves.py which calls this.
"""

from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

Chance = np.random.Generator
Floats = NDArray[np.float64]
Size = tuple[int, int]


def sketch(kind: str, seed: int) -> Image.Image:
    """The picture of one kind and seed, in RGB, 480 to 800 pixels wide, between upright and lying."""
    chance = np.random.default_rng([crc32(kind.encode()), seed])
    width = int(chance.integers(480, 801))
    size = width, int(width * chance.uniform(0.7, 1.35))
    return KINDS[kind](chance, size)


def _sheet(chance: Chance, size: Size) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Light paper or, of three times one, a dark ground."""
    shade = chance.uniform(225, 255, 3) if chance.random() < 0.67 else chance.uniform(10, 60, 3)
    image = Image.new("RGB", size, _color(shade))
    return image, ImageDraw.Draw(image, "RGBA")


def _color(values: Floats) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _ink(chance: Chance, image: Image.Image) -> tuple[int, ...]:
    """A color that stands out from the ground."""
    dark = sum(image.getpixel((0, 0))) < 384  # type: ignore[arg-type]
    return _color(chance.uniform(150, 255, 3) if dark else chance.uniform(0, 130, 3))


def _noise(chance: Chance, size: Size, roughness: float) -> Floats:
    """Noise whose spectrum falls with the frequency to the power of `roughness`, from 0 to 1 (h, w)."""
    width, height = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width)[None, :] * width)
    spectrum = np.fft.rfft2(chance.normal(size=(height, width))) / np.maximum(frequency, 1) ** roughness
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=(height, width))
    scaled: Floats = (field - field.min()) / np.ptp(field)
    return scaled


def _toned(chance: Chance, values: Floats, tones: int = 4) -> Image.Image:
    """Values from 0 to 1 by a scale of random tones from dark to light."""
    scale = np.sort(chance.uniform(0, 255, (tones, 3)), axis=0)
    at = np.linspace(0, 1, tones)
    return Image.fromarray(np.stack([np.interp(values, at, scale[:, band]) for band in range(3)], -1).astype(np.uint8))


def _grid(size: Size) -> tuple[Floats, Floats]:
    """Rows and columns of the pixels, in parts of the longer side."""
    rows, columns = np.mgrid[: size[1], : size[0]] / max(size)
    return rows, columns


def harmonograph(chance: Chance, size: Size) -> Image.Image:
    """One or two thin lines of swinging pendulums."""
    image, pen = _sheet(chance, size)
    time = np.linspace(0, chance.uniform(60, 200), 6000)
    for _line in range(int(chance.integers(1, 3))):
        axes = []
        for side in size:
            swings = [
                np.sin(time * (chance.integers(1, 5) + chance.normal(0, 0.01)) + chance.uniform(0, 6.3)) for _ in "ab"
            ]
            axes.append(side / 2 + side * 0.22 * (swings[0] + swings[1]) * np.exp(-time * chance.uniform(0, 0.02)))
        pen.line(list(zip(*axes, strict=True)), fill=_ink(chance, image), width=int(chance.integers(1, 4)))
    return image


def scribble(chance: Chance, size: Size) -> Image.Image:
    """A few broad strokes of a wandering brush."""
    image, pen = _sheet(chance, size)
    for _stroke in range(int(chance.integers(3, 9))):
        turn = np.cumsum(gaussian_filter(chance.normal(0, 0.25, 300), 8) + chance.normal(0, 0.01))
        step = max(size) * chance.uniform(0.001, 0.004)
        start = chance.uniform(0.15, 0.85, 2) * size
        path = start + np.cumsum(step * np.stack([np.cos(turn), np.sin(turn)], -1), axis=0)
        pen.line([tuple(point) for point in path], _ink(chance, image), int(chance.integers(2, 14)), joint="curve")
    return image


def landscape(chance: Chance, size: Size) -> Image.Image:
    """Ranges of hills before a clouded sky, paler the farther away."""
    width, height = size
    picture = np.asarray(_toned(chance, _noise(chance, size, 1.6), 3)).astype(np.float64)
    far, near = chance.uniform(120, 220, 3), chance.uniform(0, 80, 3)
    ranges = int(chance.integers(3, 7))
    texture = _noise(chance, size, 1.0)[..., None] * 60 - 30
    for at in range(ranges):
        line = height * (0.35 + 0.6 * at / ranges + 0.25 * (_noise(chance, (width, 1), 1.4)[0] - 0.5))
        below = np.arange(height)[:, None] > line[None, :]
        part = at / ranges
        picture[below] = (far * (1 - part) + near * part + texture * part)[below]
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def mosaic(chance: Chance, size: Size) -> Image.Image:
    """Cells around random points, each of one color, with dark joints."""
    points = chance.uniform(0, 1, (int(chance.integers(25, 160)), 2)) * size[::-1]
    where = np.indices(size[::-1]).reshape(2, -1).T
    apart, cell = cKDTree(points).query(where, k=2)
    colors = chance.uniform(30, 255, (len(points), 3))[cell[:, 0]]
    colors[apart[:, 1] - apart[:, 0] < chance.uniform(1, 5)] = 25
    return Image.fromarray(colors.reshape(*size[::-1], 3).astype(np.uint8))


def poster(chance: Chance, size: Size) -> Image.Image:
    """Large see-through discs, bars and triangles."""
    image, pen = _sheet(chance, size)
    for _shape in range(int(chance.integers(5, 16))):
        fill = (*_color(chance.uniform(0, 255, 3)), int(chance.integers(90, 256)))
        at, reach = chance.uniform(0, 1, 2) * size, max(size) * chance.uniform(0.05, 0.3)
        kind = chance.integers(3)
        if kind == 0:
            pen.ellipse((*(at - reach), *(at + reach)), fill=fill)
        else:
            angles = chance.uniform(0, 6.3) + np.arange(3 + kind // 2) * 6.2832 / (3 + kind // 2)
            corners = at + reach * np.stack([np.cos(angles), np.sin(angles) * chance.uniform(0.2, 1)], -1)
            pen.polygon([tuple(corner) for corner in corners], fill=fill)
    return image


def truchet(chance: Chance, size: Size) -> Image.Image:
    """Square tiles with two arcs each, turned at random: one grid, and another way through it."""
    image, pen = _sheet(chance, size)
    tile, ink, width = int(chance.integers(36, 90)), _ink(chance, image), int(chance.integers(3, 12))
    for left in range(0, size[0], tile):
        for top in range(0, size[1], tile):
            for turn in (0, 2) if chance.random() < 0.5 else (1, 3):
                across, down = left + tile * (turn in (1, 2)), top + tile * (turn in (2, 3))
                box = (across - tile / 2, down - tile / 2, across + tile / 2, down + tile / 2)
                pen.arc(box, 90 * turn, 90 * turn + 90, fill=ink, width=width)
    return image


def rosettes(chance: Chance, size: Size) -> Image.Image:
    """Rolling curves with many-fold symmetry, some over each other."""
    image, pen = _sheet(chance, size)
    time = np.linspace(0, 2 * np.pi * 12, 5000)
    for _one in range(int(chance.integers(1, 4))):
        middle, reach = chance.uniform(0.3, 0.7, 2) * size, min(size) * chance.uniform(0.2, 0.45)
        lobes, arm = int(chance.integers(3, 14)) + int(chance.integers(0, 12)) / 12, chance.uniform(0.2, 0.7)
        turning = (1 - arm) * np.exp(1j * time) + arm * np.exp(-1j * lobes * time)
        path = np.stack([middle[0] + reach * turning.real, middle[1] + reach * turning.imag], -1)
        pen.line([tuple(point) for point in path], _ink(chance, image), int(chance.integers(1, 5)))
    return image


def constellations(chance: Chance, size: Size) -> Image.Image:
    """Few points, joined to their neighbors by thin lines."""
    image, pen = _sheet(chance, size)
    points = chance.uniform(0.08, 0.92, (int(chance.integers(12, 45)), 2)) * size
    ink = _ink(chance, image)
    _apart, near = cKDTree(points).query(points, k=3)
    for at, others in enumerate(near):
        for other in others[1:]:
            pen.line([tuple(points[at]), tuple(points[other])], fill=ink, width=int(chance.integers(1, 4)))
        reach = chance.uniform(2, 9)
        pen.ellipse((*(points[at] - reach), *(points[at] + reach)), fill=ink)
    return image


def marble(chance: Chance, size: Size) -> Image.Image:
    """Veins: waves whose places are moved by noise."""
    rows, columns = _grid(size)
    angle, waves = chance.uniform(0, 3.2), chance.uniform(3, 14)
    moved = columns * np.cos(angle) + rows * np.sin(angle) + chance.uniform(0.2, 0.9) * _noise(chance, size, 1.8)
    return _toned(chance, np.abs(np.sin(moved * waves * np.pi)) ** chance.uniform(0.4, 1.5))


def blocks(chance: Chance, size: Size) -> Image.Image:
    """A rectangle divided again and again, some parts colored, with black bars between."""
    image = Image.new("RGB", size, (240, 238, 230))
    pen, bar, parts = ImageDraw.Draw(image), int(chance.integers(3, 12)), [(0, 0, *size)]
    for _cut in range(int(chance.integers(8, 30))):
        at = int(np.argmax([(right - left) * (low - top) * chance.uniform(0.2, 1) for left, top, right, low in parts]))
        left, top, right, low = parts.pop(at)
        share = chance.uniform(0.25, 0.75)
        if right - left > low - top:
            middle = int(left + (right - left) * share)
            parts += [(left, top, middle, low), (middle, top, right, low)]
        else:
            middle = int(top + (low - top) * share)
            parts += [(left, top, right, middle), (left, middle, right, low)]
    for part in parts:
        fill = _color(chance.uniform(0, 255, 3)) if chance.random() < 0.4 else None
        pen.rectangle(part, fill=fill, outline=(20, 20, 20), width=bar)
    return image


def contours(chance: Chance, size: Size) -> Image.Image:
    """Lines of equal height of a smooth ground."""
    image, _pen = _sheet(chance, size)
    field = gaussian_filter(_noise(chance, size, chance.uniform(1.6, 2.4)), 4) * chance.integers(8, 25)
    slope = np.hypot(*np.gradient(field))
    line = np.abs(field - np.rint(field)) < np.maximum(slope, 1e-6) * chance.uniform(0.6, 1.6)
    pixels = np.array(image)
    pixels[line] = _ink(chance, image)
    return Image.fromarray(pixels)


def still_life(chance: Chance, size: Size) -> Image.Image:
    """Lit balls with a grain of their own on a ground that carries their shadows."""
    rows, columns = _grid(size)
    light = np.array([chance.uniform(-0.7, 0.7), -chance.uniform(0.4, 0.8), 0.6])
    light /= np.linalg.norm(light)
    wall, ground = chance.uniform(60, 230, (2, 3))
    edge = rows.max() * chance.uniform(0.4, 0.7)
    picture = np.where((rows > edge)[..., None], ground * (0.7 + 0.3 * rows / rows.max())[..., None], wall)
    grain = _noise(chance, size, 1.2)
    balls = sorted(
        (chance.uniform(edge - 0.05, rows.max()), chance.uniform(0, columns.max()), chance.uniform(0.05, 0.17))
        for _ball in range(int(chance.integers(3, 9)))
    )
    for foot, across, radius in balls:
        shade = ((rows - foot) / 0.3) ** 2 + (columns - across + light[0] * radius * 1.5) ** 2
        picture *= (1 - 0.55 * np.exp(-shade / radius**2 / 0.8))[..., None]
        x, y = (columns - across) / radius, (rows - foot + radius) / radius
        inside = x**2 + y**2 < 1
        z = np.sqrt(np.maximum(1 - x**2 - y**2, 0))
        bright = np.maximum(x * light[0] + y * light[1] + z * light[2], 0)
        turned = map_coordinates(grain, [(y * 0.2 + 0.5) * size[1], (x * 0.2 + 0.5) * size[0]], order=1, mode="wrap")
        color = chance.uniform(50, 255, 3) * (0.12 + 0.88 * bright * (0.6 + 0.4 * turned))[..., None]
        picture = np.where(inside[..., None], color + 120 * (bright**40)[..., None], picture)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


KINDS: dict[str, Callable[[Chance, Size], Image.Image]] = {
    made.__name__: made
    for made in (
        harmonograph,
        scribble,
        landscape,
        mosaic,
        poster,
        truchet,
        rosettes,
        constellations,
        marble,
        blocks,
        contours,
        still_life,
    )
}
"""The first six are fitted on, the others judged on."""
