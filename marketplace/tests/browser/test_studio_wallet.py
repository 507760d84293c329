"""Publishing and consenting with a wallet in a real browser: the demo wallet, and one that behaves badly."""

import json
from typing import Any

import pytest
from django.urls import reverse
from eth_utils.address import to_checksum_address

from accounts.models import User, Wallet
from common.testing import PASSWORD
from common.testing_wallet import BAD_NAME, DemoWallet, misbehave
from contracts.testing import LiveChain
from designs.models import Design, RegistryEntry
from designs.services.upload import Part
from licensing.services.templates import announce_templates, ship_templates
from marketplace.tests.browser.visitor import WIDTHS, Visitor
from marketplace.tests.pages import page as page_of
from marketplace.tests.pages import text
from marketplace.tests.support import draft_of, with_offer
from studio.models import Consent, Publication
from studio.services import publishing
from studio.services.lineage import set_derivative_terms

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIGN = "Sign with the wallet"


@pytest.fixture
def chain(live_chain: LiveChain) -> LiveChain:
    ship_templates()
    announce_templates()
    live_chain.settle()
    return live_chain


@pytest.fixture
def accounts(chain: LiveChain) -> list[str]:
    """The addresses that the demo wallet shows."""
    return [to_checksum_address(one) for one in chain.node.rpc("eth_accounts")]


@pytest.fixture
def design(chain: LiveChain, creator: User, cocreator: User, accounts: list[str], png: bytes) -> Design:
    """A draft of two people, each with one of the demo wallet's accounts linked."""
    Wallet.objects.create(user=creator, address=accounts[0], label="Demo one")
    Wallet.objects.create(user=cocreator, address=accounts[1])
    publishing.choose_share_address(actor=cocreator, address=accounts[1])
    parts = [Part(creator, "designer", 874_999), Part(cocreator, "tweaker", 125_001)]
    return with_offer(draft_of(creator, png, parts=parts))


@pytest.fixture
def frozen(design: Design, creator: User, accounts: list[str]) -> Publication:
    """Waits for its creator's wallet."""
    return publishing.freeze_for_wallet(actor=creator, work=design, address=accounts[0])


def studio(name: str, design: Design) -> str:
    return reverse(f"studio:{name}", args=[design.public_id])


def said(visitor: Visitor, sentence: str) -> None:
    """The page says so beside the button; what the browser itself notes of a refused request is no complaint."""
    visitor.page.locator("[data-consent-status]", has_text=sentence).wait_for()
    visitor.said = [(url, line) for url, line in visitor.said if not url.endswith("/signature/")]


def press(visitor: Visitor, name: str = SIGN) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("width", WIDTHS)
def test_creator_and_cocreator_sign_with_their_wallets_and_the_design_page_says_so(
    visitor: Visitor,
    chain: LiveChain,
    design: Design,
    creator: User,
    cocreator: User,
    accounts: list[str],
    width: int,
) -> None:
    page, wallet = visitor.page, DemoWallet(visitor.page)
    visitor.at(width)
    visitor.sign_in(creator)
    visitor.go(studio("publish", design))
    page.get_by_label("Demo one, your own wallet").check()
    assert not page.locator("input[name=password]").is_visible()
    page.get_by_label("I understand that what is anchored").check()
    press(visitor, "Freeze it for the wallet")
    page.get_by_role("button", name=SIGN, exact=True).wait_for()
    page.reload()
    press(visitor)
    wallet.connect(account=0)
    asked = wallet.asked()
    publication = Publication.objects.get()
    message = publication.typed_data["message"]
    for fact in (message["outputHash"], message["recordRoot"], accounts[1], "125001", "18000000", publication.registry):
        assert fact in asked, fact
    wallet.approve()
    page.wait_for_url(visitor.site + studio("design", design))
    page.get_by_text("Waiting for 1 answer").wait_for()

    visitor.sign_in(cocreator)
    visitor.go(reverse("studio:consent", args=[publication.public_id]))
    press(visitor)
    said(visitor, "Your wallet shows another account")
    press(visitor, "Choose another account")
    wallet.show_account(1)
    wallet.approve()
    page.get_by_text("Everyone accepted").wait_for()
    chain.finalize()
    assert RegistryEntry.objects.get().custodial == [False, False]
    assert "Signed by their own wallet" in text(page_of(None, design.get_absolute_url()))


@pytest.mark.long
def test_the_pages_of_signing_are_whole_and_show_their_focus(
    visitor: Visitor, chain: LiveChain, frozen: Publication, creator: User, cocreator: User
) -> None:
    visitor.sign_in(creator)
    for address in (studio("publish", frozen.design), studio("design", frozen.design), reverse("studio:address")):
        visitor.look(address)
        visitor.judge_focus()
    publishing.take_back(actor=creator, work=frozen.design)
    visitor.look(studio("publish", frozen.design))
    visitor.judge_focus()
    asked = publishing.freeze_and_sign(actor=creator, work=frozen.design, password=PASSWORD)
    visitor.sign_in(cocreator)
    visitor.look(reverse("studio:consent", args=[asked.public_id]))
    visitor.judge_focus()
    cocreator.wallets.all().delete()
    visitor.look(reverse("studio:consent", args=[asked.public_id]))


@pytest.mark.long
def test_the_pages_of_derived_works_are_whole_and_show_their_focus(
    visitor: Visitor, chain: LiveChain, design: Design, creator: User, cocreator: User, png: bytes
) -> None:
    parent = with_offer(draft_of(cocreator, png[:-1] + b"0", title="Woven Shell"))
    set_derivative_terms(actor=cocreator, design=parent, open=True, ppm=100_000, binding=True, minimum=1_000_000)
    publishing.freeze_and_sign(actor=cocreator, work=parent, password=PASSWORD)
    chain.settle()
    visitor.sign_in(creator)
    for address in (studio("parents", design), studio("derivatives", design)):
        visitor.look(address)
        visitor.judge_focus()
    visitor.go(studio("parents", design))
    page = visitor.page
    page.get_by_label("Words of its title").fill("woven")
    page.keyboard.press("Enter")
    name = page.get_by_role("button", name="Name it Woven Shell")
    name.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take off Woven Shell").wait_for()
    visitor.judge()
    visitor.look(studio("design", design))
    visitor.look(studio("publish", design))


@pytest.mark.long
def test_a_rejection_and_a_reload_leave_everything_as_it_was(
    visitor: Visitor, frozen: Publication, creator: User
) -> None:
    page, wallet = visitor.page, DemoWallet(visitor.page)
    visitor.sign_in(creator)
    visitor.go(studio("publish", frozen.design))
    press(visitor)
    wallet.connect(account=0)
    wallet.reject()
    said(visitor, "You declined it in your wallet.")
    visitor.judge()
    page.reload()
    press(visitor)
    wallet.approve()
    page.wait_for_url(visitor.site + studio("design", frozen.design))
    assert Consent.objects.get(publication=frozen, position=0).state == Consent.State.ACCEPTED


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "another account": ({"account": 2}, "Your wallet shows another account", "Choose the account"),
    "another account later": ({"later_account": 2}, "Your wallet shows another account", "Choose the account"),
    "another chain": ({"chain": 1}, "Your wallet is on another network.", "Choose the network Loomprint local"),
    "silence": ({"silent": "eth_signTypedData_v4"}, "Your wallet has not answered.", "Open your wallet"),
    "an unlock that waits": (
        {"refuses": {"eth_signTypedData_v4": (-32002, "already pending")}},
        "Your wallet is already asking you something.",
        "answer it there",
    ),
    "a failure": ({"refuses": {"eth_signTypedData_v4": (-32603, "out of paper")}}, "out of paper", "try again"),
}


@pytest.mark.long
@pytest.mark.parametrize("case", BAD)
def test_a_wallet_that_behaves_badly_ends_in_a_sentence_and_a_next_step(
    visitor: Visitor, frozen: Publication, creator: User, accounts: list[str], settings: Any, case: str
) -> None:
    settings.WALLET_PATIENCE_SECONDS = 2
    plan, sentence, next_step = BAD[case]
    plan = {"account": 0, **plan}
    for name in ("account", "later_account"):
        if name in plan:
            plan[name] = accounts[plan[name]]
    misbehave(visitor.page, **plan)
    visitor.sign_in(creator)
    visitor.go(studio("publish", frozen.design))

    press(visitor)
    DemoWallet(visitor.page).choose(BAD_NAME)

    said(visitor, sentence)
    assert next_step in visitor.page.locator("[data-consent-status]").inner_text()
    assert Consent.objects.get(publication=frozen, position=0).state == Consent.State.ASKED
    visitor.judge()
    assert visitor.page.get_by_role("button", name=SIGN).is_enabled()


@pytest.mark.long
def test_a_signature_that_does_not_arrive_is_kept_over_a_reload_and_sent_again(
    visitor: Visitor, frozen: Publication, creator: User
) -> None:
    page, wallet = visitor.page, DemoWallet(visitor.page)
    visitor.sign_in(creator)
    visitor.go(studio("publish", frozen.design))
    page.route("**/signature/", lambda route: route.abort())
    press(visitor)
    wallet.connect(account=0)
    wallet.approve()
    said(visitor, "Your wallet has signed, but the signature has not reached Loomprint.")
    visitor.judge()
    page.reload()
    said(visitor, "It is kept in this window, also when you reload.")
    page.unroute("**/signature/")
    press(visitor, "Send the signature again")
    page.wait_for_url(visitor.site + studio("design", frozen.design))
    assert Consent.objects.get(publication=frozen, position=0).state == Consent.State.ACCEPTED
    assert page.evaluate("Object.keys(sessionStorage).filter(one => one.startsWith('loomprint.signature'))") == []


@pytest.mark.long
def test_a_request_that_was_taken_back_in_another_window_is_refused_in_words(
    visitor: Visitor, frozen: Publication, creator: User
) -> None:
    wallet = DemoWallet(visitor.page)
    visitor.sign_in(creator)
    visitor.go(studio("publish", frozen.design))
    press(visitor)
    wallet.connect(account=0)
    wallet.asked()
    publishing.take_back(actor=creator, work=frozen.design)
    wallet.approve()
    said(visitor, "This was answered or changed meanwhile. Reload to see it.")
    visitor.judge()


def test_signing_by_keyboard_alone(visitor: Visitor, frozen: Publication, creator: User) -> None:
    page = visitor.page
    visitor.sign_in(creator)
    visitor.go(studio("publish", frozen.design))
    _tab_to(visitor, SIGN)
    page.keyboard.press("Enter")
    page.locator("dialog.wallet-dialog").wait_for()
    page.keyboard.press("Enter")
    for _dialog in range(2):
        page.locator("dialog.demo-wallet").wait_for()
        _tab_to_approve(visitor)
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
    page.wait_for_url(visitor.site + studio("design", frozen.design))
    assert Consent.objects.get(publication=frozen, position=0).state == Consent.State.ACCEPTED


def _tab_to(visitor: Visitor, name: str) -> None:
    focused = "document.activeElement ? document.activeElement.textContent.trim() : ''"
    for _step in range(80):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate(focused) == name:
            return
    raise AssertionError(f"no Tab leads to {name}")


def _tab_to_approve(visitor: Visitor) -> None:
    for _step in range(20):
        if visitor.page.evaluate("document.activeElement?.hasAttribute('data-demo-approve') ?? false"):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(json.dumps(visitor.page.locator("dialog.demo-wallet").inner_text()))
