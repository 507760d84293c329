/** An EIP-1193 provider with test money, for the local chain alone: it asks before everything, as real wallets do. */
import { approve, chooseAccount, type Fact } from "./approval";
import { describeMessage, describeTransaction, describeTypedData } from "./describing";
import { LOCAL_CHAIN, NodeError, type LocalNode } from "./node";

const CHOSEN = "loomprint.demo-wallet";
/** As many of the node's accounts as the wallet shows. */
const ACCOUNTS = 4;

interface Request {
  method: string;
  params?: readonly unknown[];
}

type Listener = (value: unknown) => void;

export class DemoWallet {
  readonly #node: LocalNode;
  readonly #listeners = new Map<string, Set<Listener>>();
  #asking: Promise<unknown> = Promise.resolve();

  constructor(node: LocalNode) {
    this.#node = node;
  }

  on(event: string, listener: Listener): void {
    const known = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, known.add(listener));
  }

  removeListener(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }

  async request({ method, params = [] }: Request): Promise<unknown> {
    switch (method) {
      case "eth_accounts":
        return this.#allowed();
      case "eth_requestAccounts":
        return this.#allowed().length ? this.#allowed() : this.#oneByOne(() => this.#connect());
      case "wallet_requestPermissions":
        return this.#oneByOne(() => this.#connect());
      case "wallet_revokePermissions":
        return this.#choose(null);
      case "personal_sign":
        return this.#oneByOne(() => this.#signed(method, params, describeMessage(String(params[0])), params[1]));
      case "eth_signTypedData_v4":
        return this.#oneByOne(() => this.#signed(method, params, describeTypedData(String(params[1])), params[0]));
      case "eth_sendTransaction":
        return this.#oneByOne(() => this.#sent(params[0] as Record<string, string>));
      case "wallet_switchEthereumChain":
        return this.#stay(params[0] as { chainId: string });
      case "wallet_addEthereumChain":
        throw new NodeError(4200, "The demo wallet serves the local chain only.");
      default:
        return this.#node.ask(method, params);
    }
  }

  /** Requests wait for one another: two dialogs at once would hide what is being signed. */
  #oneByOne<T>(act: () => Promise<T>): Promise<T> {
    const next = this.#asking.then(act, act);
    this.#asking = next.catch(() => undefined);
    return next;
  }

  #allowed(): string[] {
    const chosen = sessionStorage.getItem(CHOSEN);
    return chosen ? [chosen] : [];
  }

  #choose(account: string | null): null {
    if (account) sessionStorage.setItem(CHOSEN, account);
    else sessionStorage.removeItem(CHOSEN);
    for (const tell of this.#listeners.get("accountsChanged") ?? []) tell(this.#allowed());
    return null;
  }

  async #connect(): Promise<string[]> {
    const accounts = (await this.#node.ask<string[]>("eth_accounts")).slice(0, ACCOUNTS);
    const account = await chooseAccount(accounts);
    if (!account) throw new NodeError(4001, "Rejected in the demo wallet.");
    this.#choose(account);
    return [account];
  }

  async #signed(method: string, params: readonly unknown[], facts: Fact[], account: unknown): Promise<unknown> {
    this.#mustBeAllowed(account);
    if (!(await approve("sign", String(account), facts))) throw new NodeError(4001, "Rejected in the demo wallet.");
    return this.#node.ask(method, params);
  }

  async #sent(transaction: Record<string, string>): Promise<unknown> {
    this.#mustBeAllowed(transaction.from);
    const facts = describeTransaction(transaction);
    if (!(await approve("send", String(transaction.from), facts))) {
      throw new NodeError(4001, "Rejected in the demo wallet.");
    }
    return this.#node.ask("eth_sendTransaction", [transaction]);
  }

  #mustBeAllowed(account: unknown): void {
    if (this.#allowed().some((one) => one.toLowerCase() === String(account).toLowerCase())) return;
    throw new NodeError(4100, "The demo wallet was not allowed to show this account.");
  }

  #stay({ chainId }: { chainId: string }): null {
    if (Number(chainId) !== LOCAL_CHAIN) throw new NodeError(4902, "The demo wallet serves the local chain only.");
    return null;
  }
}
