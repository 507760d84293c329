/** `<form data-once>`: a second submit while the first is on its way does nothing. The server refuses doubles by itself. */
export function guardForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.once === undefined) return;
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented) return;
    form.dataset.sent = "";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  // A page that comes back from the back-forward cache must be usable again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    }
  });
}
