/** The part of a page that asks a wallet and the server: one thing at a time, and what goes wrong is said in it.
 *
 * The wallet's side is loaded when something is asked, not before. */

/** A refusal by our server, in its own sentence. */
class Refused extends Error {}

export class Place {
  readonly root: HTMLElement;
  readonly #said: HTMLElement;
  #busy = false;

  /** `said` is where it speaks, with role="status". The root has data-say-broken and holds a CSRF token. */
  constructor(root: HTMLElement, said: HTMLElement) {
    this.root = root;
    this.#said = said;
  }

  /** Do this unless something is being done; afterwards the buttons work again, however it ended. */
  async alone(act: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.root.setAttribute("aria-busy", "true");
    this.quiet();
    try {
      await act();
    } catch (error) {
      if (error instanceof Refused) this.say(error.message, "notice notice-broken");
      else (await import("./wallet")).sayProblem(this.#said, error);
    } finally {
      this.#busy = false;
      this.root.removeAttribute("aria-busy");
    }
  }

  say(text: string, look = "notice notice-pending"): void {
    this.#said.hidden = false;
    delete this.#said.dataset.problem;
    this.#said.className = look;
    this.#said.textContent = text;
  }

  quiet(): void {
    this.#said.hidden = true;
  }

  /** A part of the page, as the server writes it. */
  async fetchPart(address: string): Promise<string> {
    const answer = await fetch(address);
    if (!answer.ok) throw await this.#refusal(answer);
    return answer.text();
  }

  async post(address: string, fields: Record<string, string>): Promise<unknown> {
    const token = this.root.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    const answer = await fetch(address, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams(fields),
    });
    if (!answer.ok) throw await this.#refusal(answer);
    return answer.json();
  }

  async #refusal(answer: Response): Promise<Refused> {
    const found = (await answer.json().catch(() => ({}))) as { error?: string };
    return new Refused(found.error ?? this.root.dataset.sayBroken ?? "");
  }
}
