/** The verify page: files are hashed here, in a worker; only the hash is asked for, and never is a byte of a file sent.
 * What is sent are Content Credentials that lie beside one. Those that we sign hold its hash and none of its bytes; those of
 * other programs may hold a small picture of it, and its prompt.
 *
 * Expects templates/marketplace/_verify_files.html: [data-verify] with data-worker (script), data-answer (address with 0 in
 * the place of the hash) and the page's words as data-text-*; in it [data-verify-drop], [data-verify-input],
 * [data-verify-list] and [data-verify-said]. */
import { connectBeside, pairs } from "./beside";
import { enableCopying } from "./copy";
import { sizeText } from "./dropzone";
import type { Report } from "./hashing";
import { type FieldProof, MOST_BYTES, readProof } from "./proof";

type Say = (text: string) => void;

/** One file in the list, from waiting to its answer. */
class Entry {
  readonly item = document.createElement("li");
  readonly #bar = document.createElement("progress");
  readonly #state = document.createElement("span");
  readonly #button = document.createElement("button");
  readonly #line = document.createElement("p");
  #quarter = 0;
  canceled = false;

  constructor(
    readonly file: File,
    private readonly beside: File | undefined,
    private readonly words: DOMStringMap,
    private readonly say: Say,
    onCancel: () => void,
  ) {
    const name = document.createElement("p");
    const size = document.createElement("small");
    name.className = "verify-name";
    size.textContent = ` ${sizeText(file.size)}`;
    name.append(file.name, size);
    this.#line.className = "verify-state";
    this.#bar.max = 100;
    this.#bar.value = 0;
    this.#bar.setAttribute("aria-label", `${words.textHashing} ${file.name}`);
    this.#button.type = "button";
    this.#button.className = "btn btn-ghost btn-small";
    this.#button.textContent = words.textCancel ?? "";
    this.#button.setAttribute("aria-label", `${words.textCancelOf} ${file.name}`);
    this.#button.onclick = onCancel;
    this.#state.textContent = words.textWaiting ?? "";
    this.#line.append(this.#state, this.#button);
    this.item.className = "verify-file";
    this.item.tabIndex = -1;
    this.item.append(name, this.#bar, this.#line);
  }

  hashed(bytes: number): void {
    const percent = Math.floor((100 * bytes) / this.file.size);
    this.#bar.value = percent;
    this.#state.textContent = `${this.words.textHashing} ${sizeText(bytes)} / ${sizeText(this.file.size)}`;
    // A quarter at a time is news; each step would talk over everything else.
    const quarter = Math.floor(percent / 25);
    if (quarter > this.#quarter && quarter < 4) this.say(`${quarter * 25} ${this.words.textPercent} ${this.file.name}`);
    this.#quarter = quarter;
  }

  asking(): void {
    this.#bar.removeAttribute("value");
    this.#state.textContent = this.words.textAsking ?? "";
    this.#button.hidden = true;
  }

  /** The end without an answer. `again` brings a button that tries once more. */
  ended(text: string | undefined, again?: () => void): void {
    this.#bar.remove();
    this.#state.textContent = text ?? "";
    this.#button.hidden = !again;
    if (again) {
      this.#button.textContent = this.words.textAgain ?? "";
      this.#button.removeAttribute("aria-label");
      this.#button.onclick = again;
    } else if (document.activeElement === this.#button || document.activeElement === document.body) {
      this.item.focus();
    }
    this.say(`${this.file.name}: ${text ?? ""}`);
  }

  /** A proof of fields with what is known of its root; null where it does not hold and nothing was asked. */
  proven(proof: FieldProof, answer: Element | null): void {
    this.#bar.remove();
    this.#line.remove();
    const notice = document.createElement("p");
    notice.className = `notice notice-title ${proof.holds ? (answer ? "" : "notice-pending") : "notice-broken"}`.trim();
    notice.textContent = (proof.holds ? this.words.textProofHolds : this.words.textProofBroken) ?? "";
    const list = document.createElement("dl");
    list.className = "facts";
    for (const [key, value] of proof.holds ? proof.fields : []) {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      const said = document.createElement("dd");
      term.className = "mono";
      term.textContent = key;
      said.className = "plain-text breakable";
      said.textContent = JSON.stringify(value, null, 2);
      line.append(term, said);
      list.append(line);
    }
    this.item.append(notice, list);
    if (answer) {
      this.item.append(answer);
      enableCopying(answer);
    }
    this.say(`${this.file.name}: ${notice.textContent}`);
  }

  answered(sha256: string, answer: Element): void {
    this.#bar.remove();
    this.#line.remove();
    const hash = document.createElement("p");
    hash.className = "hash hash-whole";
    hash.textContent = sha256;
    this.item.append(hash, answer);
    enableCopying(answer);
    const sentences = [...answer.querySelectorAll(".verdict-sentence, .notice-title")].map((one) => one.textContent?.trim());
    this.say(`${this.file.name}: ${sentences.join(" ")}`);
    connectBeside(answer, this.words, this.beside);
  }
}

class Verification {
  readonly #root: HTMLElement;
  readonly #words: DOMStringMap;
  readonly #list: HTMLElement;
  readonly #waiting: Entry[] = [];
  #worker: Worker | null = null;
  #now: Entry | null = null;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#words = root.dataset;
    this.#list = root.querySelector<HTMLElement>("[data-verify-list]") ?? root;
    const zone = root.querySelector<HTMLElement>("[data-verify-drop]");
    const input = root.querySelector<HTMLInputElement>("[data-verify-input]");
    if (!zone || !input) return;
    zone.hidden = false;
    root.querySelector("[data-verify-plain]")?.remove();
    input.addEventListener("change", () => {
      this.#take([...(input.files ?? [])]);
      // The same file again is a new question.
      input.value = "";
    });
    // Anywhere on the page: a file that misses the box must not open in its place.
    addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.dataset.over = "";
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) delete zone.dataset.over;
    });
    addEventListener("drop", (event) => {
      event.preventDefault();
      delete zone.dataset.over;
      this.#take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  #take(files: File[]): void {
    for (const { file, beside } of pairs(files)) {
      const entry = new Entry(file, beside, this.#words, this.#say, () => this.#cancel(entry));
      this.#list.append(entry.item);
      if (file.size === 0) entry.ended(this.#words.textEmpty);
      else if (file.size <= MOST_BYTES && /\.json$/i.test(file.name)) void this.#takeProof(entry);
      else this.#waiting.push(entry);
    }
    this.#next();
  }

  /** A small JSON may be a proof of fields; else it is a file like any other. */
  async #takeProof(entry: Entry): Promise<void> {
    const proof = readProof(await entry.file.text().catch(() => ""));
    if (entry.canceled) return;
    if (!proof) {
      this.#waiting.push(entry);
      this.#next();
    } else if (!proof.holds) {
      entry.proven(proof, null);
    } else {
      await this.#askRoot(entry, proof);
    }
  }

  async #askRoot(entry: Entry, proof: FieldProof): Promise<void> {
    entry.asking();
    try {
      const response = await fetch((this.#words.root ?? "").replace("/0/", `/${proof.root}/`), { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const answer = page.querySelector("[data-verdict]");
      if (answer) entry.proven(proof, document.importNode(answer, true));
      else entry.ended(page.body.textContent?.trim() || this.#words.textOffline, () => void this.#askRoot(entry, proof));
    } catch {
      entry.ended(this.#words.textOffline, () => void this.#askRoot(entry, proof));
    }
  }

  /** One at a time: two would only share the same disk. */
  #next(): void {
    if (this.#now) return;
    const entry = this.#waiting.shift();
    if (!entry) return;
    this.#now = entry;
    this.#worker ??= new Worker(this.#words.worker ?? "", { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Report>) => this.#heard(entry, data);
    this.#worker.onerror = () => this.#heard(entry, { id: 0, failed: true });
    this.#worker.postMessage({ id: 0, file: entry.file });
  }

  #heard(entry: Entry, report: Report): void {
    if (report.done !== undefined) {
      entry.hashed(report.done);
      return;
    }
    this.#now = null;
    if (report.sha256) void this.#ask(entry, report.sha256);
    else entry.ended(this.#words.textUnreadable);
    this.#next();
  }

  #cancel(entry: Entry): void {
    entry.canceled = true;
    const place = this.#waiting.indexOf(entry);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (this.#now === entry) {
      this.#worker?.terminate();
      this.#worker = this.#now = null;
    }
    entry.ended(this.#words.textCanceled);
    this.#next();
  }

  async #ask(entry: Entry, sha256: string): Promise<void> {
    entry.asking();
    const address = (this.#words.answer ?? "").replace("/0/", `/${sha256}/`);
    try {
      const response = await fetch(`${address}?part=answer`, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const answer = page.querySelector("[data-verdict]");
      if (answer) entry.answered(sha256, document.importNode(answer, true));
      else entry.ended(page.body.textContent?.trim() || this.#words.textOffline, () => void this.#ask(entry, sha256));
    } catch {
      entry.ended(this.#words.textOffline, () => void this.#ask(entry, sha256));
    }
  }

  readonly #say: Say = (text) => {
    const said = this.#root.querySelector<HTMLElement>("[data-verify-said]");
    if (said) said.textContent = text;
  };
}

for (const root of document.querySelectorAll<HTMLElement>("[data-verify]")) new Verification(root);
