"""Somebody with a real browser, and what has to hold for every page that they look at."""

from pathlib import Path

import axe_playwright_python
from django.conf import settings
from playwright.sync_api import ConsoleMessage, Page

from accounts.models import User
from marketplace.tests.pages import signed_in

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WIDTHS = (360, 1440)
SCHEMES = ("light", "dark")
HEIGHT = 900
# A page is loaded once and looked at four times. Another color scheme changes what these rules see, and no other.
OF_COLOR = ["color-contrast", "link-in-text-block"]
FINDINGS = """async ([impacts, only]) => {
  // A new width or scheme is drawn with the next frame.
  await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const options = {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}};
  if (only.length) Object.assign(options, {runOnly: only, rules: {}});
  const {violations} = await axe.run(document, options);
  return violations.filter(one => impacts.includes(one.impact)).map(one => `${one.id}: ${one.nodes[0].html}`);
}"""
# The outline may be drawn by a card or a row around the link; the browser's own default counts as none of ours.
WITHOUT_FOCUS_RING = """() => {
  const ringed = (element) => {
    for (let box = element; box && box.tagName !== "MAIN"; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2) return true;
    }
    return false;
  };
  const kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const bare = [];
  for (const element of document.querySelectorAll(kinds)) {
    element.focus({preventScroll: true});
    if (document.activeElement === element && !ringed(element)) bare.push(element.outerHTML.slice(0, 160));
  }
  return bare;
}"""
BROKEN_PICTURES = (
    "[...document.images].filter(i => i.complete && i.currentSrc && !i.naturalWidth).map(i => i.currentSrc)"
)
# What sticks out is named, else nobody finds it.
OVERFLOW = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 160)).slice(0, 3)
  .concat(`page is ${document.documentElement.scrollWidth} px wide`)"""


class Visitor:
    """A browser window. `said` is what the console complained of since the last look."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.widths: tuple[int, ...] = WIDTHS
        self.said: list[tuple[str, str]] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.said.append(("", str(error))))

    def at(self, width: int) -> None:
        """Keep the window this wide: the test walks in each width, so nothing is judged in another."""
        self.widths = (width,)
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.said.append((message.location["url"], message.text))

    def _complaints(self) -> list[str]:
        """Chromium reports the status of the page itself as an error; statuses are asserted on their own."""
        said, self.said = self.said, []
        return [f"{text} ({url})" for url, text in said if url != self.page.url]

    def sign_in(self, user: User | None) -> None:
        self.page.context.clear_cookies()
        if user is not None:
            session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
            self.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.site}])

    def go(self, address: str, *, status: int = 200) -> None:
        response = self.page.goto(self.site + address)
        assert response is not None
        assert response.status == status, address

    def look(self, address: str, *, status: int = 200) -> None:
        """Open a page, which must be whole in its widths and every color scheme."""
        self.go(address, status=status)
        self.judge()

    def judge(self) -> None:
        """What the window shows now must be whole in its widths and every color scheme."""
        page = self.page
        problems = self.findings("serious", "critical")
        problems += [f"broken picture: {one}" for one in page.evaluate(BROKEN_PICTURES)]
        problems += [f"console: {one}" for one in self._complaints()]
        if (headings := page.locator("h1").count()) != 1:
            problems.append(f"{headings} main headings")
        if "Loomprint" not in page.title():
            problems.append(f"title {page.title()!r}")
        assert problems == [], "\n".join([page.url, *problems])

    def findings(self, *impacts: str) -> list[str]:
        """What axe finds of these impacts, and what sticks out, in its widths and every color scheme."""
        page = self.page
        page.wait_for_load_state()
        found: list[str] = []
        for width in self.widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            found += [f"overflow at {width}: {one}" for one in page.evaluate(OVERFLOW)]
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                rules = OF_COLOR if scheme == SCHEMES[1] else []
                these = page.evaluate(FINDINGS, [list(impacts), rules])
                found += [f"axe at {width} {scheme}: {one}" for one in these]
        return found

    def judge_focus(self) -> None:
        """Whatever takes the focus shows it, in its widths."""
        for width in self.widths:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            # After a key, a focus set by a script is drawn as one set by the keyboard.
            self.page.keyboard.press("Tab")
            bare = self.page.evaluate(WITHOUT_FOCUS_RING)
            assert bare == [], "\n".join([self.page.url, f"no focus ring at {width}", *bare])
