/** Signing in, linking and confirming with a wallet: `[data-wallet-proof]` (templates/accounts/_wallet_proof.html).
 *
 * The server writes the message and checks the answer; here the wallet is asked, and every end is said. */
import { csrfToken } from "./requests";
import type { Connection } from "./wallet";

type WalletSide = typeof import("./wallet");

/** A refusal of the server: what happened, and what to do. */
class Refusal extends Error {
  readonly nextStep: string;

  constructor(sentence: string, nextStep: string) {
    super(sentence);
    this.nextStep = nextStep;
  }
}

class WalletProof {
  readonly #place: HTMLElement;
  readonly #status: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #start: HTMLButtonElement;
  readonly #other: HTMLButtonElement;

  constructor(place: HTMLElement) {
    const part = <T extends HTMLElement>(name: string): T => place.querySelector<T>(`[data-wallet-${name}]`) as T;
    this.#place = place;
    this.#status = part("status");
    this.#problem = part("problem");
    this.#start = part("start");
    this.#other = part("other");
    this.#start.addEventListener("click", () => void this.#run(false));
    this.#other.addEventListener("click", () => void this.#run(true));
    this.#start.hidden = false;
  }

  async #run(asAnother: boolean): Promise<void> {
    if (this.#start.hasAttribute("aria-disabled")) return;
    this.#busy(true);
    try {
      const side = await import("./wallet");
      this.#say("choosing");
      const connection = asAnother ? await another(side) : await side.chooseWallet();
      await side.requireChain(connection);
      const { message } = await this.#ask(this.#text("messageUrl"), {
        purpose: this.#text("purpose"),
        address: connection.address,
      });
      this.#say("asking");
      const signature = await connection.signMessage(message ?? "");
      this.#say("checking");
      const { next } = await this.#ask(this.#text("proofUrl"), { message, signature, next: this.#text("next") });
      this.#say("done");
      location.assign(next ?? "/");
    } catch (error) {
      this.#busy(false);
      this.#tell(error);
    }
  }

  /** The server's answer to JSON. Raises Refusal. */
  async #ask(url: string, body: object): Promise<Record<string, string>> {
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() };
    const offline = new Refusal(this.#text("textOffline"), this.#text("textOfflineNext"));
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => {
      throw offline;
    });
    const found = (await answer.json().catch(() => {
      throw offline;
    })) as Record<string, string>;
    if (!answer.ok) throw new Refusal(found.sentence ?? offline.message, found.nextStep ?? offline.nextStep);
    return found;
  }

  #tell(error: unknown): void {
    const said = error as { code?: string; sentence?: string; message?: string; nextStep?: string };
    const known = said.nextStep !== undefined;
    const sentence = known ? (said.sentence ?? said.message ?? "") : this.#text("textFailed");
    const nextStep = known ? (said.nextStep ?? "") : this.#text("textFailedNext");
    const lines = this.#problem.querySelectorAll("p");
    for (const [at, text] of [sentence, nextStep].entries()) {
      const line = lines[at];
      if (!line) continue;
      line.textContent = text;
      line.hidden = !text;
    }
    // What people did themselves is no failure.
    this.#problem.classList.toggle("notice-broken", said.code !== "rejected" && said.code !== "waiting");
    this.#problem.hidden = false;
    this.#other.hidden = false;
    this.#problem.focus();
  }

  #say(key: string): void {
    this.#status.textContent = this.#text(`text${key.charAt(0).toUpperCase()}${key.slice(1)}`);
  }

  #busy(busy: boolean): void {
    for (const button of [this.#start, this.#other]) button.toggleAttribute("aria-disabled", busy);
    if (busy) this.#problem.hidden = true;
    this.#status.textContent = "";
  }

  #text(key: string): string {
    return this.#place.dataset[key] ?? "";
  }
}

/** A wallet chosen anew, and where it was allowed before, an account chosen anew in it. */
async function another(side: WalletSide): Promise<Connection> {
  const silently = (await side.wallets()).map((one) => side.Connection.with(one, { silent: true }).catch(() => null));
  const known = (await Promise.all(silently)).flatMap((one) => (one ? [one.wallet.rdns] : []));
  side.forgetWallet();
  const connection = await side.chooseWallet();
  const { wallet } = connection;
  if (!known.includes(wallet.rdns)) return connection;
  try {
    await wallet.provider.request({ method: "wallet_requestPermissions", params: [{ eth_accounts: {} }] });
  } catch (error) {
    const problem = side.problemOf(error);
    if (problem.code === "rejected") throw problem; // Others do not know the question; people switch in the wallet.
  }
  return (await side.Connection.with(wallet, { silent: true })) ?? connection;
}

for (const place of document.querySelectorAll<HTMLElement>("[data-wallet-proof]")) new WalletProof(place);
