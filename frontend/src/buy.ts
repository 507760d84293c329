/** Paying with a wallet, on the checkout page.
 *
 * Expects [data-wallet-buy] with data-quote (address of the part about one wallet), data-order (where orders are
 * placed), a [data-wallet-open] button, [data-wallet-quote] and [data-wallet-said] (role="status").
 * All of the wallet's side is loaded when the button is pressed. */

import type { Connection, Hex } from "./wallet";

interface Asked {
  order: string;
  signed: string;
  sent: string;
  cancel: string;
  intent: object | null;
  permit: object | null;
  approve: { to: Hex; data: Hex; value: string } | null;
  buy: { to: Hex; data: Hex; value: string } | null;
}

class Refused extends Error {}

class WalletPayment {
  readonly #root: HTMLElement;
  readonly #quote: HTMLElement;
  readonly #said: HTMLElement;
  #connection: Connection | null = null;
  #busy = false;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#quote = root.querySelector<HTMLElement>("[data-wallet-quote]")!;
    this.#said = root.querySelector<HTMLElement>("[data-wallet-said]")!;
    const open = root.querySelector<HTMLButtonElement>("[data-wallet-open]")!;
    open.hidden = false;
    open.addEventListener("click", () => void this.#alone(() => this.#connect()));
    this.#quote.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("[data-way]");
      if (button) void this.#alone(() => this.#pay(button));
    });
  }

  /** One thing at a time; what goes wrong is said, and the buttons work again. */
  async #alone(act: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#root.setAttribute("aria-busy", "true");
    this.#said.hidden = true;
    try {
      await act();
    } catch (error) {
      if (error instanceof Refused) this.#say(error.message, "notice notice-broken");
      else (await import("./wallet")).sayProblem(this.#said, error);
    } finally {
      this.#busy = false;
      this.#root.removeAttribute("aria-busy");
    }
  }

  async #connect(): Promise<void> {
    const wallet = await import("./wallet");
    this.#connection = await wallet.chooseWallet();
    await wallet.requireChain(this.#connection);
    await this.#showQuote();
    this.#quote.querySelector<HTMLElement>("button, a")?.focus();
  }

  async #showQuote(): Promise<void> {
    const payer = this.#connection?.address ?? "";
    const answer = await fetch(`${this.#root.dataset.quote}?payer=${payer}`);
    if (!answer.ok) throw new Refused(await sentenceOf(answer, this.#root));
    this.#quote.innerHTML = await answer.text();
  }

  async #pay(button: HTMLButtonElement): Promise<void> {
    const wallet = await import("./wallet");
    const connection = this.#connection;
    const choice = button.closest<HTMLElement>("[data-pay]");
    if (!connection || !choice) return;
    await wallet.requireChain(connection);
    const asked = (await this.#post(this.#root.dataset.order ?? "", {
      checkout_key: this.#quote.querySelector<HTMLInputElement>("[data-checkout-key]")?.value ?? "",
      payer: connection.address,
      currency: choice.dataset.currency ?? "",
      price: choice.dataset.price ?? "",
      way: button.dataset.way ?? "",
    })) as Asked;
    if (asked.intent) await this.#sign(connection, asked);
    else await this.#send(connection, asked);
    location.assign(asked.order);
  }

  async #sign(connection: Connection, asked: Asked): Promise<void> {
    let permit = "";
    if (asked.permit) {
      this.#say(this.#root.dataset.sayPermit ?? "");
      permit = await connection.signTypedData(asked.permit);
    }
    this.#say(this.#root.dataset.saySign ?? "");
    const signature = await connection.signTypedData(asked.intent!);
    await this.#post(asked.signed, { signature, permit });
  }

  async #send(connection: Connection, asked: Asked): Promise<void> {
    if (asked.approve) {
      this.#say(this.#root.dataset.sayApprove ?? "");
      const approval = await connection.send({ ...asked.approve, value: BigInt(asked.approve.value) });
      this.#say(this.#root.dataset.sayWait ?? "");
      await approval.settled();
    }
    if (!asked.buy) return;
    this.#say(this.#root.dataset.sayBuy ?? "");
    const purchase = await connection.send({ ...asked.buy, value: BigInt(asked.buy.value) });
    // From here on the purchase goes on without this page: the order knows where to look for it.
    await this.#post(asked.sent, { hash: purchase.hash });
    this.#say(this.#root.dataset.sayWait ?? "");
    try {
      await purchase.settled({ renamed: (hash) => void this.#post(asked.sent, { hash }), minutes: 2 });
    } catch (error) {
      const problem = (await import("./wallet")).problemOf(error);
      if (problem.code === "canceled" || problem.code === "replaced") await this.#post(asked.cancel, {});
      else if (!["failed", "slow", "unreachable"].includes(problem.code)) throw problem;
    }
  }

  async #post(address: string, fields: Record<string, string>): Promise<unknown> {
    const token = this.#root.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    const answer = await fetch(address, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams(fields),
    });
    if (!answer.ok) throw new Refused(await sentenceOf(answer, this.#root));
    return answer.json();
  }

  #say(text: string, look = "notice notice-pending"): void {
    this.#said.hidden = false;
    delete this.#said.dataset.problem;
    this.#said.className = look;
    this.#said.textContent = text;
  }
}

async function sentenceOf(answer: Response, root: HTMLElement): Promise<string> {
  const found = (await answer.json().catch(() => ({}))) as { error?: string };
  return found.error ?? root.dataset.sayBroken ?? "";
}

for (const root of document.querySelectorAll<HTMLElement>("[data-wallet-buy]")) new WalletPayment(root);
