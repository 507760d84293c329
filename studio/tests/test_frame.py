"""The unit and the up axis of a mesh whose format does not say them, as its creator states them."""

import pytest

from designs.models import Design
from designs.services.processing import WORK, process_version
from designs.tests.samples import binary_stl, glb_bytes
from designs.untrusted.meshes import read_model
from marketplace.tests.pages import signed_in
from studio.services import drafts
from studio.tests.pages import read, upload

pytestmark = pytest.mark.django_db


def inspected(design: Design) -> Design:
    """The design after its first step; the others are not of interest here."""
    version = design.versions.get()
    version.steps.exclude(name="inspect").update(state="done")
    process_version(version_id=version.pk)
    return Design.objects.get(pk=design.pk)


def test_what_is_stated_at_upload_is_measured_with_and_shown(creator) -> None:
    assert upload(creator, binary_stl(), "cube.stl", units="cm", up="y").status_code == 302
    design = inspected(Design.objects.get())
    facts = design.versions.get().facts
    assert (facts["units"], facts["units_from"], facts["up_axis"], facts["up_from"]) == (
        "cm",
        "creator",
        "y",
        "creator",
    )
    page = read(signed_in(creator).get(f"/studio/designs/{design.public_id}/"))
    assert "100.0 × 200.0 × 300.0 mm" in page
    assert "Centimeters, stated by the creator" in page
    assert "Change unit and up axis" in page


def test_a_draft_without_a_unit_asks_for_it_and_is_done_anew_when_it_is_stated(creator) -> None:
    upload(creator, binary_stl(), "cube.stl")
    design = inspected(Design.objects.get())
    version = design.versions.get()
    assert (version.facts["units"], version.facts["units_from"]) == ("unknown", "nobody")
    here = f"/studio/designs/{design.public_id}/"
    browser = signed_in(creator)
    assert "The file does not say how long a unit is." in read(browser.get(here))
    assert design.state == Design.State.DRAFT

    assert browser.post(f"{here}frame/", {"units": "parsec", "up": ""}).status_code == 200
    assert browser.post(f"{here}frame/", {"units": "", "up": ""}).status_code == 302
    design.refresh_from_db()
    assert design.state == Design.State.DRAFT, "nothing was changed"

    assert browser.post(f"{here}frame/", {"units": "in", "up": "y"}).status_code == 302
    design.refresh_from_db()
    assert design.state == Design.State.PROCESSING
    assert set(version.steps.values_list("state", flat=True)) == {"waiting"}
    inspected(design)
    version.refresh_from_db()
    assert (version.facts["units"], version.facts["up_axis"]) == ("in", "y")


def test_a_step_that_ran_with_the_former_axis_writes_nothing(creator, monkeypatch) -> None:
    upload(creator, binary_stl(), "cube.stl")
    design = Design.objects.get()
    whole = WORK["inspect"]

    def overtaken(job):
        write = whole(job)
        monkeypatch.setitem(WORK, "inspect", whole)
        drafts.state_frame(actor=creator, design=design, units="ft", up="y")
        return write

    monkeypatch.setitem(WORK, "inspect", overtaken)
    process_version(version_id=design.versions.get().pk)
    version = design.versions.get()
    assert version.facts == {}
    assert (version.stated_units, set(version.steps.values_list("state", flat=True))) == ("ft", {"waiting"})


def test_only_the_creator_states_it_and_only_in_a_draft(creator, buyer) -> None:
    upload(creator, binary_stl(), "cube.stl")
    design = Design.objects.get()
    address = f"/studio/designs/{design.public_id}/frame/"
    assert signed_in(buyer).post(address, {"units": "in", "up": "y"}).status_code == 404
    Design.objects.update(state=Design.State.ANCHORING)
    answer = signed_in(creator).post(address, {"units": "in", "up": "y"})
    assert "it cannot be changed any more" in read(answer)
    assert design.versions.get().stated_units == ""


def test_a_format_that_says_it_is_believed(tmp_path) -> None:
    request = {"max_triangles": 100, "max_pixels": 100, "stated_units": "ft", "stated_up": "z"}
    (tmp_path / "a").write_bytes(glb_bytes())
    (tmp_path / "b").write_bytes(binary_stl())
    told = read_model({**request, "input": str(tmp_path / "a"), "format": "glb"})
    assert (told.units, told.up, told.units_from, told.up_from) == ("m", "y", "file", "file")
    asked = read_model({**request, "stated_up": "", "input": str(tmp_path / "b"), "format": "stl_binary"})
    assert (asked.units, asked.up, asked.units_from, asked.up_from) == ("ft", "z", "creator", "nobody")
