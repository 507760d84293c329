"""What a local start shows: creators, a buyer, and real output of the programs with true parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from designs.programs import PROGRAMS
from designs.programs.base import Parameters
from designs.programs.flow_field import FlowField
from designs.programs.lattice_lantern import LatticeLantern
from designs.programs.reaction_relief import ReactionRelief
from designs.programs.twisted_vessel import TwistedVessel
from designs.programs.voronoi_shell import VoronoiShell

SHARE_UNITS = 1_000_000
TUSD = 1_000_000
"""Base units of one test dollar (6 decimals)."""


@dataclass(frozen=True)
class DemoPerson:
    """An account of the demo; `email` is at a reserved domain (RFC 2606)."""

    key: str
    display_name: str
    email: str
    is_creator: bool


@dataclass(frozen=True, kw_only=True)
class DemoDesign:
    """One design of the demo.

    `cocreators` are (person key, role, share units); the creator holds the rest of 1,000,000. `offers` are
    (license template code, price in base units of tUSD).
    """

    program: str
    parameters: Parameters
    seed: int
    title: str
    description: str
    tags: tuple[str, ...]
    disclosure: str
    creator_key: str
    creator_role: str
    cocreators: tuple[tuple[str, str, int], ...] = ()
    offers: tuple[tuple[str, int], ...]

    @property
    def creator_units(self) -> int:
        """Share units left to the creator."""
        return SHARE_UNITS - sum(units for _, _, units in self.cocreators)

    @property
    def filename(self) -> str:
        """Name for the master file, from the title."""
        words = "".join(c if c.isalnum() else " " for c in self.title.lower()).split()
        return f"{'-'.join(words)}.{PROGRAMS[self.program].extension}"

    @property
    def media_type(self) -> str:
        """Media type of the master file."""
        return PROGRAMS[self.program].media_type

    def generate(self) -> bytes:
        """Make the master file; takes some seconds."""
        return PROGRAMS[self.program].generate(self.parameters, self.seed)

    def provenance(self) -> dict[str, Any]:
        """Program, hashes, parameters, seed and environment, as JSON values."""
        return PROGRAMS[self.program].provenance(self.parameters, self.seed)


demo_people: tuple[DemoPerson, ...] = (
    DemoPerson("northlight", "Northlight Studio", "studio@northlight.loomprint.example", True),
    DemoPerson("fieldlines", "fieldlines", "pen@fieldlines.loomprint.example", True),
    DemoPerson("tidal", "Tidal Lab", "lab@tidal.loomprint.example", True),
    DemoPerson("buyer", "Mara Lindqvist", "mara@loomprint.example", False),
)

demo_designs: tuple[DemoDesign, ...] = (
    DemoDesign(
        program="lattice_lantern",
        parameters=LatticeLantern(surface="gyroid", period=40, wall_top=2.0, wall_base=3.6, hollow=0.5),
        seed=4,
        title="Gyroid Lantern No. 4",
        description=(
            "A hollow sphere cut from a single gyroid. The wall grows from 2.0 mm at the crown to 3.6 mm "
            "at the foot, and every rim is a full round of the wall's own thickness, so light leaves it "
            "without a hard edge. One closed body, 120 mm across, with flats to stand on."
        ),
        tags=("lantern", "gyroid", "minimal surface", "lighting", "printable"),
        disclosure="not_ai",
        creator_key="northlight",
        creator_role="designer",
        cocreators=(("tidal", "model_architect", 200_000),),
        offers=(("personal", 18 * TUSD), ("commercial", 96 * TUSD)),
    ),
    DemoDesign(
        program="flow_field",
        parameters=FlowField(palette="estuary"),
        seed=7041,
        title="Estuary, seed 7041",
        description=(
            "A current drawn as a plotter would draw it: lines of a 0.30 mm pen that pass around five "
            "still stones, closer where the water is dark. A line keeps its ink for as long as it keeps "
            "its course. For a sheet of 203 x 152 mm at 300 dots per inch."
        ),
        tags=("flow field", "plotter", "drawing", "print"),
        disclosure="not_ai",
        creator_key="fieldlines",
        creator_role="designer",
        offers=(("personal", 6 * TUSD), ("commercial", 45 * TUSD)),
    ),
    DemoDesign(
        program="voronoi_shell",
        parameters=VoronoiShell(),
        seed=4,
        title="Ossature",
        description=(
            "An egg drawn from 110 cells, small at the foot and wide at the crown. The struts are 3.4 mm "
            "wide where they are narrowest, and the corners of the openings are softened the way bone "
            "softens them. The foot is closed and flat."
        ),
        tags=("voronoi", "shell", "object", "printable"),
        disclosure="not_ai",
        creator_key="tidal",
        creator_role="designer",
        cocreators=(("northlight", "tweaker", 150_000), ("fieldlines", "prompt_engineer", 50_000)),
        offers=(("personal", 14 * TUSD), ("commercial", 120 * TUSD)),
    ),
    DemoDesign(
        program="twisted_vessel",
        parameters=TwistedVessel(
            height=150,
            belly=100,
            belly_height=0.42,
            neck=58,
            lip=70,
            corners=8,
            exponent=5,
            twist=100,
        ),
        seed=4,
        title="Eightfold Vessel",
        description=(
            "An eight-cornered section, lofted and turned by 100 degrees from foot to lip. The wall is "
            "set to 2.8 mm, measured square to the surface, the floor to 4.0 mm; the lip is a half round. "
            "Binary STL in millimeters, 150 mm tall."
        ),
        tags=("vessel", "vase", "superellipse", "printable"),
        disclosure="not_ai",
        creator_key="northlight",
        creator_role="designer",
        offers=(("personal", 9 * TUSD), ("commercial", 60 * TUSD)),
    ),
    DemoDesign(
        program="reaction_relief",
        parameters=ReactionRelief(
            feed_start=0.029,
            feed_end=0.029,
            kill_start=0.057,
            kill_end=0.057,
            wavelength=5.2,
            relief=3.8,
            finish="slate",
        ),
        seed=8,
        title="Labyrinth Tile, 140 mm",
        description=(
            "Two substances, 9,000 steps, one tile. Ridges up to 3.8 mm high follow a Gray-Scott reaction "
            "that starves at the border, so the outermost ridge draws the frame by itself. Solid, with a "
            "flat back; tiles of other seeds share the same edge."
        ),
        tags=("relief", "tile", "reaction-diffusion", "wall"),
        disclosure="not_ai",
        creator_key="tidal",
        creator_role="designer",
        offers=(("personal", 9 * TUSD), ("commercial", 72 * TUSD)),
    ),
    DemoDesign(
        program="flow_field",
        parameters=FlowField(
            palette="ember", spacing=0.8, contrast=0.5, drift=1.2, eddy=80, stones=3, stone=24, detail=0.3
        ),
        seed=118,
        title="Ember Strait, seed 118",
        description=(
            "A strong current between three stones, in six inks. Lines crowd where the water is dark and "
            "part where it is calm. Drawn for a sheet of 203 x 152 mm, with a margin wide enough to "
            "frame."
        ),
        tags=("flow field", "plotter", "drawing", "print"),
        disclosure="not_ai",
        creator_key="fieldlines",
        creator_role="designer",
        cocreators=(("northlight", "tweaker", 100_000),),
        offers=(("personal", 6 * TUSD), ("commercial", 45 * TUSD)),
    ),
    DemoDesign(
        program="voronoi_shell",
        parameters=VoronoiShell(
            diameter=150,
            height=150,
            taper=-0.05,
            mouth=0.42,
            cells=120,
            grading=0.35,
            foot=6,
            finish="ink",
            resolution=190,
        ),
        seed=9,
        title="Open Bowl, 150 mm",
        description=(
            "A bowl that is mostly opening. Cells tighten toward a closed foot and end in a plain ring at "
            "the mouth; every strut is rounded in section. 150 mm across, 85 mm high, one body."
        ),
        tags=("voronoi", "bowl", "tableware", "printable"),
        disclosure="not_ai",
        creator_key="tidal",
        creator_role="designer",
        offers=(("personal", 12 * TUSD), ("commercial", 90 * TUSD)),
    ),
    DemoDesign(
        program="twisted_vessel",
        parameters=TwistedVessel(
            corners=3,
            exponent=3,
            flutes=48,
            flute_depth=2.6,
            sway=0.2,
            neck=66,
            lip=84,
            twist=-110,
            calm=1,
            resolution=384,
        ),
        seed=4,
        title="Forty-Eight Flutes",
        description=(
            "Forty-eight fine flutes on a softly three-sided body, turned by 110 degrees and gone again "
            "at foot and lip. The seed decides how deep each flute is. Binary STL in millimeters, 160 mm "
            "tall."
        ),
        tags=("vessel", "vase", "fluted", "printable"),
        disclosure="not_ai",
        creator_key="northlight",
        creator_role="designer",
        offers=(("personal", 9 * TUSD), ("commercial", 60 * TUSD)),
    ),
)
