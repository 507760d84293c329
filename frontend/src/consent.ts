/** Signing a publication with a wallet, and choosing on the publish page who signs.
 *
 * [data-consent] with data-url, data-address, data-publication and its texts; inside: #signed-data (the stored typed
 * data, which the server checks against), [data-consent-sign], [data-consent-resend], [data-consent-account],
 * [data-consent-status]. A signature that has not arrived is kept for this window: a reload or a lost connection
 * costs nobody a second visit to their wallet. */

interface Refusal {
  code?: string;
  sentence?: string;
  next_step?: string;
}

// The server will not take this signature any more. Not so 403: the page is older than the last sign-in, a reload mends it.
const FINAL = new Set([404, 409]);

for (const root of document.querySelectorAll<HTMLElement>("[data-consent]")) connect(root);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-signer]")) chooseSigner(form);

function connect(root: HTMLElement): void {
  const part = <T extends HTMLElement>(name: string): T => root.querySelector<T>(`[data-consent-${name}]`)!;
  const [status, sign, resend, account] = [part("status"), part("sign"), part("resend"), part("account")];
  const { url = "", address = "", publication = "" } = root.dataset;
  const key = `loomprint.signature.${publication}`;
  const data = JSON.parse(root.querySelector("#signed-data")?.textContent ?? "{}") as object;
  let busy = false;

  part("actions").hidden = false;
  if (sessionStorage.getItem(key)) offerAgain(root.dataset.textKept, root.dataset.textKeptNext);
  sign.addEventListener("click", () => void alone(askWallet));
  resend.addEventListener("click", () => void alone(bring));
  account.addEventListener("click", () => void alone(askForAccount));

  async function alone(act: () => Promise<void>): Promise<void> {
    if (busy) return;
    busy = true;
    for (const button of [sign, resend, account]) button.setAttribute("aria-disabled", "true");
    try {
      await act();
    } finally {
      busy = false;
      for (const button of [sign, resend, account]) button.removeAttribute("aria-disabled");
    }
  }

  async function askWallet(): Promise<void> {
    const { chooseWallet, problemOf, requireAccount, requireChain, sayProblem } = await import("./wallet");
    account.hidden = true;
    try {
      say(root.dataset.textAsking);
      const connection = await chooseWallet();
      requireAccount(connection, [address]);
      await requireChain(connection);
      sessionStorage.setItem(key, await connection.signTypedData(data));
    } catch (error) {
      account.hidden = problemOf(error).code !== "wrong_account";
      sayProblem(status, error);
      return;
    }
    await bring();
  }

  /** The wallet shows its accounts again; the next signature is asked of the one that is chosen. */
  async function askForAccount(): Promise<void> {
    const { chooseWallet, sayProblem } = await import("./wallet");
    try {
      const connection = await chooseWallet();
      const params = [{ eth_accounts: {} }] as const;
      await connection.wallet.provider.request({ method: "wallet_requestPermissions", params: [...params] });
    } catch (error) {
      sayProblem(status, error);
      return;
    }
    await askWallet();
  }

  async function bring(): Promise<void> {
    say(root.dataset.textSending);
    const token = root.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    const body = new URLSearchParams({ signature: sessionStorage.getItem(key) ?? "" });
    const headers = { "X-CSRFToken": token, Accept: "application/json" };
    const answer = await fetch(url, { method: "POST", body, headers }).catch(() => null);
    if (answer?.redirected) return offerAgain(root.dataset.textSignedOut, root.dataset.textSignedOutNext);
    const said = (await answer?.json().catch(() => null)) as (Refusal & { next?: string }) | null;
    if (answer?.ok && said?.next) {
      sessionStorage.removeItem(key);
      location.assign(said.next);
      return;
    }
    if (answer && FINAL.has(answer.status)) {
      sessionStorage.removeItem(key);
      resend.hidden = true;
      sign.hidden = false;
      say(said?.sentence ?? root.dataset.textGone, said?.next_step, "notice-broken");
      return;
    }
    offerAgain(said?.sentence ?? root.dataset.textKept, said?.next_step ?? root.dataset.textKeptNext);
  }

  function offerAgain(sentence = "", nextStep = ""): void {
    resend.hidden = false;
    sign.hidden = true;
    say(sentence, nextStep, "notice-pending");
  }

  function say(sentence = "", nextStep = "", tone = ""): void {
    const lines = [sentence, nextStep].filter(Boolean).map((text, at) => {
      const line = document.createElement("p");
      if (at === 0) line.className = "notice-title";
      line.textContent = text;
      return line;
    });
    delete status.dataset.problem;
    status.className = `notice ${tone}`.trim();
    status.hidden = false;
    status.replaceChildren(...lines);
  }
}

/** The password is for the address whose key Loomprint keeps; a wallet is asked on the next page. */
function chooseSigner(form: HTMLFormElement): void {
  const place = form.querySelector<HTMLElement>("[data-signer-password]");
  const button = form.querySelector<HTMLButtonElement>("button[data-signer-wallet]");
  const choices = form.querySelectorAll<HTMLInputElement>("input[type=radio][name=address]");
  if (!place || !button || !choices.length) return;
  const byPassword = button.textContent ?? "";
  const show = () => {
    const chosen = [...choices].find((choice) => choice.checked);
    const custodial = !chosen || chosen.value === form.dataset.custody;
    place.hidden = !custodial;
    button.textContent = custodial ? byPassword : (button.dataset.signerWallet ?? byPassword);
  };
  form.addEventListener("change", show);
  show();
}

export {};
