/** The creator's forms: form[data-draft] gets the drop zone, the co-creator rows and the parameter check; form[data-upload]
 * also sends with progress. Without this island both are ordinary form posts to the same address.
 *
 * form[data-upload]; inside it [data-upload-status] (hidden) with a <progress>, [data-upload-text] and
 * [data-upload-cancel]. The answer is a redirect (we go there) or the form again with errors (we show it and keep the
 * chosen files, which a plain form post would lose). */

import { enableDropZones, sizeText } from "./dropzone";
import { enableHashing } from "./hash_here";
import { enableParameters } from "./parameters";
import { enableParts } from "./parts";

function connect(form: HTMLFormElement): void {
  enableDropZones(form);
  enableHashing(form);
  enableParts(form);
  enableParameters(form);
  if (form.dataset.upload === undefined) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, event.submitter);
  });
}

function send(form: HTMLFormElement, submitter: HTMLElement | null): void {
  if (form.dataset.sending !== undefined) return;
  const status = form.querySelector<HTMLElement>("[data-upload-status]");
  const bar = status?.querySelector("progress");
  const text = status?.querySelector<HTMLElement>("[data-upload-text]");
  const cancel = status?.querySelector<HTMLButtonElement>("[data-upload-cancel]");
  const words = form.dataset;
  const request = new XMLHttpRequest();
  const title = document.title;

  const finish = (message: string): void => {
    delete form.dataset.sending;
    document.title = title;
    submitter?.removeAttribute("aria-disabled");
    if (bar) bar.hidden = true;
    if (cancel) cancel.hidden = true;
    if (text) text.textContent = message;
  };

  form.dataset.sending = "";
  submitter?.setAttribute("aria-disabled", "true");
  if (status) status.hidden = false;
  if (bar) bar.hidden = false;
  if (cancel) {
    cancel.hidden = false;
    cancel.onclick = () => request.abort();
  }

  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable || !bar || !text) return;
    const percent = Math.floor((event.loaded / event.total) * 100);
    bar.max = 100;
    bar.value = percent;
    text.textContent = `${words.textSending ?? ""} ${sizeText(event.loaded)} / ${sizeText(event.total)}`;
    document.title = `${percent} % · ${title}`;
  });
  request.upload.addEventListener("load", () => {
    bar?.removeAttribute("value");
    if (text) text.textContent = words.textChecking ?? "";
  });
  request.addEventListener("error", () => finish(words.textOffline ?? ""));
  request.addEventListener("abort", () => finish(words.textCanceled ?? ""));
  request.addEventListener("load", () => {
    const here = new URL(form.action, location.href);
    const answered = new URL(request.responseURL || here);
    if (request.status < 300 && answered.pathname !== here.pathname) {
      location.assign(answered);
      return;
    }
    const again = new DOMParser().parseFromString(request.responseText, "text/html").querySelector<HTMLFormElement>("form[data-upload]");
    if (again && request.status < 500) replace(form, again);
    else finish(request.status === 413 ? (words.textLarge ?? "") : (words.textRefused ?? ""));
  });

  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
  request.send(new FormData(form, submitter));
}

/** Show the form that came back with its errors, with the files that were chosen. */
function replace(form: HTMLFormElement, again: HTMLFormElement): void {
  const fresh = document.importNode(again, true);
  for (const input of form.querySelectorAll<HTMLInputElement>("input[type=file]")) {
    const same = fresh.querySelector<HTMLInputElement>(`input[type=file][name="${input.name}"]`);
    if (same && input.files?.length) same.files = input.files;
  }
  form.replaceWith(fresh);
  connect(fresh);
  const summary = fresh.querySelector<HTMLElement>("[data-error-summary]") ?? fresh.querySelector<HTMLElement>("[aria-invalid=true]");
  summary?.focus();
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-upload], form[data-draft]")) connect(form);
