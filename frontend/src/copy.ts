/** Copy buttons: `<button data-copy="whole value" hidden>`; shown only where the clipboard can be used. */

const SHOWN_MS = 1600;

export function enableCopying(root: ParentNode): void {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    if (!button.hidden) continue;
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  await navigator.clipboard.writeText(button.dataset.copy ?? "");
  const name = button.getAttribute("aria-label") ?? "";
  button.dataset.copied = "";
  button.setAttribute("aria-label", button.dataset.copiedLabel ?? name);
  setTimeout(() => {
    delete button.dataset.copied;
    button.setAttribute("aria-label", name);
  }, SHOWN_MS);
}
