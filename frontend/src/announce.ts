/** Polled parts are swapped every few seconds; a screen reader hears of them only when `[data-announce]` text changes. */
export function announceChanges(): void {
  const announcer = document.getElementById("announcer");
  if (!announcer) return;
  const read = (): string =>
    [...document.querySelectorAll("[data-announce]")]
      .map((part) => part.textContent?.replace(/\s+/g, " ").trim() ?? "")
      .join(" ");
  let known = read();
  document.addEventListener("htmx:afterSwap", () => {
    const now = read();
    if (now === known) return;
    known = now;
    announcer.textContent = now;
  });
}
