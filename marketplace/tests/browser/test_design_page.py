"""The design page in a real browser: the viewer by keys, a picture to look into, no foreign host, and no JavaScript."""

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect

from designs.models import Design, Preview
from designs.storage import preview_store
from designs.tests.measured_files import ring
from designs.untrusted.glb_writer import encode_glb
from designs.untrusted.meshes import Part
from designs.untrusted.packed_glb import encode_packed_glb
from designs.untrusted.shading import shaded
from licensing.models import LicenseTemplate
from marketplace.tests import rows
from marketplace.tests.browser.visitor import HEIGHT, WIDTHS, Visitor
from marketplace.tests.test_lineage import derives, entry

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]
VIOLATIONS = """window.violations = [];
addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI}) => {
  violations.push(`${violatedDirective} ${blockedURI}`);
});
"""


def opened(visitor: Visitor, design: Design) -> Page:
    """The design's page with its viewer open, and the focus on the first of its tools."""
    page = visitor.page
    visitor.go(design.get_absolute_url())
    page.locator("[data-viewer-open]").dispatch_event("click")
    page.locator("[data-viewer][data-state=ready]").wait_for(timeout=60_000)
    page.wait_for_function("document.activeElement.dataset.view === 'front'")
    return page


def drawn(page: Page) -> bytes:
    """What the model looks like now, after everything was drawn."""
    page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return page.locator("model-viewer").screenshot()


def pressed(page: Page) -> list[str]:
    return page.locator("[data-viewer-tools] [aria-pressed=true]").all_inner_texts()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_viewer_is_driven_by_keys_alone_and_tells_its_view_in_words(
    visitor: Visitor, lantern: Design, width: int
) -> None:
    visitor.at(width)
    page = opened(visitor, lantern)
    caption = page.locator(".stage-caption")
    said = page.locator("[data-viewer-said]")
    expect(caption).to_have_attribute("role", "status")
    expect(caption).to_contain_text("3D model: 120.0 × 120.0 × 119.4 mm, 434,000 triangles, watertight, 1 body.")
    expect(said).to_have_text("Seen at an angle.")

    looks = {drawn(page)}
    for key, words in (("1", "from the front"), ("2", "from the side"), ("3", "from above"), ("4", "at an angle")):
        page.keyboard.press(key)
        expect(said).to_have_text(f"Seen {words}.")
    page.keyboard.press("w")
    expect(said).to_have_text("Seen at an angle, as a wireframe.")
    looks.add(drawn(page))
    page.keyboard.press("x")
    expect(said).to_have_text("Seen at an angle, as a wireframe, cut open.")
    looks.add(drawn(page))
    page.keyboard.press("w")
    looks.add(drawn(page))
    assert len(looks) == 4, "a wireframe, a section or both look like the solid"
    page.keyboard.press("d")
    expect(said).to_contain_text("with size lines: 120.0 mm wide, 120.0 mm high, 119.4 mm deep")
    expect(page.locator(".stage-sizes text")).to_have_count(3)
    assert sorted(page.locator(".stage-sizes text").all_text_contents()) == ["119.4 mm", "120.0 mm", "120.0 mm"]
    page.keyboard.press("1")
    # From the front the depth points at the eye.
    expect(page.locator(".stage-sizes text")).to_have_text(["120.0 mm", "120.0 mm"])
    assert pressed(page) == ["Section", "Dimensions"]
    page.keyboard.press("0")
    expect(said).to_have_text("Seen at an angle.")
    assert pressed(page) == []
    expect(page.locator(".stage-sizes")).to_be_hidden()


@pytest.mark.long
def test_a_section_moves_with_its_slider(visitor: Visitor, lantern: Design) -> None:
    page = opened(visitor, lantern)
    slider = page.get_by_label("Where it is cut")
    expect(slider).to_be_hidden()
    page.keyboard.press("x")
    half = drawn(page)
    slider.focus()
    for _step in range(30):
        page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("80")
    assert drawn(page) != half


@pytest.mark.long
def test_the_model_itself_turns_by_arrows_and_says_where_one_stands(visitor: Visitor, lantern: Design) -> None:
    page = opened(visitor, lantern)
    page.keyboard.press("1")
    page.locator("model-viewer").evaluate("viewer => viewer.shadowRoot.querySelector('.userInput').focus()")
    before = page.evaluate("document.querySelector('model-viewer').getCameraOrbit().theta")
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("[data-viewer-said]")).to_contain_text(
        re.compile(r"Turned \d+° around, seen from -?\d+° above"), timeout=60_000
    )
    assert page.evaluate("document.querySelector('model-viewer').getCameraOrbit().theta") != before


@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_is_looked_into_by_keys(visitor: Visitor, estuary: Design, width: int) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.go(estuary.get_absolute_url())
    frame = page.locator("[data-zoom-frame]")
    expect(page.locator(".stage-caption")).to_contain_text("Image: 3200 × 2400 px, without transparency.")
    frame.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator("[data-zoom-said]")).to_have_text("Seen at 200 %.")
    assert frame.evaluate("frame => frame.scrollWidth / frame.clientWidth") == pytest.approx(2, abs=0.02)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    left = frame.evaluate("frame => frame.scrollLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("left => document.querySelector('[data-zoom-frame]').scrollLeft > left", arg=left)
    page.keyboard.press("0")
    expect(page.locator("[data-zoom-said]")).to_have_text("Seen at 100 %.")
    assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") <= 1
    visitor.judge()
    visitor.judge_focus()


@pytest.fixture
def family(lantern: Design, estuary: Design) -> Design:
    """The mesh derives from the picture, and a third work from the mesh."""
    derives(lantern, (entry(estuary), 80_000, True))
    shade = rows.draft(lantern.owner, "Shade")
    rows.anchor(shade, block=40)
    derives(shade, (entry(lantern), 125_000, True), block=61)
    rows.chain_read_to(100)
    return lantern


@pytest.mark.long
def test_a_light_model_is_on_the_stage_first_and_the_whole_one_takes_its_place(
    visitor: Visitor, lantern: Design
) -> None:
    version = lantern.versions.get()
    whole = version.previews.get(kind=Preview.Kind.VIEWER)
    fields = {"sha256": whole.sha256, "media_type": whole.media_type, "size": whole.size}
    version.previews.create(kind=Preview.Kind.VIEWER_LIGHT, **fields)
    page = opened(visitor, lantern)
    page.locator("[data-viewer][data-whole]").wait_for(state="attached", timeout=60_000)
    assert re.search(r"/viewer\.[0-9a-f]{12}\.glb$", page.locator("model-viewer").evaluate("viewer => viewer.src"))
    assert page.locator("model-viewer").evaluate("viewer => viewer.loaded") is True


def test_a_packed_model_is_unpacked_by_the_page_and_looks_as_the_plain_one(visitor: Visitor, lantern: Design) -> None:
    points, faces = ring(3000)
    part = shaded(Part(points.astype(np.float64), faces.astype(np.int64)))
    assert part is not None
    looks = []
    for encode in (encode_glb, encode_packed_glb):
        content = encode([part], up="z")
        sha256 = preview_store().put(io.BytesIO(content), max_bytes=len(content)).sha256
        Preview.objects.filter(version__design=lantern, kind=Preview.Kind.VIEWER).delete()
        fields = {"kind": Preview.Kind.VIEWER, "media_type": "model/gltf-binary", "size": len(content)}
        lantern.versions.get().previews.create(sha256=sha256, **fields)
        page = opened(visitor, lantern)
        page.keyboard.press("x")
        looks.append(np.asarray(Image.open(io.BytesIO(drawn(page))).convert("L"), float))
    plain, packed = looks
    assert plain.std() > 10, "nothing is seen"
    assert np.abs(plain - packed).mean() < 1


def test_the_whole_page_is_clean_with_a_family_and_an_open_viewer(visitor: Visitor, family: Design) -> None:
    page = opened(visitor, family)
    page.keyboard.press("x")
    page.keyboard.press("d")
    page.locator(".stage-keys summary").press("Enter")
    visitor.judge()
    visitor.judge_focus()


def test_nothing_is_asked_of_another_host_and_no_policy_is_broken(
    visitor: Visitor, family: Design, estuary: Design, settings: Any
) -> None:
    page = visitor.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(VIOLATIONS)
    violations = []
    opened(visitor, family)
    for key in "1234wxd+-r0":
        page.keyboard.press(key)
    drawn(page)
    violations += page.evaluate("violations")
    visitor.go(estuary.get_absolute_url())
    page.locator("[data-zoom-frame]").focus()
    page.keyboard.press("+")
    violations += page.evaluate("violations")
    visitor.go(reverse("verify:ask"))
    page.locator("[data-verify-input]").set_input_files({"name": "a", "mimeType": "", "buffer": b"a"})
    page.locator("[data-verdict]").wait_for()
    violations += page.evaluate("violations")

    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(visitor.site).netloc}
    assert violations == []
    assert visitor.said == []
    policy = page.request.get(visitor.site + family.get_absolute_url()).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")
    # The node of the chain is asked by a wallet's page; nobody else is.
    assert re.findall(r"https?://[^\s;]+", policy) == [settings.CHAINS["public"]["public_rpc_url"]]


@pytest.mark.long
def test_another_license_is_chosen_and_the_money_of_both_places_follows(visitor: Visitor, lantern: Design) -> None:
    page = visitor.page
    visitor.go(lantern.get_absolute_url())
    expect(page.locator("#money caption")).to_contain_text("18.00 tUSD")
    page.locator("#offer-commercial").click()
    expect(page.locator("#money caption")).to_contain_text("One Commercial license for 96.00 tUSD")
    expect(page.locator("#buy")).to_contain_text("72.96")
    expect(page.locator("#money")).to_contain_text("72.96")


@pytest.fixture
def without_script(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": HEIGHT})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_everything_is_read_and_followed_without_javascript(
    without_script: Page, live_server: Any, family: Design, estuary: Design
) -> None:
    page = without_script
    page.goto(live_server.url + family.get_absolute_url())
    for heading in ("How it was made", "Facts", "Lineage", "What a license allows", "Where the money goes"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.locator(".stage-poster")).to_be_visible()
    expect(page.locator(".stage-caption")).to_contain_text("434,000 triangles")
    expect(page.locator("[data-viewer-tools] button:visible")).to_have_count(0)
    expect(page.locator("#check .code").first).to_be_visible()
    commercial = LicenseTemplate.objects.get(code="commercial", active=True)
    page.locator("#offer-commercial").click()
    assert page.url.endswith(f"?offer={commercial.terms_hash}")
    expect(page.locator("#money caption")).to_contain_text("One Commercial license for 96.00 tUSD")
    page.locator("#lineage").get_by_role("link", name=estuary.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(estuary.title)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    page.locator("#made .hash a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What is proven of this file")
    assert all(request.method == "GET" for request in sent)
