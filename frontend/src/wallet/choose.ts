/** The dialog in which people choose a wallet. The choice is remembered by the wallet's name, not by its account. */
import { Connection, patiently, requireAccount } from "./connection";
import { announced, onAnnounced, wallets, type Announced } from "./discovery";
import { element } from "./elements";
import { word } from "./facts";
import { WalletProblem } from "./problems";

const REMEMBERED = "loomprint.wallet";

/** A connected account. Raises WalletProblem: rejected, timeout, no_wallet. */
export async function chooseWallet(): Promise<Connection> {
  const known = localStorage.getItem(REMEMBERED);
  const here = await wallets();
  const before = here.find((one) => one.rdns === known);
  if (before) {
    const connection = await Connection.with(before, { silent: true }).catch(() => null);
    if (connection) return connection;
  }
  const wallet = await ask();
  const connection = await Connection.with(wallet);
  if (!connection) throw new WalletProblem("rejected");
  localStorage.setItem(REMEMBERED, wallet.rdns);
  return connection;
}

/** A connection with one of these accounts: a wallet that shows another one is asked for it. Raises WalletProblem. */
export async function connectAs(allowed: readonly string[]): Promise<Connection> {
  const connection = await chooseWallet();
  const isAllowed = (one: Connection) => allowed.some((mine) => mine.toLowerCase() === one.address.toLowerCase());
  if (isAllowed(connection)) return connection;
  const params = [{ eth_accounts: {} }] as [{ eth_accounts: Record<string, never> }];
  // A wallet that does not know how to ask (EIP-2255) leaves the change to the person.
  const asked = patiently(connection.wallet.provider.request({ method: "wallet_requestPermissions", params }));
  await asked.catch(() => undefined);
  const changed = (await Connection.with(connection.wallet, { silent: true })) ?? connection;
  requireAccount(changed, allowed);
  return changed;
}

/** The account that was connected at an earlier visit and is still allowed, without asking anybody; else null. */
export async function rememberedWallet(): Promise<Connection | null> {
  const known = localStorage.getItem(REMEMBERED);
  const wallet = known ? (await wallets()).find((one) => one.rdns === known) : undefined;
  return wallet ? Connection.with(wallet, { silent: true }).catch(() => null) : null;
}

/** The next time the dialog asks again. */
export function forgetWallet(): void {
  localStorage.removeItem(REMEMBERED);
}

function ask(): Promise<Announced> {
  const list = element("ul", { class: "wallet-list", role: "list" });
  const none = element("p", { class: "quiet" }, word("none_found"));
  const close = element("button", { class: "btn btn-ghost", type: "button" }, word("cancel"));
  const dialog = element("dialog", { class: "dialog wallet-dialog", "aria-labelledby": "wallet-dialog-title" }, [
    element("h2", { id: "wallet-dialog-title" }, word("choose_title")),
    element("p", { class: "quiet" }, word("choose_text")),
    list,
    none,
    element("div", { class: "actions" }, [close]),
  ]);
  return new Promise((resolve, reject) => {
    const show = () => {
      const here = announced();
      none.hidden = here.length > 0;
      list.replaceChildren(...here.map((wallet) => element("li", {}, [button(wallet)])));
    };
    const button = (wallet: Announced) => {
      const icon = wallet.icon ? [element("img", { src: wallet.icon, alt: "", width: "28", height: "28" })] : [];
      const chosen = element("button", { class: "wallet-choice", type: "button" }, [
        ...icon,
        element("span", {}, wallet.name),
      ]);
      chosen.addEventListener("click", () => {
        resolve(wallet);
        dialog.close("chosen");
      });
      return chosen;
    };
    const stop = onAnnounced(show);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      stop();
      dialog.remove();
      if (dialog.returnValue !== "chosen") reject(new WalletProblem(announced().length ? "rejected" : "no_wallet"));
    });
    show();
    document.body.append(dialog);
    dialog.showModal();
  });
}
