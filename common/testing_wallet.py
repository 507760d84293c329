"""The demo wallet as a person with a browser uses it, and a second wallet that behaves badly.

A page that asks a wallet shows the choice of wallets, then the wallet's own dialogs:

    wallet = DemoWallet(page)
    page.get_by_role("button", name="Sign in with a wallet").click()
    wallet.connect(account=1)      # chooses the demo wallet, then its second account
    wallet.approve()               # signs or sends what is asked; .asked() reads it first
    wallet.reject()

`misbehave(page, ...)` announces another wallet before the page loads, which is on another chain, shows another account
later, or never answers; it signs nothing.
"""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

NAME = "Loomprint demo wallet (test money)"
BAD_NAME = "Wallet of a test"

# An announced provider of the test; what it is to do stands in the page as window.badWallet.
_BAD_WALLET = """(() => {
  const plan = PLAN;
  window.badWallet = plan;
  const provider = {
    on() {}, removeListener() {},
    async request({method, params}) {
      if (plan.silent && method === plan.silent) return new Promise(() => {});
      const refusal = plan.refuses && plan.refuses[method];
      if (refusal) throw Object.assign(new Error(refusal[1] || "refused"), {code: refusal[0]});
      if (method === "eth_chainId") return "0x" + Number(plan.chain).toString(16);
      if (method === "eth_requestAccounts") return [plan.account];
      if (method === "eth_accounts") return [plan.laterAccount || plan.account];
      if (method === "wallet_switchEthereumChain") {
        throw Object.assign(new Error("this wallet stays where it is"), {code: 4001});
      }
      throw Object.assign(new Error(method + " is not done here"), {code: 4200});
    },
  };
  const info = {uuid: "11111111-1111-4111-8111-111111111111", name: NAME, rdns: "test.bad-wallet",
    icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"};
  const announce = () => window.dispatchEvent(
    new CustomEvent("eip6963:announceProvider", {detail: Object.freeze({info, provider})}));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})()"""


class DemoWallet:
    """The dialogs of one page."""

    def __init__(self, page: "Page") -> None:
        self.page = page

    @property
    def dialog(self) -> "Locator":
        return self.page.locator("dialog.demo-wallet")

    def choose(self, name: str = NAME) -> None:
        """Choose among the wallets that have announced themselves."""
        self.page.locator("dialog.wallet-dialog").get_by_role("button", name=name).click()

    def connect(self, *, account: int = 0, name: str = NAME) -> None:
        """Choose the demo wallet and show one of its accounts to the site."""
        self.choose(name)
        self.show_account(account)

    def show_account(self, account: int = 0) -> None:
        self.dialog.locator("input[type=radio]").nth(account).check()
        self.approve()

    def asked(self) -> str:
        """What the dialog shows now."""
        self.dialog.wait_for()
        return self.dialog.inner_text()

    def approve(self) -> None:
        self.dialog.locator("[data-demo-approve]").click()

    def reject(self) -> None:
        self.dialog.locator("[data-demo-reject]").click()

    def switch_to(self, address: str) -> None:
        """Show another account than the page has connected, as people do in their wallet."""
        self.page.evaluate("address => sessionStorage.setItem('loomprint.demo-wallet', address)", address.lower())


def misbehave(
    page: "Page",
    *,
    account: str,
    chain: int = 31337,
    later_account: str = "",
    silent: str = "",
    refuses: dict[str, tuple[int, str]] | None = None,
) -> None:
    """Announce the test's own wallet on every page that is loaded from now on.

    `silent` is a method that it never answers, `refuses` gives error codes and messages by method, `later_account` is
    what it shows once connected.
    """
    plan: dict[str, Any] = {
        "account": account,
        "chain": chain,
        "laterAccount": later_account,
        "silent": silent,
        "refuses": refuses or {},
    }
    page.add_init_script(_BAD_WALLET.replace("PLAN", json.dumps(plan)).replace("NAME", json.dumps(BAD_NAME)))
