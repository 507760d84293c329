"""What a local start shows: creators, buyers, and real output of the programs with true parameters."""

from __future__ import annotations

from designs.programs.demo_kinds import SHARE_UNITS, DemoDesign, DemoPerson, write_master
from designs.programs.demo_objects import demo_objects
from designs.programs.demo_prints import demo_prints

__all__ = ["SHARE_UNITS", "DemoDesign", "DemoPerson", "demo_designs", "demo_people", "write_master"]

demo_people: tuple[DemoPerson, ...] = (
    DemoPerson("northlight", "Northlight Studio", "studio@northlight.loomprint.example", True),
    DemoPerson("fieldlines", "fieldlines", "pen@fieldlines.loomprint.example", True),
    DemoPerson("tidal", "Tidal Lab", "lab@tidal.loomprint.example", True),
    DemoPerson("orrery", "Orrery Works", "works@orrery.loomprint.example", True),
    DemoPerson("hortus", "Hortus Press", "press@hortus.loomprint.example", True),
    DemoPerson("mirador", "Atelier Mirador", "atelier@mirador.loomprint.example", True),
    DemoPerson("mara", "Mara Lindqvist", "mara@loomprint.example", False),
    DemoPerson("okafor", "Jonas Okafor", "jonas@loomprint.example", False),
    DemoPerson("ines", "Inês Duarte", "ines@loomprint.example", False),
    DemoPerson("brandt", "Brandt & Daughters", "workshop@brandt.loomprint.example", False),
)

ORDER = (
    "Gyroid Lantern No. 4",
    "Ten Ages of a Line",
    "Bracket for One Load",
    "Three-Leaf Screen",
    "Estuary, seed 7041",
    "Ossature",
    "Reaching, seed 11",
    "Five Reeds",
    "Schwarz Block, Opened",
    "Eightfold Vessel",
    "Open Bowl, 150 mm",
    "Three Lines at Night",
    "Labyrinth Tile, 140 mm",
    "Ember Strait, seed 118",
    "Forty-Eight Flutes",
)
"""Titles in the order in which the demo shows them: parents before what derives from them."""

_by_title = {design.title: design for design in (*demo_objects, *demo_prints)}
demo_designs: tuple[DemoDesign, ...] = tuple(_by_title[title] for title in ORDER)
