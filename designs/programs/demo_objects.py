"""Objects of the demo: meshes with real sizes, by the programs of this package."""

from __future__ import annotations

from designs.programs.branching_coral import BranchingCoral
from designs.programs.demo_kinds import TUSD, DemoDesign
from designs.programs.lattice_lantern import LatticeLantern
from designs.programs.pierced_screen import PiercedScreen
from designs.programs.reaction_relief import ReactionRelief
from designs.programs.schwarz_block import SchwarzBlock
from designs.programs.topology_bracket import TopologyBracket
from designs.programs.twisted_vessel import TwistedVessel
from designs.programs.voronoi_shell import VoronoiShell

demo_objects: tuple[DemoDesign, ...] = (
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
        derived_ppm=80_000,
        sales=(("mara", "personal"), ("brandt", "commercial"), ("ines", "personal")),
    ),
    DemoDesign(
        program="topology_bracket",
        parameters=TopologyBracket(),
        seed=4,
        title="Bracket for One Load",
        description=(
            "A wall bracket that a load has drawn: 40 steps of topology optimization on a grid of 36 x 7 x 28 "
            "cells a half, for a load straight down at the pin, 96 mm from the wall. Four bores of 5.5 mm and one "
            "of 10 mm are exact, with room for the screwdriver. It is the stiffest shape for its weight that the "
            "steps found, not a certified part: test it before you hang anything on it."
        ),
        tags=("bracket", "topology optimization", "engineering", "printable"),
        disclosure="not_ai",
        creator_key="orrery",
        creator_role="designer",
        cocreators=(("tidal", "model_architect", 120_000),),
        offers=(("personal", 12 * TUSD), ("commercial", 180 * TUSD)),
        sales=(("brandt", "commercial"), ("okafor", "personal")),
    ),
    DemoDesign(
        program="pierced_screen",
        parameters=PiercedScreen(),
        seed=4,
        title="Three-Leaf Screen",
        description=(
            "A small folding screen in one piece. Its stars follow Hankin's construction on a hexagonal grid, and "
            "the angle at which straps meet opens from 36 degrees on the left to 66 on the right. Leaves are "
            "3.2 mm thick and 150 mm tall, straps 1.9 mm wide; every edge is an exact cut."
        ),
        tags=("screen", "stars", "pattern", "light", "printable"),
        disclosure="not_ai",
        creator_key="mirador",
        creator_role="designer",
        cocreators=(("orrery", "tweaker", 100_000),),
        offers=(("personal", 15 * TUSD), ("commercial", 110 * TUSD)),
        sales=(("ines", "personal"), ("mara", "personal")),
    ),
    DemoDesign(
        program="branching_coral",
        parameters=BranchingCoral(),
        seed=11,
        title="Reaching, seed 11",
        description=(
            "Branches that grew toward 700 scattered points until each was taken. A branch is as thick as what it "
            "carries asks for, from 2.2 mm at the tips to the trunk; where branches part the fork is filled. "
            "120 mm tall, on a foot of its own."
        ),
        tags=("coral", "space colonization", "growth", "object", "printable"),
        disclosure="not_ai",
        creator_key="tidal",
        creator_role="designer",
        offers=(("personal", 16 * TUSD), ("commercial", 95 * TUSD)),
        sales=(("okafor", "personal"),),
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
        derived_ppm=100_000,
        sales=(("mara", "personal"), ("okafor", "personal")),
    ),
    DemoDesign(
        program="schwarz_block",
        parameters=SchwarzBlock(),
        seed=4,
        title="Schwarz Block, Opened",
        description=(
            "Twenty-seven cells of Schwarz' primitive surface in a cube of 96 mm, opened by a sphere at the upper "
            "front edge so that the passages inside can be seen. The wall grows from 1.8 mm at the top to 5.0 mm at "
            "the base. Faces are flat and edges sharp: lattice, cube and sphere are cut by exact booleans."
        ),
        tags=("schwarz", "minimal surface", "lattice", "study", "printable"),
        disclosure="not_ai",
        creator_key="northlight",
        creator_role="designer",
        cocreators=(("orrery", "tweaker", 150_000),),
        offers=(("personal", 14 * TUSD), ("commercial", 84 * TUSD)),
        sales=(("brandt", "personal"),),
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
        sales=(("ines", "commercial"),),
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
            "A bowl that is mostly opening, derived from Ossature. Cells tighten toward a closed foot and end in a "
            "plain ring at the mouth; every strut is rounded in section. 150 mm across, 85 mm high, one body."
        ),
        tags=("voronoi", "bowl", "tableware", "printable"),
        disclosure="not_ai",
        creator_key="mirador",
        creator_role="designer",
        offers=(("personal", 12 * TUSD), ("commercial", 90 * TUSD)),
        parents=("Ossature",),
        sales=(("brandt", "commercial"), ("mara", "personal")),
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
