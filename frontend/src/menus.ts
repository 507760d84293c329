/** Header menus are <details>; they close on Escape, on a click elsewhere, and when the focus leaves. */
export function closeMenus(): void {
  const open = (): NodeListOf<HTMLDetailsElement> => document.querySelectorAll("details.menu[open]");
  const closeOthers = (target: EventTarget | null): void => {
    for (const menu of open()) if (!(target instanceof Node && menu.contains(target))) menu.open = false;
  };
  document.addEventListener("click", (event) => closeOthers(event.target));
  document.addEventListener("focusin", (event) => closeOthers(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}
