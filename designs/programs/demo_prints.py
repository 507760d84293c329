"""Prints of the demo: drawings for a sheet of 203 x 152 mm, by the programs of this package."""

from __future__ import annotations

from designs.programs.demo_kinds import TUSD, DemoDesign
from designs.programs.flow_field import FlowField
from designs.programs.growth_rings import GrowthRings
from designs.programs.herbarium import Herbarium

demo_prints: tuple[DemoDesign, ...] = (
    DemoDesign(
        program="growth_rings",
        parameters=GrowthRings(),
        seed=4,
        title="Ten Ages of a Line",
        description=(
            "A closed line that grows faster than it has room, printed at ten ages like layers of cut paper. The "
            "youngest lies in the middle; each is the same line 26 steps later. For a sheet of 203 x 152 mm at "
            "300 dots per inch."
        ),
        tags=("differential growth", "cut paper", "print"),
        disclosure="not_ai",
        creator_key="hortus",
        creator_role="designer",
        offers=(("personal", 8 * TUSD), ("commercial", 55 * TUSD)),
        derived_ppm=150_000,
        sales=(("mara", "personal"), ("ines", "commercial")),
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
        sales=(("mara", "personal"), ("okafor", "commercial")),
    ),
    DemoDesign(
        program="herbarium",
        parameters=Herbarium(),
        seed=4,
        title="Five Reeds",
        description=(
            "Five plants written by a stochastic L-system and drawn as a botanical plate: chance picks a rule at "
            "every tip, stems lean to the light and thin as they rise. No two sheets of other seeds hold the same "
            "plant. For a sheet of 203 x 152 mm."
        ),
        tags=("L-system", "botanical", "drawing", "print"),
        disclosure="not_ai",
        creator_key="hortus",
        creator_role="designer",
        cocreators=(("fieldlines", "tweaker", 80_000),),
        offers=(("personal", 7 * TUSD), ("commercial", 48 * TUSD)),
        sales=(("ines", "personal"),),
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
        program="growth_rings",
        parameters=GrowthRings(palette="night", seeds=3, start=8, rings=7),
        seed=23,
        title="Three Lines at Night",
        description=(
            "Derived from Ten Ages of a Line: three lines that begin apart, meet and make room for each other, "
            "printed at seven ages on a dark sheet of 203 x 152 mm."
        ),
        tags=("differential growth", "cut paper", "print", "dark"),
        disclosure="not_ai",
        creator_key="fieldlines",
        creator_role="designer",
        offers=(("personal", 8 * TUSD), ("commercial", 55 * TUSD)),
        parents=("Ten Ages of a Line",),
        sales=(("okafor", "personal"), ("brandt", "commercial")),
    ),
)
