"""The verify page in a real browser: files are hashed there and stay there; answers come by their hash alone."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, FilePayload, Page, Request, expect

from designs.models import Design
from designs.provenance import SaltedRecord, fresh_salts
from marketplace.tests import rows
from marketplace.tests.browser.test_keyboard import tab_to
from marketplace.tests.browser.visitor import HEIGHT, WIDTHS, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]
ASK = "/verify/"
# Through more than one slice of the worker, and no multiple of it.
KNOWN = b"lattice " * 600_007


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    cache.clear()


@pytest.fixture
def claimed(lantern: Design) -> Design:
    """The mesh on sale has these bytes."""
    digest = hashlib.sha256(KNOWN).hexdigest()
    master = lantern.versions.get().master
    lantern.versions.model.objects.filter(pk=lantern.versions.get().pk).update(file_name="lantern.glb")
    type(master).objects.filter(pk=master.pk).update(sha256=digest)
    rows.RegistryEntry.objects.update(output_hash="0x" + digest)
    return lantern


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def written(folder: Path, name: str, content: bytes) -> Path:
    """A file on disk, which reaches the browser by its path alone."""
    path = folder / name
    path.write_bytes(content)
    return path


def large(folder: Path, size: int) -> Path:
    path = folder / "large.bin"
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


@pytest.mark.parametrize("width", WIDTHS)
def test_files_are_hashed_here_and_their_verdicts_stand_under_them(
    visitor: Visitor, claimed: Design, tmp_path: Path, width: int
) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.go(ASK)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))

    page.locator("[data-verify-input]").set_input_files(
        [written(tmp_path, "known.glb", KNOWN), written(tmp_path, "altered.glb", KNOWN[:-1] + b"!")]
    )

    first, second = page.locator(".verify-file").first, page.locator(".verify-file").last
    expect(page.locator(".verify-file")).to_have_count(2)
    digest = hashlib.sha256(KNOWN).hexdigest()
    expect(first).to_contain_text(digest)
    expect(first.locator(".verdict-sentence")).to_contain_text(
        "it is the first claim known to this registry; signed by Loomprint's custody key for them."
    )
    expect(first.get_by_role("link", name="Gyroid Lantern by Northlight Studio")).to_be_visible()
    expect(second).to_contain_text("Nothing is known about this file in this registry.")
    # Both are asked at once; whichever is answered last is said last.
    said = re.compile(r"known\.glb: The address 0x|altered\.glb: Nothing is known")
    expect(page.locator("[data-verify-said]")).to_contain_text(said)
    # What went out is two questions that hold a hash, and the worker's own script.
    questions = [request for request in sent if "/static/" not in request.url]
    assert [request.method for request in questions] == ["GET", "GET"]
    assert all(request.post_data_buffer is None for request in sent)
    assert all(re.search(r"/verify/[0-9a-f]{64}/\?part=answer$", request.url) for request in questions)
    assert questions[0].url.split("/")[-2] == digest
    visitor.judge()
    visitor.judge_focus()


@pytest.mark.long
def test_a_file_is_dropped_anywhere_on_the_page(visitor: Visitor, claimed: Design) -> None:
    page = visitor.page
    visitor.go(ASK)
    page.evaluate("""() => {
      const files = new DataTransfer();
      files.items.add(new File(["never seen"], "dropped.txt"));
      document.querySelector("footer").dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true}));
    }""")
    expect(page.locator(".verify-file")).to_contain_text(hashlib.sha256(b"never seen").hexdigest())
    expect(page.locator(".verify-file .notice-title")).to_contain_text("Nothing is known")
    assert page.url.endswith(ASK)


@pytest.mark.long
def test_a_large_file_shows_progress_and_is_canceled_while_the_next_goes_on(
    visitor: Visitor, claimed: Design, tmp_path: Path
) -> None:
    page = visitor.page
    visitor.go(ASK)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    page.locator("[data-verify-input]").set_input_files(large(tmp_path, 8_000_000_000))
    big = page.locator(".verify-file").first
    expect(big.locator(".verify-state")).to_contain_text(re.compile(r"Hashing [\d.]+ [MG]B / 8\.0 GB"))
    page.locator("[data-verify-input]").set_input_files(file("small.bin", b"never seen"))
    small = page.locator(".verify-file").last
    expect(small.locator(".verify-state")).to_contain_text("Waiting")
    page.get_by_role("button", name="Cancel hashing of large.bin").press("Enter")
    expect(big).to_contain_text("Canceled. Nothing of the file was sent.")
    assert page.evaluate("document.activeElement.classList.contains('verify-file')")
    expect(small).to_contain_text("Nothing is known about this file")
    assert len([request for request in sent if "/static/" not in request.url]) == 1


@pytest.mark.long
def test_an_empty_file_and_one_that_vanished_are_told(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    rows.chain_read_to(100)
    visitor.go(ASK)
    page.locator("[data-verify-input]").set_input_files(file("empty.bin", b""))
    expect(page.locator(".verify-file")).to_contain_text("This is an empty file or a folder.")
    gone = large(tmp_path, 4_000_000_000)
    page.locator("[data-verify-input]").set_input_files(gone)
    expect(page.locator(".verify-file").last.locator(".verify-state")).to_contain_text("Hashing")
    gone.unlink()
    with gone.open("wb") as stream:
        stream.write(b"another")
    expect(page.locator(".verify-file").last).to_contain_text("The file could not be read to its end.", timeout=60_000)


@pytest.mark.long
def test_without_an_answer_one_asks_again_and_nothing_is_lost(
    visitor: Visitor, claimed: Design, tmp_path: Path
) -> None:
    page = visitor.page
    visitor.go(ASK)
    page.route("**/verify/*/?part=answer", lambda route: route.abort())
    page.locator("[data-verify-input]").set_input_files(written(tmp_path, "known.glb", KNOWN))
    expect(page.locator(".verify-file")).to_contain_text("The hash is computed, but nobody answered.")
    page.unroute("**/verify/*/?part=answer")
    page.get_by_role("button", name="Ask again").press("Enter")
    expect(page.locator(".verify-file .verdict-sentence")).to_contain_text("it is the first claim known")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_file_is_chosen_and_a_hash_is_typed_by_keyboard(
    visitor: Visitor, claimed: Design, tmp_path: Path, width: int
) -> None:
    page = visitor.page
    visitor.at(width)
    page.on("filechooser", lambda _chooser: None)
    visitor.go(ASK)
    tab_to(page, "Choose files to verify")
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Enter")
    assert choosing.value.is_multiple()
    choosing.value.set_files(written(tmp_path, "known.glb", KNOWN))
    expect(page.locator(".verify-file .verdict-sentence")).to_contain_text("it is the first claim known")
    tab_to(page, "SHA-256 of the file")
    digest = hashlib.sha256(KNOWN).hexdigest()
    page.keyboard.type(digest.upper())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/verify/{digest}/")
    expect(page.locator(".verdict-sentence")).to_contain_text("it is the first claim known")


@pytest.mark.long
def test_answers_of_every_kind_are_whole_in_every_width(visitor: Visitor, claimed: Design, creator: Any) -> None:
    from common.identifiers import ZERO_ADDRESS, ZERO_HASH
    from marketplace.tests.support import event

    unknown = hashlib.sha256(b"never").hexdigest()
    address = reverse("verify:verdict", args=[hashlib.sha256(KNOWN).hexdigest()])
    for status in ("0", "1", "2", "3"):
        entry = {"entryId": str(int(claimed.entry_id or "", 16)), "status": status}
        event("DesignRegistry", "StatusChanged", {**entry, "reason": ZERO_HASH, "by": ZERO_ADDRESS}, block=50)
        rows.chain_read_to(100)
        visitor.look(address)
    visitor.look(reverse("verify:verdict", args=[unknown]))
    visitor.look("/verify/nothing/", status=400)
    visitor.judge_focus()


@pytest.fixture
def without_script(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": HEIGHT})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_without_javascript_a_typed_hash_brings_the_same_answer(
    without_script: Page, live_server: Any, claimed: Design
) -> None:
    page = without_script
    page.goto(live_server.url + ASK)
    expect(page.locator("[data-verify-drop]")).to_be_hidden()
    expect(page.get_by_text("Hashing here needs JavaScript")).to_be_visible()
    page.get_by_label("SHA-256 of the file").fill("0x" + hashlib.sha256(KNOWN).hexdigest())
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".verdict-sentence")).to_contain_text("it is the first claim known to this registry")
    expect(page.get_by_role("heading", name="Repeat it without us")).to_be_visible()


def test_a_proof_of_fields_is_checked_here_and_only_its_root_is_asked_for(
    visitor: Visitor, lantern: Design, tmp_path: Path
) -> None:
    fields = {"prompt": "brass, \u591c, \U0001f319", "parameters": {"period": 1.5, "many": 1e21}, "seed": "7"}
    record = SaltedRecord(fields, fresh_salts(fields), 1)
    rows.RegistryEntry.objects.update(record_root=record.root)
    proof = record.disclose("prompt", "parameters")
    changed = {**proof, "fields": [{**proof["fields"][0], "value": "glass"}, proof["fields"][1]]}
    page = visitor.page
    visitor.at(WIDTHS[0])
    visitor.go(ASK)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))

    page.locator("[data-verify-input]").set_input_files(
        [
            written(tmp_path, "proof.json", json.dumps(proof).encode()),
            written(tmp_path, "changed.json", json.dumps(changed).encode()),
        ]
    )

    good = page.locator(".verify-file", has_text="proof.json").first
    expect(good).to_contain_text("Every field fits the root of the record.")
    expect(good.locator("dl.facts").first).to_contain_text("brass, \u591c, \U0001f319")
    expect(good.locator(".verdict-sentence")).to_contain_text("it is the first claim known to this registry")
    bad = page.locator(".verify-file", has_text="changed.json")
    expect(bad).to_contain_text("The proof does not hold")
    expect(bad).not_to_contain_text("glass")
    questions = [request for request in sent if "/static/" not in request.url]
    assert [(request.method, request.url.split("/verify/")[1]) for request in questions] == [
        ("GET", f"root/{record.root}/")
    ]
    assert all(request.post_data_buffer is None for request in sent)
    visitor.judge()
