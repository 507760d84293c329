/** The demo wallet's own dialogs: always labeled as test money, never approved by closing them. */
import { element } from "../elements";
import { word } from "../facts";

export interface Fact {
  name: string;
  value: string;
  long?: boolean;
}

/** One of these accounts, or null when the person refuses. */
export function chooseAccount(accounts: readonly string[]): Promise<string | null> {
  const choices = accounts.map((account, at) => {
    const input = element("input", { type: "radio", name: "demo-account", value: account, id: `demo-account-${at}` });
    input.checked = at === 0;
    const text = element("span", {}, [
      element("span", {}, word("demo_account", { number: at + 1 })),
      element("span", { class: "mono demo-address" }, account),
    ]);
    return element("label", { class: "choice", for: input.id }, [input, text]);
  });
  const fields = element("fieldset", { class: "demo-accounts" }, [
    element("legend", {}, word("demo_choose_account")),
    ...choices,
  ]);
  return open(word("demo_connect_title"), [fields], word("demo_connect")).then((approved) => {
    const chosen = fields.querySelector<HTMLInputElement>("input:checked");
    return approved && chosen ? chosen.value : null;
  });
}

/** Whether the person approves this signature or transaction of the account. */
export function approve(kind: "sign" | "send", account: string, facts: readonly Fact[]): Promise<boolean> {
  const rows = [{ name: word("demo_by"), value: account }, ...facts].map((fact: Fact) =>
    element("div", fact.long ? { class: "demo-long" } : {}, [
      element("dt", {}, fact.name),
      element("dd", { class: "mono" }, fact.value),
    ]),
  );
  const list = element("dl", { class: "facts facts-left demo-facts", tabindex: "0" }, rows);
  list.setAttribute("aria-label", word("demo_what"));
  return open(word(`demo_${kind}_title`), [list], word(`demo_${kind}`));
}

function open(title: string, content: readonly Node[], yes: string): Promise<boolean> {
  const approveButton = element("button", { class: "btn", type: "button", "data-demo-approve": "" }, yes);
  const rejectButton = element("button", { class: "btn btn-ghost", type: "button", "data-demo-reject": "" }, word("demo_reject"));
  const dialog = element("dialog", { class: "dialog demo-wallet", "aria-labelledby": "demo-wallet-title" }, [
    element("p", { class: "demo-label" }, word("demo_label")),
    element("h2", { id: "demo-wallet-title" }, title),
    ...content,
    element("div", { class: "actions" }, [approveButton, rejectButton]),
  ]);
  return new Promise((resolve) => {
    approveButton.addEventListener("click", () => dialog.close("approved"));
    rejectButton.addEventListener("click", () => dialog.close("rejected"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "approved");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
