/** Claiming with a wallet, on the Earnings page.
 *
 * Expects [data-claims] with data-box (the part about what waits), data-ask (where claims are prepared), [data-claim]
 * with data-holder and data-currency, in them buttons [data-way], and [data-claims-said] (role="status").
 * The wallet's side is loaded when a button is pressed. */
import { Place } from "./place";
import type { Connection, Hex } from "./wallet";

interface Asked {
  order: object | null;
  call: { to: Hex; data: Hex; value: string } | null;
  signed: string;
  sent: string;
  cancel: string;
}

class Claims {
  readonly #place: Place;
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#place = new Place(root, root.querySelector<HTMLElement>("[data-claims-said]")!);
    this.#root = root;
    this.#showButtons();
    root.addEventListener("htmx:afterSwap", () => this.#showButtons());
    root.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("[data-way]");
      if (button) void this.#place.alone(() => this.#claim(button));
    });
  }

  #showButtons(): void {
    for (const button of this.#root.querySelectorAll<HTMLElement>("[data-way]")) button.hidden = false;
  }

  async #claim(button: HTMLButtonElement): Promise<void> {
    const wallet = await import("./wallet");
    const { holder = "", currency = "" } = button.closest<HTMLElement>("[data-claim]")!.dataset;
    const connection = await wallet.connectAs([holder]);
    await wallet.requireChain(connection);
    const way = button.dataset.way ?? "";
    const asked = (await this.#place.post(this.#root.dataset.ask ?? "", { holder, currency, way })) as Asked;
    if (asked.order) {
      this.#place.say(this.#root.dataset.saySign ?? "");
      const signature = await connection.signTypedData(asked.order);
      await this.#place.post(asked.signed, { signature });
    } else await this.#send(connection, asked);
    this.#place.quiet();
    await this.#refresh();
  }

  async #send(connection: Connection, asked: Asked): Promise<void> {
    if (!asked.call) return;
    this.#place.say(this.#root.dataset.saySend ?? "");
    const claim = await connection.send({ ...asked.call, value: BigInt(asked.call.value) });
    // From here on it goes on without this page.
    await this.#place.post(asked.sent, { hash: claim.hash });
    await this.#refresh();
    this.#place.say(this.#root.dataset.sayWait ?? "");
    try {
      await claim.settled({ renamed: (hash) => void this.#place.post(asked.sent, { hash }), minutes: 2 });
    } catch (error) {
      const problem = (await import("./wallet")).problemOf(error);
      if (problem.code === "canceled" || problem.code === "replaced") await this.#place.post(asked.cancel, {});
      await this.#refresh();
      throw problem;
    }
  }

  /** Show what the server knows now. */
  async #refresh(): Promise<void> {
    const answer = await fetch(this.#root.dataset.box ?? "");
    const box = this.#root.querySelector("#claims");
    if (!answer.ok || !box) return;
    box.outerHTML = await answer.text();
    const fresh = this.#root.querySelector("#claims");
    if (fresh) (window as unknown as { htmx?: { process(element: Element): void } }).htmx?.process(fresh);
    this.#showButtons();
  }
}

for (const root of document.querySelectorAll<HTMLElement>("[data-claims]")) new Claims(root);
