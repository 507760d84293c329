"""script/pages: every page as each kind of person sees it, photographed at two widths, light and dark, and for guides.

The pages are found as a person finds them: signed in with the demo's accounts, by following links.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .app_steps import DEMO_ACCOUNTS
from .bootstrap import bootstrap
from .browser import chromium_for
from .paths import ROOT, VENV_PYTHON, Home
from .telling import Refusal, say

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

EVIDENCE = ROOT / "docs" / "evidence"
GUIDE = ROOT / "docs" / "images"
WIDTHS = (360, 1440)
SCHEMES = ("light", "dark")
FLAGS = ["--no-sandbox", "--disable-quic", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
# What a press begins, in milliseconds: a node is asked meanwhile.
SETTLED = 2500
# A very long page is shown by its beginning.
TALLEST = 2400


@dataclass(frozen=True)
class Stop:
    """A page of the sheet. `path` is an address, or, after "first:", a pattern of a link on the page before it.

    `presses` are selectors of what is pressed there in turn. What a window of 1440 by 900 pixels shows of it becomes
    docs/images/GUIDE.jpg for the guides.
    """

    name: str
    path: str
    presses: tuple[str, ...] = ()
    guide: str = ""


@dataclass(frozen=True)
class Photograph:
    """A whole page, and its beginning as a window shows it; both PNG."""

    stop: Stop
    title: str
    whole: bytes
    window: bytes


GUEST = "guest"
CHOOSE_WALLET = ("text=Pay with a wallet", "dialog.wallet-dialog button:has-text('demo wallet')")
SHOW_ACCOUNT = ("dialog.demo-wallet input[type=radio] >> nth=0", "[data-demo-approve]")
TOUR: dict[str, tuple[Stop, ...]] = {
    GUEST: (
        Stop("home", "/", guide="home"),
        Stop("search", "/search/?q=lantern"),
        Stop("nothing found", "/search/?q=zzyzx"),
        Stop("home again", "/"),
        Stop("design, 3D", "first:Gyroid Lantern", guide="design"),
        Stop("creator", "first:/creators/"),
        Stop("home again", "/"),
        Stop("design, image", "first:Estuary"),
        Stop("license terms", "first:/library/terms/"),
        Stop("home again", "/"),
        Stop("design again", "first:Gyroid Lantern"),
        Stop("verify, a design's file", "first:/verify/[0-9a-f]", guide="verify"),
        Stop("verify", "/verify/"),
        Stop("verify, unknown file", f"/verify/{'ab' * 32}/"),
        Stop("verify, a proof", "/verify/proof/"),
        Stop("sign in", "/accounts/login/"),
        Stop("sign up", "/accounts/signup/"),
        Stop("new password", "/accounts/password/reset/"),
        Stop("not found", "/nothing-here/"),
    ),
    "mara@loomprint.example": (
        Stop("home", "/"),
        Stop("design", "first:Gyroid Lantern"),
        Stop("checkout", "first:/buy/", guide="checkout"),
        Stop("checkout, the demo wallet", "", CHOOSE_WALLET, guide="demo-wallet"),
        Stop("checkout, by a wallet", "", SHOW_ACCOUNT, guide="checkout-wallet"),
        Stop("library", "/library/", guide="library"),
        Stop("files of a license", r"first:/library/\d+/files/"),
        Stop("library again", "/library/"),
        Stop("public copies and their key", r"first:/library/\d+/copies/"),
        Stop("orders", "/orders/"),
        Stop("order", "first:/orders/[0-9a-f]", guide="order"),
        Stop("earnings, none", "/earnings/"),
        Stop("notifications", "/account/notifications/"),
        Stop("account", "/account/"),
        Stop("second factors", "/accounts/2fa/"),
        Stop("home again", "/"),
        Stop("design again", "first:Ossature"),
        Stop("report", "first:/report"),
    ),
    "jonas@loomprint.example": (
        Stop("reports", "/moderation/reports/"),
        Stop("report, sent", "first:/moderation/reports/"),
        Stop("link a wallet", "/account/wallets/link/"),
    ),
    "studio@northlight.loomprint.example": (
        Stop("studio", "/studio/"),
        Stop("studio, a design", "first:/studio/designs/", guide="studio"),
        Stop("prove fields", "first:/prove/"),
        Stop("studio again", "/studio/"),
        Stop("studio, the design again", "first:/studio/designs/"),
        Stop("public copies", "first:/copies/"),
        Stop("models and data", "/studio/resources/"),
        Stop("a new model", "/studio/resources/new/"),
        Stop("upload", "/studio/upload/", guide="upload"),
        Stop("earnings", "/earnings/", guide="earnings"),
        Stop("account", "/account/"),
        Stop("custody key", "/account/custody-key/"),
    ),
    "moderator@loomprint.example": (
        Stop("admin", "/admin/"),
        Stop("operations", "/admin/operations/"),
        Stop("moderation", "/moderation/"),
        Stop("a case", "first:/moderation/cases/", guide="case"),
        Stop("log", "/moderation/log/"),
    ),
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/pages", description="Photograph all pages of the running server.")
    parser.add_argument(
        "--only", metavar="WORD", help="pages whose name or person holds this word; no sheet is written"
    )
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="also write each page at full size into FOLDER")
    options = parser.parse_args(arguments)
    home = Home.of_checkout()
    try:
        if os.path.realpath(sys.prefix) != os.path.realpath(VENV_PYTHON.parent.parent):
            bootstrap(home, development=True, redis=False)
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), str(ROOT / "script" / "pages"), *arguments])  # noqa: S606
        port = home.remembered().get("ports", {}).get("web")
        if port is None:
            raise Refusal("No server was started in this checkout: start script/server and wait for its demo.")
        _photograph(f"http://127.0.0.1:{port}", chromium_for(home), options)
    except Refusal as refusal:
        say(str(refusal))
        return 1
    return 0


def _photograph(site: str, chromium: Path, options: argparse.Namespace) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        for width in WIDTHS:
            for scheme in SCHEMES:
                pictures: list[Photograph] = []
                for person in TOUR:
                    context = browser.new_context(
                        viewport={"width": width, "height": 900},
                        color_scheme=scheme,  # type: ignore[arg-type]
                        reduced_motion="reduce",
                    )
                    pictures += _tour(context, site, person, options.only or "", width)
                    context.close()
                if options.keep:
                    _keep(options.keep, f"{width}-{scheme}", pictures)
                if (width, scheme) == (1440, "light"):
                    _show_in_guides(pictures)
                if not options.only:
                    target = EVIDENCE / f"pages-{width}-{scheme}.jpg"
                    _sheet(pictures, target, columns=6 if width > 1000 else 12)
                    say(f"  ok  {len(pictures)} pages on {target.relative_to(ROOT)}")
        browser.close()


def _tour(context: "BrowserContext", site: str, person: str, only: str, width: int) -> Iterator[Photograph]:
    page = context.new_page()
    if person != GUEST:
        page.goto(f"{site}/accounts/login/")
        page.fill("[name=login]", person)
        page.fill("[name=password]", _password())
        page.locator("form:has([name=password]) button[type=submit]").first.click()
        page.wait_for_load_state()
    for stop in TOUR[person]:
        address = _address(page, stop.path)
        if address is None:
            say(f"  !!  {person}: no link to {stop.name} ({stop.path})")
            continue
        if address:
            page.goto(site + address if address.startswith("/") else address)
        for selector in stop.presses:
            page.locator(selector).first.click()
        if stop.presses:
            page.wait_for_timeout(SETTLED)
        if stop.name.endswith("again") or only not in f"{person} {stop.name}":
            continue
        _show_all_pictures(page)
        window = page.screenshot()
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": max(900, height)})
        yield Photograph(stop, f"{person.split('@')[0]}: {stop.name}", page.screenshot(), window)
        page.set_viewport_size({"width": width, "height": 900})


def _address(page: Any, path: str) -> str | None:
    """The stop's address; of a link, the first whose text or target fits."""
    if not path.startswith("first:"):
        return path
    wanted = re.compile(path.removeprefix("first:"))
    for link in page.locator("main a[href], footer a[href]").all():
        target = link.get_attribute("href") or ""
        if wanted.search(target) or wanted.search(link.text_content() or ""):
            return str(link.evaluate("link => link.href"))
    return None


def _show_all_pictures(page: Any) -> None:
    """Lazy pictures load when they come into sight."""
    page.evaluate(
        """async () => {
          for (const image of document.images) { image.loading = "eager"; }
          await Promise.all([...document.images].map(image => image.decode().catch(() => 0)));
          await document.fonts.ready;
        }"""
    )


def _password() -> str:
    """The one password of the demo's accounts, as the start has written it down."""
    found = re.search(r"password (\S+):", (Home.of_checkout().var / DEMO_ACCOUNTS).read_text())
    if not found:
        raise Refusal("The server was started without its demo: start it with the demo.")
    return found.group(1)


def _keep(folder: Path, name: str, pictures: list[Photograph]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (folder / f"{re.sub('[^a-z0-9]+', '-', picture.title.lower())}-{name}.png").write_bytes(picture.whole)


def _show_in_guides(pictures: list[Photograph]) -> None:
    import io

    from PIL import Image

    GUIDE.mkdir(exist_ok=True)
    for picture in pictures:
        if picture.stop.guide:
            image = Image.open(io.BytesIO(picture.window)).convert("RGB")
            image = image.resize((1200, round(image.height * 1200 / image.width)), Image.Resampling.LANCZOS)
            image.save(GUIDE / f"{picture.stop.guide}.jpg", quality=84, optimize=True, progressive=True)


def _sheet(pictures: list[Photograph], target: Path, *, columns: int) -> None:
    """All pictures on one, each 360 px wide with its name, in columns that are filled where they are shortest."""
    import io

    from PIL import Image, ImageDraw, ImageFont

    wide, gap, line = (360, 24, 22) if columns <= 6 else (240, 18, 20)
    heights = [gap] * columns
    placed = []
    for picture in pictures:
        image = Image.open(io.BytesIO(picture.whole)).convert("RGB")
        image = image.resize((wide, round(image.height * wide / image.width)), Image.Resampling.LANCZOS)
        column = heights.index(min(heights))
        placed.append((picture.title, image, gap + column * (wide + gap), heights[column]))
        heights[column] += image.height + line + gap
    sheet = Image.new("RGB", (gap + columns * (wide + gap), max(heights)), "#808080")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
    for title, image, left, top in placed:
        draw.text((left, top), title, fill="white", font=font)
        sheet.paste(image, (left, top + line))
    sheet.save(target, quality=78, optimize=True, progressive=True)
