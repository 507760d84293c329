/** Claiming with a wallet, on the Earnings page.
 *
 * Expects [data-claims] with data-box (the part about what waits), data-ask (where claims are prepared), [data-claim]
 * with data-holder and data-currency, in them buttons [data-way], and [data-claims-said] (role="status").
 * The wallet's side is loaded when a button is pressed. */
import type { Connection, Hex } from "./wallet";

interface Asked {
  order: object | null;
  call: { to: Hex; data: Hex; value: string } | null;
  signed: string;
  sent: string;
  cancel: string;
}

class Refused extends Error {}

class Claims {
  readonly #root: HTMLElement;
  readonly #said: HTMLElement;
  #busy = false;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#said = root.querySelector<HTMLElement>("[data-claims-said]")!;
    this.#showButtons();
    root.addEventListener("htmx:afterSwap", () => this.#showButtons());
    root.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("[data-way]");
      if (button) void this.#alone(() => this.#claim(button));
    });
  }

  #showButtons(): void {
    for (const button of this.#root.querySelectorAll<HTMLElement>("[data-way]")) button.hidden = false;
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

  async #claim(button: HTMLButtonElement): Promise<void> {
    const wallet = await import("./wallet");
    const { holder = "", currency = "" } = button.closest<HTMLElement>("[data-claim]")!.dataset;
    const connection = await wallet.connectAs([holder]);
    await wallet.requireChain(connection);
    const way = button.dataset.way ?? "";
    const asked = (await this.#post(this.#root.dataset.ask ?? "", { holder, currency, way })) as Asked;
    if (asked.order) {
      this.#say(this.#root.dataset.saySign ?? "");
      const signature = await connection.signTypedData(asked.order);
      await this.#post(asked.signed, { signature });
    } else await this.#send(connection, asked);
    this.#said.hidden = true;
    await this.#refresh();
  }

  async #send(connection: Connection, asked: Asked): Promise<void> {
    if (!asked.call) return;
    this.#say(this.#root.dataset.saySend ?? "");
    const claim = await connection.send({ ...asked.call, value: BigInt(asked.call.value) });
    // From here on it goes on without this page.
    await this.#post(asked.sent, { hash: claim.hash });
    await this.#refresh();
    this.#say(this.#root.dataset.sayWait ?? "");
    try {
      await claim.settled({ renamed: (hash) => void this.#post(asked.sent, { hash }), minutes: 2 });
    } catch (error) {
      const problem = (await import("./wallet")).problemOf(error);
      if (problem.code === "canceled" || problem.code === "replaced") await this.#post(asked.cancel, {});
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

  async #post(address: string, fields: Record<string, string>): Promise<unknown> {
    const token = this.#root.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    const answer = await fetch(address, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams(fields),
    });
    const found = (await answer.json().catch(() => ({}))) as { error?: string };
    if (!answer.ok) throw new Refused(found.error ?? this.#root.dataset.sayBroken ?? "");
    return found;
  }

  #say(text: string, look = "notice notice-pending"): void {
    this.#said.hidden = false;
    delete this.#said.dataset.problem;
    this.#said.className = look;
    this.#said.textContent = text;
  }
}

for (const root of document.querySelectorAll<HTMLElement>("[data-claims]")) new Claims(root);
