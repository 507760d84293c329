/** Passkeys and security keys: `<form data-passkey="create|get">` gets its hidden `credential` from the browser.
 *
 * Options come from the JSON in `#js_data` or from `data-options-url`; texts from the form's data attributes. */

type Json = Record<string, unknown>;

const bytes = (text: string): ArrayBuffer =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0)).buffer;

function text(buffer: ArrayBuffer | null | undefined): string | undefined {
  if (!buffer) return undefined;
  const letters = [...new Uint8Array(buffer)].map((byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// The browsers that we support do not all have parseCreationOptionsFromJSON yet.
function decoded(options: Json): Json {
  const known = (list: unknown): Json[] => ((list as Json[] | undefined) ?? []).map((one) => ({ ...one, id: bytes(one.id as string) }));
  const result: Json = { ...options, challenge: bytes(options.challenge as string) };
  if (options.user) result.user = { ...(options.user as Json), id: bytes((options.user as Json).id as string) };
  if (options.excludeCredentials) result.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) result.allowCredentials = known(options.allowCredentials);
  return result;
}

function encoded(credential: PublicKeyCredential): Json {
  const response = credential.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
      transports: response.getTransports?.(),
    },
  };
}

async function optionsOf(form: HTMLFormElement): Promise<Json> {
  const url = form.dataset.optionsUrl;
  let found: Json;
  if (url) {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("offline");
    found = (await answer.json()) as Json;
  } else {
    found = JSON.parse(document.getElementById("js_data")?.textContent ?? "{}") as Json;
  }
  return ((found.creation_options ?? found.request_options) as Json).publicKey as Json;
}

/** The person's choice: a key that signs in alone must know who they are, and ask for their PIN or finger. */
function standingAlone(form: HTMLFormElement, options: Json): Json {
  const box = form.querySelector<HTMLInputElement>("input[name=passwordless]");
  if (!box) return options;
  const selection = { ...(options.authenticatorSelection as Json) };
  selection.residentKey = box.checked ? "required" : "discouraged";
  selection.requireResidentKey = box.checked;
  if (box.checked) selection.userVerification = "required";
  return { ...options, authenticatorSelection: selection };
}

async function credentialFor(form: HTMLFormElement): Promise<Credential | null> {
  const options = decoded(standingAlone(form, await optionsOf(form)));
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: options as unknown as PublicKeyCredentialCreationOptions })
    : navigator.credentials.get({ publicKey: options as unknown as PublicKeyCredentialRequestOptions });
}

function codeOf(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "Canceled";
  if (name === "InvalidStateError") return "Known";
  return name === "SecurityError" ? "Place" : "Failed";
}

async function run(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  const problem = form.querySelector<HTMLElement>("[data-passkey-problem]");
  if (problem) problem.hidden = true;
  button.setAttribute("aria-disabled", "true");
  try {
    const credential = await credentialFor(form);
    if (!(credential instanceof PublicKeyCredential)) throw new Error("no credential");
    const field = form.querySelector<HTMLInputElement>("input[name=credential]");
    if (field) field.value = JSON.stringify(encoded(credential));
    form.submit();
  } catch (error) {
    button.removeAttribute("aria-disabled");
    if (!problem) return;
    problem.textContent = form.dataset[`text${codeOf(error)}`] ?? "";
    problem.hidden = false;
    problem.focus();
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
  const button = form.querySelector<HTMLButtonElement>("button[data-passkey-start]");
  if (!button || !window.PublicKeyCredential) continue;
  button.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.hasAttribute("aria-disabled")) void run(form, button);
  });
}
