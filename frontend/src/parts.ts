/** Co-creators as a Django formset: rows added and removed, and the sum of the shares while typing.
 *
 * [data-parts] with data-prefix, data-sum-right / data-sum-less / data-sum-more (texts with %s);
 * inside: .part rows in [data-part-list], a <template data-part-template> whose names hold __prefix__,
 * [data-part-add], [data-part-remove] in each row, inputs [data-share] (percent), and [data-share-sum]. */

const WHOLE = 1_000_000;

export function enableParts(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-parts]")) connect(part);
}

function connect(root: HTMLElement): void {
  const list = root.querySelector<HTMLElement>("[data-part-list]");
  const template = root.querySelector<HTMLTemplateElement>("template[data-part-template]");
  const total = root.querySelector<HTMLInputElement>(`input[name="${root.dataset.prefix}-TOTAL_FORMS"]`);
  const add = root.querySelector<HTMLButtonElement>("[data-part-add]");
  if (!list) return;

  if (add && template && total) {
    add.hidden = false;
    add.addEventListener("click", () => {
      list.insertAdjacentHTML("beforeend", template.innerHTML.replaceAll("__prefix__", total.value));
      total.value = String(Number(total.value) + 1);
      const row = list.lastElementChild;
      if (row) showRemove(row);
      row?.querySelector<HTMLElement>("input:not([type=hidden]), select")?.focus();
      showSum(root);
    });
  }
  for (const row of list.children) showRemove(row);
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-part-remove]") : null;
    const row = button?.closest<HTMLElement>(".part");
    if (!row) return;
    remove(row);
    add?.focus();
    showSum(root);
  });
  root.addEventListener("input", () => showSum(root));
  showSum(root);
}

function showRemove(row: Element): void {
  row.querySelector<HTMLElement>("[data-part-remove]")?.removeAttribute("hidden");
}

/** A formset counts its rows: a removed one stays, empty and marked for deletion. */
function remove(row: HTMLElement): void {
  row.hidden = true;
  for (const field of row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) {
    if (field.name.endsWith("-DELETE") && field instanceof HTMLInputElement) {
      if (field.type === "checkbox") field.checked = true;
      else field.value = "on";
    } else if (!field.name.endsWith("-id")) {
      field.required = false;
      if (field instanceof HTMLInputElement) field.value = "";
      else field.selectedIndex = 0;
    }
  }
}

/** Percent with up to four decimals as units of 1,000,000; NaN for anything else. */
export function shareUnits(text: string): number {
  const found = /^\s*(\d{1,3})(?:[.,](\d{0,4}))?\s*%?\s*$/.exec(text);
  return found ? Number(found[1]) * 10_000 + Number((found[2] ?? "").padEnd(4, "0")) : NaN;
}

export function percentText(units: number): string {
  const text = (units / 10_000).toFixed(4);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function showSum(root: HTMLElement): void {
  const output = root.querySelector<HTMLElement>("[data-share-sum]");
  if (!output) return;
  const shares = [...root.querySelectorAll<HTMLInputElement>("[data-share] input, input[data-share]")]
    .filter((input) => !input.closest("[hidden]") && input.value.trim() !== "")
    .map((input) => shareUnits(input.value));
  const sum = shares.reduce((left, right) => left + right, 0);
  const { sumRight = "", sumLess = "", sumMore = "", sumUnclear = "" } = root.dataset;
  const [text, gap] = Number.isNaN(sum)
    ? [sumUnclear, 0]
    : sum === WHOLE
      ? [sumRight, 0]
      : sum < WHOLE
        ? [sumLess, WHOLE - sum]
        : [sumMore, sum - WHOLE];
  output.hidden = false;
  output.dataset.state = sum === WHOLE ? "right" : "wrong";
  output.textContent = text.replace("%s", percentText(gap));
}
