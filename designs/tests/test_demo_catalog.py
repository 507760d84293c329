"""The demo catalog: true names, whole shares, parents before what derives from them, sales that can happen."""

from __future__ import annotations

from pathlib import Path

from designs.programs import PROGRAMS
from designs.programs.demo import ORDER, SHARE_UNITS, demo_designs, demo_people, write_master
from designs.programs.demo_kinds import DemoDesign
from designs.programs.demo_objects import demo_objects
from designs.programs.demo_prints import demo_prints
from designs.programs.herbarium import Herbarium

PEOPLE = {person.key: person for person in demo_people}


def test_shares_leave_the_creator_a_part_and_add_up() -> None:
    for design in demo_designs:
        assert design.creator_units > 0
        assert design.creator_units + sum(units for _, _, units in design.cocreators) == SHARE_UNITS
        holders = [design.creator_key, *(key for key, _, _ in design.cocreators)]
        assert len(set(holders)) == len(holders)


def test_only_known_people_programs_and_terms_are_named() -> None:
    creators = {key for key, person in PEOPLE.items() if person.is_creator}
    for design in demo_designs:
        assert {design.creator_key, *(key for key, _, _ in design.cocreators)} <= creators
        assert isinstance(design.parameters, PROGRAMS[design.program].parameters_type)
        assert {code for code, _ in design.offers} == {"personal", "commercial"}
        assert all(price > 0 for _, price in design.offers)


def test_every_design_is_shown_once() -> None:
    assert sorted(ORDER) == sorted(design.title for design in (*demo_objects, *demo_prints))
    assert len(set(ORDER)) == len(ORDER) == len(demo_designs)


def test_there_is_enough_to_show() -> None:
    assert len(demo_designs) >= 12
    assert len({design.program for design in demo_designs}) >= 8
    assert len({design.creator_key for design in demo_designs}) >= 5
    assert sum(bool(design.cocreators) for design in demo_designs) >= 4
    assert len({buyer for design in demo_designs for buyer, _ in design.sales}) >= 3
    assert {person.email.rpartition("loomprint")[2] for person in demo_people} == {".example"}


def test_parents_come_first_permit_it_and_belong_to_others() -> None:
    seen: dict[str, DemoDesign] = {}
    for design in demo_designs:
        for title in design.parents:
            assert seen[title].derived_ppm is not None
            assert seen[title].creator_key != design.creator_key
        seen[design.title] = design
    assert any(design.parents for design in demo_designs)


def test_sales_are_to_buyers_of_offers_on_show_and_once_each() -> None:
    for design in demo_designs:
        assert len(set(design.sales)) == len(design.sales)
        for buyer, code in design.sales:
            assert not PEOPLE[buyer].is_creator
            assert code in dict(design.offers)
    # A derivative without a sale would show no ancestor that earns.
    assert all(design.sales for design in demo_designs if design.parents)


def test_a_master_is_written_whole_under_its_name(tmp_path: Path) -> None:
    sheet = next(design for design in demo_designs if design.program == "herbarium")
    small = DemoDesign(**{**vars(sheet), "parameters": Herbarium(plants=1, generations=3, resolution=240)})
    write_master(small, tmp_path / "new" / "sheet.bin")
    assert (tmp_path / "new" / "sheet.bin").read_bytes() == small.generate()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sheet.bin"]
