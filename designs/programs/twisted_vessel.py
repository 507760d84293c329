"""A twisted vessel: superellipse sections lofted along a thrown profile, with a true wall.

The section is a Lame curve with a chosen number of corners (Gielis, Am. J. Bot. 90, 2003), calmer at foot
and lip than at the belly; fine flutes ride on its outer face. The inner face is offset from the body so that
the wall, measured square to it, keeps the stated thickness to about a tenth. Lip, foot and inner floor are
rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, count, number
from designs.programs.solids import Solid, Vectors, flat_cap

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TwistedVessel(Parameters):
    """Parameters of the vessel; lengths in mm."""

    height: float = number(160, 60, 180, "mm", "height")
    foot: float = number(62, 30, 140, "mm", "mean diameter at the foot")
    belly: float = number(104, 40, 170, "mm", "mean diameter at the belly")
    belly_height: float = number(0.46, 0.2, 0.8, "", "where the belly is, as a part of the height")
    neck: float = number(52, 24, 150, "mm", "mean diameter at the neck")
    neck_height: float = number(0.9, 0.6, 0.96, "", "where the neck is, as a part of the height")
    lip: float = number(60, 24, 160, "mm", "mean diameter at the lip")
    corners: int = count(7, 3, 12, "", "corners of the superellipse")
    exponent: float = number(4.6, 2.0, 6.0, "", "exponent of the superellipse at the belly; 2 is a circle")
    calm: float = number(0.6, 0.0, 1.0, "", "how far foot and lip return to a plain circle")
    twist: float = number(110, -360, 360, "degrees", "turn from foot to lip")
    flutes: int = count(0, 0, 72, "", "number of fine flutes")
    flute_depth: float = number(0.0, 0.0, 4.0, "mm", "depth of the flutes at the belly")
    sway: float = number(0.0, 0.0, 0.3, "", "irregularity of the flutes around the vessel, placed by the seed")
    wall: float = number(2.8, 1.2, 6.0, "mm", "thickness of the wall")
    floor: float = number(4.0, 1.2, 12.0, "mm", "thickness of the floor")
    resolution: int = count(256, 48, 960, "", "vertices around; a multiple of 16")

    def check_combination(self) -> None:
        """Refuse what cannot be lofted. Raises ParameterError."""
        if self.resolution % 16:
            raise ParameterError("resolution", "must be a multiple of 16")
        if self.flutes and self.resolution < 6 * self.flutes:
            raise ParameterError("resolution", "must be at least 6 a flute")
        if self.belly_height >= self.neck_height - 0.1:
            raise ParameterError("belly_height", "must be at least 0.1 below the neck")
        if self.wall + self.flute_depth > 0.2 * min(self.foot, self.neck, self.lip):
            raise ParameterError("wall", "wall and flutes must be at most a fifth of the narrowest diameter")


def generate(parameters: TwistedVessel, seed: int) -> bytes:
    """Make the binary STL; the seed turns the section and places the sway. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    rings = _rings(parameters, _Body(parameters, random))
    solid = _loft(rings).tidied().on_base()
    return solid.to_stl(f"Loomprint {PROGRAM.slug} {PROGRAM.version} seed {seed}, mm, z up")


class _Body:
    """The outer face as a function of angle and height."""

    def __init__(self, parameters: TwistedVessel, random: np.random.Generator) -> None:
        p = self.parameters = parameters
        heights = [0, 0.12 * p.belly_height, p.belly_height, p.neck_height, 1]
        early = p.foot + 0.2 * (p.belly - p.foot)
        self.radius = PchipInterpolator(heights, np.array([p.foot, early, p.belly, p.neck, p.lip]) / 2)
        self.start = random.uniform(0, 2 * np.pi)
        self.sway_phase = random.uniform(0, 2 * np.pi, 3)
        self.angles = np.arange(p.resolution) * (2 * np.pi / p.resolution)

    def _smooth(self, height: float) -> tuple[Values, Values, Values]:
        """Angles, radii without flutes, and half the depth of the flutes, at a height in mm."""
        p = self.parameters
        level = min(max(height / p.height, 0.0), 1.0)
        # The ends of the vessel are calm: modulation and twist ease in and out.
        ease = 1 - p.calm * (1 - np.sin(np.pi * level)) ** 2
        turn = np.radians(p.twist) * level * level * (3 - 2 * level)
        exponent = 2 + (p.exponent - 2) * ease
        quarter = p.corners * self.angles / 4
        section = (np.abs(np.cos(quarter)) ** exponent + np.abs(np.sin(quarter)) ** exponent) ** (-1 / exponent)
        uneven = sum(np.sin((k + 1) * self.angles + phase + 4 * level) for k, phase in enumerate(self.sway_phase))
        depth = p.flute_depth / 2 * ease * (1 + p.sway * uneven)
        return self.angles + self.start + turn, float(self.radius(level)) * section / section.mean(), depth

    def face(self, height: float, *, inner: bool = False, inset: float = 0.0) -> Vectors:
        """Points of the outer or inner face at a height in mm, shape (resolution, 3).

        The inner face has no flutes: the wall is as thick as stated under their grounds. `inset` moves
        the face inward by as many mm, square to the smooth body.
        """
        p = self.parameters
        around, radii, depth = self._smooth(height)
        if p.flutes and not inner:
            radii = radii + depth * np.cos(p.flutes * self.angles)
        amount = inset + (p.wall + (depth if p.flutes else 0) if inner else 0)
        return _ring(around, radii, height) + self._inward(height) * np.reshape(amount, (-1, 1))

    def _inward(self, height: float) -> Vectors:
        """Horizontal steps into the wall that are worth 1 mm of true thickness."""
        low, high = max(height - 0.02, 0.0), min(height + 0.02, self.parameters.height)
        below, here, above = (_ring(*self._smooth(z)[:2], z) for z in (low, height, high))
        normal = np.cross(np.roll(here, -1, axis=0) - np.roll(here, 1, axis=0), above - below)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        flat = normal * [1.0, 1.0, 0.0]
        steps: Vectors = -flat / np.sum(flat * flat, axis=1, keepdims=True)
        return steps


def _ring(around: Values, radii: Values, height: float) -> Vectors:
    return np.stack([radii * np.cos(around), radii * np.sin(around), np.full_like(radii, height)], axis=1)


def _rings(p: TwistedVessel, body: _Body) -> list[Vectors]:
    """Rings from the edge of the underside up the outer face, over the lip and down to the inner floor."""
    foot_radius, cove = min(2.0, p.wall), 3.0 * p.wall
    spacing = np.pi * (p.foot + p.belly) / 2 / p.resolution * 1.7
    rounds = max(5, p.resolution // 32)
    steps = max(8, round(p.height / spacing))
    top = p.height - p.wall / 2
    foot = [
        body.face(foot_radius * (1 - np.sin(a)), inset=foot_radius * (1 - np.cos(a)))
        for a in np.linspace(np.pi / 2, 0, rounds)
    ]
    outer = [body.face(z) for z in np.linspace(foot_radius, top, steps + 1)[1:]]
    inner = [body.face(z, inner=True) for z in np.linspace(top, p.floor + cove, steps)]
    lip = []
    for a in np.linspace(0, np.pi, 2 * rounds + 1)[1:-1]:
        ring = outer[-1] + (inner[0] - outer[-1]) * (1 - np.cos(a)) / 2
        ring[:, 2] = top + p.wall / 2 * np.sin(a)
        lip.append(ring)
    floor = []
    for a in np.linspace(0, np.pi / 2, 2 * rounds)[1:]:
        ring = body.face(p.floor + cove * (1 - np.sin(a)), inner=True)
        # Toward the axis, not square to the wall: an offset this wide would fold at the corners.
        reach = np.hypot(ring[:, 0], ring[:, 1]).mean()
        ring[:, :2] *= 1 - cove * (1 - np.cos(a)) / reach
        floor.append(ring)
    return [*foot, *outer, *lip, *inner, *floor]


def _loft(rings: list[Vectors]) -> Solid:
    """Join neighboring rings by quads and close both ends by a flat cap."""
    size = len(rings[0])
    points = np.concatenate(rings)
    here = np.arange(size)
    there = np.roll(here, -1)
    faces = []
    for lower in range(len(rings) - 1):
        a, b, c, d = here, there, there + size, here + size
        offset = lower * size
        faces += [np.stack([a, b, c], 1) + offset, np.stack([a, c, d], 1) + offset]
    under, under_faces = flat_cap(rings[0], 0, len(points))
    floor, floor_faces = flat_cap(rings[-1], len(points) - size, len(points) + len(under))
    triangles = np.concatenate([*faces, under_faces[:, ::-1], floor_faces])
    return Solid(np.concatenate([points, under, floor]), triangles.astype(np.int64))


PROGRAM = Program(
    slug="twisted_vessel",
    name="Twisted Vessel",
    version="1.0.0",
    media_type="model/stl",
    extension="stl",
    summary="A twisted loft of superellipse sections with a true wall.",
    module=__name__,
    parameters_type=TwistedVessel,
    shared_modules=("designs.programs.solids",),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
