/** Paying with a wallet, on the checkout page.
 *
 * Expects [data-wallet-buy] with data-quote (address of the part about one wallet), data-order (where orders are
 * placed), a [data-wallet-open] button, [data-wallet-quote] and [data-wallet-said] (role="status").
 * All of the wallet's side is loaded when the button is pressed. */

import { Place } from "./place";
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

class WalletPayment {
  readonly #place: Place;
  readonly #root: HTMLElement;
  readonly #quote: HTMLElement;
  #connection: Connection | null = null;

  constructor(root: HTMLElement) {
    this.#place = new Place(root, root.querySelector<HTMLElement>("[data-wallet-said]")!);
    this.#root = root;
    this.#quote = root.querySelector<HTMLElement>("[data-wallet-quote]")!;
    const open = root.querySelector<HTMLButtonElement>("[data-wallet-open]")!;
    open.hidden = false;
    open.addEventListener("click", () => void this.#place.alone(() => this.#connect()));
    this.#quote.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("[data-way]");
      if (button) void this.#place.alone(() => this.#pay(button));
    });
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
    this.#quote.innerHTML = await this.#place.fetchPart(`${this.#root.dataset.quote}?payer=${payer}`);
  }

  async #pay(button: HTMLButtonElement): Promise<void> {
    const wallet = await import("./wallet");
    const connection = this.#connection;
    const choice = button.closest<HTMLElement>("[data-pay]");
    if (!connection || !choice) return;
    await wallet.requireChain(connection);
    const asked = (await this.#place.post(this.#root.dataset.order ?? "", {
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
      this.#place.say(this.#root.dataset.sayPermit ?? "");
      permit = await connection.signTypedData(asked.permit);
    }
    this.#place.say(this.#root.dataset.saySign ?? "");
    const signature = await connection.signTypedData(asked.intent!);
    await this.#place.post(asked.signed, { signature, permit });
  }

  async #send(connection: Connection, asked: Asked): Promise<void> {
    if (asked.approve) {
      this.#place.say(this.#root.dataset.sayApprove ?? "");
      const approval = await connection.send({ ...asked.approve, value: BigInt(asked.approve.value) });
      this.#place.say(this.#root.dataset.sayWait ?? "");
      await approval.settled();
    }
    if (!asked.buy) return;
    this.#place.say(this.#root.dataset.sayBuy ?? "");
    const purchase = await connection.send({ ...asked.buy, value: BigInt(asked.buy.value) });
    // From here on the purchase goes on without this page: the order knows where to look for it.
    await this.#place.post(asked.sent, { hash: purchase.hash });
    this.#place.say(this.#root.dataset.sayWait ?? "");
    try {
      await purchase.settled({ renamed: (hash) => void this.#place.post(asked.sent, { hash }), minutes: 2 });
    } catch (error) {
      const problem = (await import("./wallet")).problemOf(error);
      if (problem.code === "canceled" || problem.code === "replaced") await this.#place.post(asked.cancel, {});
      else if (!["failed", "slow", "unreachable"].includes(problem.code)) throw problem;
    }
  }
}

for (const root of document.querySelectorAll<HTMLElement>("[data-wallet-buy]")) new WalletPayment(root);
