/** Content Credentials beside a file: sent from the form in its answer, whose words come back into the page.
 *
 * Expects templates/marketplace/_verdict_beside.html: form[data-beside] with one input, and [data-beside-answer]. Without
 * this script the form leads to a page of its own. */

const MANIFEST = /\.c2pa$/i;

export interface Pair {
  file: File;
  beside?: File;
}

/** Files that came at once, each with the credentials of its own name; where two came, the one goes with the other.
 * Credentials that belong to none of them are a file like any other. */
export function pairs(files: File[]): Pair[] {
  const found: Pair[] = files.filter((file) => !MANIFEST.test(file.name)).map((file) => ({ file }));
  for (const manifest of files.filter((file) => MANIFEST.test(file.name))) {
    const stem = manifest.name.replace(MANIFEST, "");
    const named = found.find(({ file, beside }) => !beside && file.name.replace(/\.[^.]*$/, "") === stem);
    const owner = named ?? (files.length === 2 ? found.find(({ file }) => file !== manifest) : undefined);
    if (owner && !MANIFEST.test(owner.file.name)) owner.beside = manifest;
    else found.push({ file: manifest });
  }
  return found;
}

/** Let the form in an answer answer in its place; with `beside` at once. */
export function connectBeside(answer: Element, words: DOMStringMap, beside?: File): void {
  const form = answer.querySelector<HTMLFormElement>("form[data-beside]");
  const said = answer.querySelector<HTMLElement>("[data-beside-answer]");
  const input = form?.querySelector<HTMLInputElement>("input[type=file]");
  if (!form || !said || !input) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, said, words);
  });
  if (!beside) return;
  const one = new DataTransfer();
  one.items.add(beside);
  input.files = one.files;
  form.closest("details")?.setAttribute("open", "");
  form.requestSubmit();
}

async function send(form: HTMLFormElement, said: HTMLElement, words: DOMStringMap): Promise<void> {
  said.textContent = words.textAsking ?? "";
  try {
    const response = await fetch(`${form.action}?part=answer`, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = page.querySelector("[data-credentials], .notice");
    if (found) said.replaceChildren(document.importNode(found, true));
    else said.textContent = words.textOffline ?? "";
  } catch {
    said.textContent = words.textOffline ?? "";
  }
}
