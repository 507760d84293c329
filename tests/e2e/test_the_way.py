"""The way of one design, driven in a browser twice, an image and a mesh; then the chain itself is asked."""

import hashlib
import io
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect
from web3 import Web3

from common.identifiers import entry_id_of, license_id_of
from common.testing import PASSWORD, wait_until
from contracts.verifier import one_file
from designs.programs import PROGRAMS
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.browser

PRICE = 18_000_000
FEE = 900_000
OWN = PRICE - FEE
SOON = 60_000
RENDERED = 180_000


@dataclass
class Person:
    name: str
    email: str
    page: Page
    address: str = ""


@dataclass
class Work:
    """A file to sell: its own title, and what its design page must show."""

    title: str
    file_name: str
    content: bytes
    shows: str


def drawing() -> Work:
    image = Image.new("RGB", (640, 480), "#f6f3ec")
    pen = ImageDraw.Draw(image)
    for step in range(0, 240, 6):
        pen.ellipse((80 + step, 40 + step // 2, 560 - step, 440 - step // 2), outline=(11, 98, 91))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return Work("Nested Ovals", "nested-ovals.png", stream.getvalue(), "img")


def vessel() -> Work:
    program = PROGRAMS["twisted_vessel"]
    smallest = program.parameters_type.from_mapping({"resolution": 64})
    return Work("Small Vessel", "small-vessel.stl", program.generate(smallest, 4), "model-viewer")


class Walk:
    """One run of the way with three fresh people."""

    def __init__(self, stack: Stack, browser: Browser, work: Work, folder: Path) -> None:
        self.stack = stack
        self.work = work
        self.folder = folder
        self.said: list[str] = []
        self.timings: dict[str, float] = {}
        mark = work.file_name.partition(".")[0]
        self.creator = self._person(browser, "Northlight Studio", f"creator@{mark}.example")
        self.cocreator = self._person(browser, "tpms-lab", f"cocreator@{mark}.example")
        self.buyer = self._person(browser, "Mara", f"buyer@{mark}.example")

    def _person(self, browser: Browser, name: str, email: str) -> Person:
        page = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True).new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        person = Person(name, email, page)
        self._sign_up(person)
        return person

    def go(self, person: Person, path: str) -> Page:
        person.page.goto(path if path.startswith("http") else self.stack.url + path)
        return person.page

    def _sign_up(self, person: Person) -> None:
        page = self.go(person, "/accounts/signup/")
        page.locator("[name=email]").fill(person.email)
        page.locator("[name=display_name]").fill(person.name)
        page.locator("[name=password1]").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        code = page.locator("[name=code]")
        expect(code).to_be_visible()
        code.fill(self._code_for(person.email))
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(re.compile(r"://[^/]+/(?!accounts/)"))
        page = self.go(person, "/account/")
        found = re.search(r"0x[0-9a-fA-F]{40}", page.content())
        assert found is not None
        person.address = found[0]

    def _code_for(self, email: str) -> str:
        mails = sorted((self.stack.folder / "mail").glob("*"), key=lambda mail: mail.stat().st_mtime_ns)
        for mail in reversed(mails):
            text = mail.read_text()
            code = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", text)
            if email in text and code:
                return code[0]
        raise AssertionError(f"no code for {email}")

    def upload(self) -> str:
        page = self.go(self.creator, "/studio/upload/")
        page.locator("[name=master]").set_input_files(
            {"name": self.work.file_name, "mimeType": "application/octet-stream", "buffer": self.work.content}
        )
        page.locator("[name=source]").set_input_files(
            {"name": "program.py", "mimeType": "text/x-python", "buffer": b"print('made')\n"}
        )
        page.locator("[name=title]").fill(self.work.title)
        page.locator("textarea[name=description]").fill("Made for the whole way.")
        page.locator("[name=tags]").fill("way, test")
        page.locator("[name=disclosure][value=ai_assisted]").check()
        page.locator("[name=model_name]").fill("nested-forms")
        page.locator("[name=model_version]").fill("1.3")
        page.locator("[name=parameters]").fill(json.dumps({"period": 1.5, "count": 40}))
        page.locator("[name=prompt]").fill("a secret phrase")
        page.locator("[name=seed]").fill("7041")
        page.locator("[name=parts-0-percent]").fill("70")
        page.locator("[data-part-add]").click()
        page.locator("[name=parts-1-email]").fill(self.cocreator.email)
        page.locator("[name=parts-1-role]").select_option("model_architect")
        page.locator("[name=parts-1-percent]").fill("30")
        began = time.monotonic()
        page.locator("form[data-upload] button[type=submit]").click()
        page.wait_for_url(re.compile(r"/studio/designs/[0-9a-f-]{36}/$"), timeout=SOON)
        address = page.url
        page.reload()
        expect(page.locator(f"a[href$='{address.removeprefix(self.stack.url)}offers/']").first).to_be_visible(
            timeout=RENDERED
        )
        # Of a mesh the viewer takes the picture's place as soon as it is loaded.
        preview = page.locator("main picture img, main img, main model-viewer").filter(visible=True)
        expect(preview.first).to_be_visible(timeout=RENDERED)
        self.timings["upload to preview"] = time.monotonic() - began
        return address

    def publish(self, draft: str) -> str:
        page = self.go(self.creator, f"{draft}offers/")
        page.locator("[name=price_personal]").fill("18")
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url(draft)
        wait_until(lambda: self._ready(page, draft), seconds=RENDERED / 1000, what="the draft to be complete")
        self.go(self.creator, f"{draft}publish/")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=keep]").check()
        began = time.monotonic()
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url(draft)
        self._accept()
        # From here on the creator's page goes on by itself: nobody reloads it.
        public = page.locator("main a[href*='/d/']").first
        expect(public).to_be_visible(timeout=SOON)
        address = self.stack.url + str(public.get_attribute("href"))
        watched = self.go(self.creator, address)
        expect(watched.get_by_text("First claim").first).to_be_visible()
        expect(watched.get_by_text("Anchored").first).to_be_visible(timeout=SOON)
        self.timings["publish to final"] = time.monotonic() - began
        return address

    def _ready(self, page: Page, draft: str) -> bool:
        page.goto(draft)
        return page.locator(f"a[href$='{draft.removeprefix(self.stack.url)}publish/']").count() > 0

    def _accept(self) -> None:
        page = self.go(self.cocreator, "/studio/")
        page.locator("a[href*='/studio/consent/']").first.click()
        assert "30" in page.inner_text("main")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("form:has([name=password]) button[type=submit]").click()
        page.wait_for_load_state()

    def buy(self, address: str) -> bytes:
        page = self.go(self.buyer, f"/search/?q={self.work.title.split()[0]}")
        page.get_by_role("link", name=self.work.title).first.click()
        page.wait_for_url(address)
        assert "a secret phrase" not in page.content()
        if self.work.shows == "model-viewer":
            # It may open by itself at any moment, and then the button is gone from under a pointer.
            page.locator("[data-viewer-open]").first.dispatch_event("click")
            expect(page.locator("[data-viewer][data-state=ready], [data-state=ready]").first).to_be_attached(
                timeout=SOON
            )
        assert "0.90" in page.inner_text("main")
        page.get_by_role("link", name="License for").first.click()
        page.wait_for_url(re.compile("/buy/"))
        began = time.monotonic()
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url(re.compile("/payments/test/"))
        page.locator("button[name=decision][value=pay]").click()
        page.wait_for_url(re.compile("/orders/"))
        expect(page.locator(".step-final").first).to_be_visible(timeout=SOON)
        self.timings["pay to final license"] = time.monotonic() - began
        self.go(self.buyer, "/library/")
        with page.expect_download() as download:
            page.locator("form[action$='/download/'] button").first.click()
        return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("work", [pytest.param(drawing(), marks=pytest.mark.long), vessel()], ids=["image", "mesh"])
def test_the_way_from_upload_to_paid_and_verified(stack: Stack, chromium: Browser, work: Work, tmp_path: Path) -> None:
    try:
        _walk(stack, chromium, work, tmp_path)
    except BaseException:
        print(stack.tails())
        raise


def _walk(stack: Stack, chromium: Browser, work: Work, tmp_path: Path) -> None:
    walk = Walk(stack, chromium, work, tmp_path)
    draft = walk.upload()
    address = walk.publish(draft)

    assert walk.buy(address) == work.content

    _ask_the_chain(stack, walk)
    _read_earnings(walk)
    _verify(stack, walk, tmp_path)
    audit = stack.manage("audit")
    assert "Database and chain agree." in audit.stdout
    assert walk.said == []
    for name, seconds in walk.timings.items():
        print(f"{work.file_name}: {name} {seconds:.1f} s")


def _contract(stack: Stack, name: str):
    record = json.loads((stack.folder / "deployments" / "31337.json").read_text())
    abi = json.loads((ROOT / "contracts" / "artifacts" / f"{name}.json").read_text())["abi"]
    return Web3(Web3.HTTPProvider(stack.anvil.url)).eth.contract(address=record["contracts"][name]["address"], abi=abi)


def _ask_the_chain(stack: Stack, walk: Walk) -> None:
    """Owner, shares, credits, payout and record root, from the contracts' own storage."""
    output_hash = "0x" + hashlib.sha256(walk.work.content).hexdigest()
    entry_text = entry_id_of(creator=walk.creator.address, output_hash=output_hash)
    entry = int(entry_text, 16)
    registry, shares = _contract(stack, "DesignRegistry"), _contract(stack, "DesignShares")
    licenses, market = _contract(stack, "DesignLicenses"), _contract(stack, "LicenseMarket")
    token = _contract(stack, "TestStablecoin")

    creator, kind, status, _frozen, versions, _at, root = registry.functions.entry(entry).call()
    assert (creator, kind, status, versions) == (walk.creator.address, 0, 0, 1)
    record = walk.go(walk.creator, "/studio/").request.get(_record_address(walk)).json()
    assert "0x" + root.hex() == record["root"]
    sale = market.events.LicenseSold().get_logs(from_block=0, argument_filters={"entryId": entry})
    assert len(sale) == 1
    terms = "0x" + sale[0]["args"]["terms"].hex()
    license_id = license_id_of(entry_id=entry_text, terms_hash=terms)
    assert licenses.functions.balanceOf(walk.buyer.address, license_id).call() == 1
    assert shares.functions.balanceOf(walk.creator.address, entry).call() == 700_000
    assert shares.functions.balanceOf(walk.cocreator.address, entry).call() == 300_000
    assert shares.functions.totals(entry, token.address).call() == [OWN, OWN, 0, 0]
    assert shares.functions.feesHeld(token.address).call() >= FEE
    paid = {walk.creator.address: OWN * 7 // 10, walk.cocreator.address: OWN * 3 // 10}
    for holder, amount in paid.items():
        wait_until(
            lambda holder=holder, amount=amount: token.functions.balanceOf(holder).call() == amount,
            seconds=90,
            what=f"{amount} to reach {holder}",
        )
        assert shares.functions.claimable(entry, token.address, holder).call() == 0


def _record_address(walk: Walk) -> str:
    page = walk.go(walk.creator, f"/search/?q={walk.work.title.split()[0]}")
    link = page.get_by_role("link", name=walk.work.title).first.get_attribute("href") or ""
    return f"{walk.stack.url}/designs/{link.rstrip('/').rpartition('/')[2]}/record.json"


def _read_earnings(walk: Walk) -> None:
    """Each co-creator sees their part of the sale, and its payout, to the unit."""
    for person, amount in ((walk.creator, "11.97"), (walk.cocreator, "5.13")):

        def told(person: Person = person, amount: str = amount) -> bool:
            return walk.go(person, "/earnings/").inner_text("main").count(amount) >= 2

        wait_until(told, what=f"{person.name} to see {amount}")


def _verify(stack: Stack, walk: Walk, folder: Path) -> None:
    """The stand-alone verifier knows the file, and knows nothing of one that differs by a byte."""
    registry = _contract(stack, "DesignRegistry").address

    def verdict(content: bytes) -> tuple[int, dict]:
        file = folder / walk.work.file_name
        file.write_bytes(content)
        verifier = folder / "verify.py"
        verifier.write_text(one_file())
        command = [sys.executable, "-I", str(verifier), str(file), "--json"]
        done = subprocess.run(
            [*command, "--rpc", stack.anvil.url, "--registry", registry], capture_output=True, text=True, timeout=60
        )
        return done.returncode, json.loads(done.stdout)

    code, known = verdict(walk.work.content)
    assert code == 0
    claim = known["claims"][0]
    assert (claim["creator"].lower(), claim["order"], claim["custodial"]) == (walk.creator.address.lower(), 1, True)
    assert [sale["price"] for sale in claim["on_sale"]] == [PRICE]
    altered = walk.work.content[:-1] + bytes([walk.work.content[-1] ^ 1])
    code, unknown = verdict(altered)
    assert code == 1
    changed = {"claims": [], "known": False, "verdict": "unknown"}
    assert unknown == {**known, **changed, "sha256": unknown["sha256"], "sentences": unknown["sentences"]}
