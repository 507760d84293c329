/** Django's CSRF token on every htmx request that changes something. */

interface HtmxRequest {
  verb: string;
  headers: Record<string, string>;
}

export function signRequests(): void {
  document.addEventListener("htmx:configRequest", (event) => {
    const request = (event as CustomEvent<HtmxRequest>).detail;
    const token = csrfToken();
    if (request.verb !== "get" && token) request.headers["X-CSRFToken"] = token;
  });
}

export function csrfToken(): string {
  const field = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
  if (field) return field.value;
  const found = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
  return found?.[1] ?? "";
}
