/** Wallets on phones, by WalletConnect's relay; announced like any other (EIP-6963) where the site has a project there.
 *
 * The library is loaded when somebody chooses it, not before. */
import type { EIP1193Provider } from "viem";
import { element } from "./elements";
import { chainFacts, word } from "./facts";

type UniversalProvider = InstanceType<(typeof import("@walletconnect/universal-provider"))["UniversalProvider"]>;

const RDNS = "com.walletconnect";
const REMEMBERED = "loomprint.wallet";
const METHODS = ["personal_sign", "eth_signTypedData_v4", "eth_sendTransaction"];
const ICON =
  "data:image/svg+xml;base64," +
  btoa(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" fill="none" stroke="#55606a" stroke-width="1.75">' +
      '<rect x="8" y="3" width="12" height="22" rx="3"/><path d="M12.5 21h3"/></svg>',
  );

class Refused extends Error {
  readonly code = 4001;
}

class RelayedWallet {
  #library: Promise<UniversalProvider> | null = null;

  on(): void {}
  removeListener(): void {}

  async request({ method, params }: { method: string; params?: unknown[] }): Promise<unknown> {
    const { chainId } = chainFacts();
    switch (method) {
      case "eth_accounts":
        return this.#known();
      case "eth_requestAccounts": {
        const known = await this.#known();
        return known.length ? known : this.#pair();
      }
      case "wallet_requestPermissions":
        await (await this.#load()).disconnect().catch(() => undefined);
        return this.#pair();
      case "eth_chainId":
        return `0x${chainId.toString(16)}`; // The pairing is for this chain alone.
      case "wallet_switchEthereumChain":
        return null;
      default:
        return (await this.#load()).request({ method, params }, `eip155:${chainId}`);
    }
  }

  /** Of a session that is open already, without loading the library for those who have none. */
  async #known(): Promise<string[]> {
    const mayBe = this.#library || localStorage.getItem(REMEMBERED) === RDNS;
    return mayBe ? accountsOf(await this.#load()) : [];
  }

  #load(): Promise<UniversalProvider> {
    this.#library ??= begin().catch((error: unknown) => {
      this.#library = null;
      throw error;
    });
    return this.#library;
  }

  async #pair(): Promise<string[]> {
    const { chainId, rpcUrl } = chainFacts();
    const rpcMap = rpcUrl ? { [chainId]: rpcUrl } : undefined;
    const eip155 = { chains: [`eip155:${chainId}`], methods: METHODS, events: ["accountsChanged"], rpcMap };
    const dialog = new PairingDialog();
    try {
      const relayed = await Promise.race([this.#load(), dialog.refused]);
      relayed.once("display_uri", (uri: string) => void dialog.show(uri));
      dialog.refused.catch(() => relayed.abortPairingAttempt());
      await Promise.race([relayed.connect({ optionalNamespaces: { eip155 } }), dialog.refused]);
      return accountsOf(relayed);
    } finally {
      dialog.close();
    }
  }
}

async function begin(): Promise<UniversalProvider> {
  const { UniversalProvider } = await import("@walletconnect/universal-provider");
  const { origin } = location;
  const metadata = { name: "Loomprint", description: word("wc_site"), url: origin, icons: [`${origin}/static/img/favicon.svg`] };
  const projectId = chainFacts().walletConnect;
  return UniversalProvider.init({ projectId, metadata, logger: "silent", telemetryEnabled: false });
}

/** Of the session with the wallet: "eip155:1:0x…" without its beginning. */
function accountsOf(relayed: UniversalProvider): string[] {
  const ours = `eip155:${chainFacts().chainId}:`;
  const all = relayed.session?.namespaces.eip155?.accounts ?? [];
  return all.filter((one) => one.startsWith(ours)).map((one) => one.slice(ours.length));
}

/** Shows what the wallet on the phone has to see; when the page's patience ends, it goes and the page says so. */
class PairingDialog {
  /** Rejects when the person closes it. */
  readonly refused: Promise<never>;
  readonly #dialog: HTMLDialogElement;
  readonly #picture = element("div", { class: "qr" });
  readonly #open = element("a", { class: "btn", hidden: "" }, word("wc_open"));

  constructor() {
    const cancel = element("button", { class: "btn btn-ghost", type: "button" }, word("cancel"));
    this.#dialog = element("dialog", { class: "dialog", "aria-labelledby": "wc-title" }, [
      element("h2", { id: "wc-title" }, word("wc_title")),
      element("p", { class: "quiet" }, word("wc_text")),
      this.#picture,
      element("div", { class: "actions" }, [this.#open, cancel]),
    ]);
    cancel.addEventListener("click", () => this.#dialog.close());
    const timer = setTimeout(() => this.#dialog.remove(), chainFacts().patience * 1000);
    this.refused = new Promise((_, reject) => {
      this.#dialog.addEventListener("close", () => {
        clearTimeout(timer);
        this.#dialog.remove();
        reject(new Refused("closed"));
      });
    });
    this.refused.catch(() => undefined);
    document.body.append(this.#dialog);
    this.#dialog.showModal();
  }

  async show(uri: string): Promise<void> {
    const { encode } = await import("uqr");
    const { data, size } = encode(uri, { border: 2 });
    const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", word("wc_picture"));
    const drawn = document.createElementNS(svg.namespaceURI, "path");
    drawn.setAttribute("d", path);
    svg.append(drawn);
    this.#picture.replaceChildren(svg);
    this.#open.href = uri;
    this.#open.hidden = false;
  }

  close(): void {
    if (this.#dialog.open) this.#dialog.close();
  }
}

const detail = Object.freeze({
  info: Object.freeze({ uuid: "8d2f6a1e-6f0c-4b7e-9a55-0d6b3c1f7e21", name: "WalletConnect", icon: ICON, rdns: RDNS }),
  provider: new RelayedWallet() as unknown as EIP1193Provider,
});

export function announce(): void {
  dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
}
