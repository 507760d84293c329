/** A drop zone around a plain file input: `[data-drop]` holding `input[type=file]` and `[data-drop-hint]`.
 *
 * data-max-bytes and data-extensions (".png,.jpg") give an early hint; the server decides by content. */

const IMAGES = /^image\/(png|jpeg|webp)$/;

export function enableDropZones(root: ParentNode): void {
  for (const zone of root.querySelectorAll<HTMLElement>("[data-drop]")) connect(zone);
}

function connect(zone: HTMLElement): void {
  const input = zone.querySelector<HTMLInputElement>("input[type=file]");
  if (!input) return;
  for (const name of ["dragenter", "dragover"] as const) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.dataset.over = "";
    });
  }
  zone.addEventListener("dragleave", (event) => {
    if (!(event.relatedTarget instanceof Node && zone.contains(event.relatedTarget))) delete zone.dataset.over;
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    delete zone.dataset.over;
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    const one = new DataTransfer();
    one.items.add(file);
    input.files = one.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => describe(zone, input));
  describe(zone, input);
}

function describe(zone: HTMLElement, input: HTMLInputElement): void {
  const hint = zone.querySelector<HTMLElement>("[data-drop-hint]");
  const preview = zone.querySelector<HTMLImageElement>("[data-drop-preview]");
  const file = input.files?.[0];
  if (preview) {
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.hidden = !file || !IMAGES.test(file.type);
    if (file && !preview.hidden) preview.src = URL.createObjectURL(file);
    else preview.removeAttribute("src");
  }
  if (!hint) return;
  const problem = file ? fileProblem(file, zone.dataset) : "";
  hint.dataset.state = problem ? "wrong" : "right";
  hint.textContent = file ? `${file.name}, ${sizeText(file.size)}${problem ? `. ${problem}` : ""}` : "";
}

/** What is wrong with a file before a byte of it is sent, in the page's own words; "" if nothing is. */
export function fileProblem(file: { name: string; size: number }, rules: DOMStringMap): string {
  const extensions = (rules.extensions ?? "").split(",").filter(Boolean);
  if (file.size === 0) return rules.textEmpty ?? "";
  if (rules.maxBytes && file.size > Number(rules.maxBytes)) return rules.textLarge ?? "";
  if (extensions.length > 0 && !extensions.some((end) => file.name.toLowerCase().endsWith(end))) return rules.textKind ?? "";
  return "";
}

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1000, "kB"] : bytes < 1_000_000_000 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}
