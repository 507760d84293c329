"""Generative programs: each makes one design file from parameters and a seed, the same bytes every time.

Nothing in this package imports Django. `python -m designs.programs` runs a program from the command line.
"""

from __future__ import annotations

from designs.programs import (
    branching_coral,
    flow_field,
    growth_rings,
    herbarium,
    lattice_lantern,
    pierced_screen,
    reaction_relief,
    schwarz_block,
    topology_bracket,
    twisted_vessel,
    voronoi_shell,
)
from designs.programs.base import ParameterError, Parameters, Program

PROGRAMS: dict[str, Program] = {
    module.PROGRAM.slug: module.PROGRAM
    for module in (
        branching_coral,
        flow_field,
        growth_rings,
        herbarium,
        lattice_lantern,
        pierced_screen,
        reaction_relief,
        schwarz_block,
        topology_bracket,
        twisted_vessel,
        voronoi_shell,
    )
}

__all__ = ["PROGRAMS", "ParameterError", "Parameters", "Program"]
