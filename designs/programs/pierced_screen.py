"""A folding screen in one piece: three leaves at angles, pierced by a lattice of stars.

The pattern is Hankin's construction on a hexagonal grid (polygons in contact; Kaplan, GI 2005): from the
middle of every edge two straps leave at the contact angle and meet those of the next edge. The strap is as
wide as stated; the angle, and with it the star, opens from one side of the screen to the other. Every cut is
an exact boolean (manifold3d), so edges are as sharp as the file's own numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import CrossSection, FillRule, JoinType, Manifold, OpType

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, choice, count, number
from designs.programs.solids import Material, Solid, Vectors

FINISHES = {
    "walnut": Material("#7d5640", 0.6),
    "chalk": Material("#e9e5db", 0.7),
    "oxide": Material("#a4563f", 0.7),
    "ink": Material("#3d4a58", 0.55),
}


@dataclass(frozen=True, kw_only=True)
class PiercedScreen(Parameters):
    """Parameters of the screen; lengths in mm."""

    leaves: int = count(3, 1, 5, "", "leaves of the screen")
    leaf: float = number(62, 40, 90, "mm", "width of a leaf")
    height: float = number(150, 60, 180, "mm", "height of the screen")
    thickness: float = number(3.2, 2.0, 8.0, "mm", "thickness of a leaf")
    fold: float = number(48, 10, 80, "degrees", "turn from a leaf to the next")
    frame: float = number(6.0, 3.0, 15.0, "mm", "width of the frame around a leaf")
    foot: float = number(6.0, 0.0, 20.0, "mm", "further height of the frame at the foot")
    cell: float = number(17.0, 10.0, 40.0, "mm", "distance between the middles of neighboring stars")
    strap: float = number(1.9, 1.2, 4.0, "mm", "width of a strap")
    angle_start: float = number(36, 20, 70, "degrees", "contact angle at the left")
    angle_end: float = number(66, 20, 70, "degrees", "contact angle at the right")
    jitter: float = number(3.0, 0.0, 8.0, "degrees", "how much the seed turns the angle of a star")
    finish: str = choice("walnut", tuple(FINISHES), "color written into the file")

    def check_combination(self) -> None:
        """Refuse leaves without room for a star and straps that would fill one. Raises ParameterError."""
        if self.leaf - 2 * self.frame < self.cell:
            raise ParameterError("cell", "must fit at least once between the frames of a leaf")
        if self.strap > 0.2 * self.cell:
            raise ParameterError("strap", "must be at most a fifth of the cell")


def generate(parameters: PiercedScreen, seed: int) -> bytes:
    """Make the GLB; the seed varies the angle of every star a little. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    body = _folded(parameters, [_leaf(parameters, index, random) for index in range(parameters.leaves)])
    mesh = body.to_mesh()
    solid = Solid(np.asarray(mesh.vert_properties[:, :3], dtype=np.float64), np.asarray(mesh.tri_verts, dtype=np.int64))
    solid = solid.tidied(0.005).on_base()
    return solid.to_glb(PROGRAM.name, FINISHES[parameters.finish], PROGRAM.stamp(parameters, seed))


def _leaf(p: PiercedScreen, index: int, random: np.random.Generator) -> Manifold:
    """One leaf, standing in the plane y = 0 from x = 0 to its width."""
    whole = CrossSection.square((p.leaf, p.height))
    window = CrossSection.square((p.leaf - 2 * p.frame, p.height - 2 * p.frame - p.foot))
    window = window.translate((p.frame, p.frame + p.foot))
    straps = CrossSection.batch_boolean(_straps(p, index, random), OpType.Add) ^ window
    # What is let through keeps round corners of a tool's radius, and no sliver of a hole is left.
    holes = (window - straps).offset(-0.35, JoinType.Round, circular_segments=24)
    holes = holes.offset(0.35, JoinType.Round, circular_segments=24)
    face = whole - CrossSection.compose([hole for hole in holes.decompose() if hole.area() > 4])
    leaf = face.extrude(p.thickness).rotate((90, 0, 0)).translate((0, p.thickness / 2, 0))
    return leaf


def _straps(p: PiercedScreen, index: int, random: np.random.Generator) -> list[CrossSection]:
    """Straps of all stars that touch the leaf, as rectangles with round ends."""
    across, up = p.cell, p.cell * np.sqrt(3) / 2
    tall = p.height - 2 * p.frame - p.foot
    middle = np.array([p.leaf / 2, p.frame + p.foot + tall / 2])
    beside, above = int(p.leaf / 2 / across) + 2, int(tall / 2 / up) + 2
    straps: list[CrossSection] = []
    for row in range(-above, above + 1):
        for column in range(-beside, beside + 1):
            center = middle + np.array([(column + 0.5 * (row % 2)) * across, row * up])
            along = (index + np.clip(center[0] / p.leaf, 0, 1)) / p.leaves
            angle = p.angle_start + (p.angle_end - p.angle_start) * along + random.uniform(-p.jitter, p.jitter)
            for start, end in _star(center, p.cell / 2, np.radians(np.clip(angle, 15, 75))):
                straps.append(_strap(start, end, p.strap))
    return straps


def _star(center: Vectors, apothem: float, angle: float) -> list[tuple[Vectors, Vectors]]:
    """Hankin's lines in a hexagon: each leaves an edge's middle and ends where it meets its neighbor's."""
    lines = []
    for side in range(6):
        facing = np.pi / 3 * side
        middle = apothem * np.array([np.cos(facing), np.sin(facing)])
        for turn in (1, -1):
            # The two lines of neighboring edges meet on the ray through the corner between them.
            corner = facing + turn * np.pi / 6
            inward = np.array([np.cos(facing + np.pi - turn * (np.pi / 2 - angle)), 0])
            inward[1] = np.sin(facing + np.pi - turn * (np.pi / 2 - angle))
            ray = np.array([np.cos(corner), np.sin(corner)])
            reach = np.linalg.solve(np.stack([inward, -ray], axis=1), -middle)
            lines.append((center + middle, center + middle + inward * reach[0]))
    return lines


def _strap(start: Vectors, end: Vectors, width: float) -> CrossSection:
    along = (end - start) / np.linalg.norm(end - start)
    side = np.array([-along[1], along[0]]) * width / 2
    turns = np.linspace(-np.pi / 2, np.pi / 2, 9)
    cap = along[None] * np.cos(turns)[:, None] * width / 2 + side[None] * np.sin(turns)[:, None]
    outline = np.concatenate([end + cap, start - cap])
    return CrossSection([outline.tolist()], FillRule.NonZero)


def _folded(p: PiercedScreen, leaves: list[Manifold]) -> Manifold:
    """Join the leaves by round posts; the fold turns left and right by turns."""
    place, heading = np.zeros(2), -p.fold / 2
    parts: list[Manifold] = []
    for index, leaf in enumerate(leaves):
        step = np.array([np.cos(np.radians(heading)), np.sin(np.radians(heading))])
        parts.append(leaf.rotate((0, 0, heading)).translate((*place, 0)))
        post = Manifold.cylinder(p.height, 0.62 * p.thickness, 0.62 * p.thickness, 48)
        parts.append(post.translate((*place, 0)))
        place = place + step * p.leaf
        heading += p.fold if index % 2 == 0 else -p.fold
        if index == len(leaves) - 1:
            parts.append(post.translate((*place, 0)))
    return Manifold.batch_boolean(parts, OpType.Add)


PROGRAM = Program(
    slug="pierced_screen",
    name="Pierced Screen",
    version="1.0.0",
    media_type="model/gltf-binary",
    extension="glb",
    summary="A folding screen pierced by Hankin's stars, cut by exact booleans.",
    module=__name__,
    parameters_type=PiercedScreen,
    shared_modules=("designs.programs.solids",),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
