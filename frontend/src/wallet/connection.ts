/** One account of one wallet, and what may be asked of it. */
import {
  createPublicClient,
  createWalletClient,
  custom,
  defineChain,
  getAddress,
  numberToHex,
  stringToHex,
  type Address,
  type Chain,
  type Hash,
  type PublicClient,
} from "viem";
import type { Announced } from "./discovery";
import { chainFacts, type Hex } from "./facts";
import { problemOf, WalletProblem } from "./problems";
import { Sent } from "./sent";

export interface Call {
  to: Address;
  data?: Hex;
  value?: bigint;
}

export function ourChain(): Chain {
  const facts = chainFacts();
  return defineChain({
    id: facts.chainId,
    name: facts.name,
    nativeCurrency: { name: facts.coin.code, symbol: facts.coin.code, decimals: facts.coin.decimals },
    rpcUrls: { default: { http: facts.rpcUrl ? [facts.rpcUrl] : [] } },
  });
}

export class Connection {
  readonly wallet: Announced;
  readonly address: Address;
  /** Reads through the wallet's own node. */
  readonly reader: PublicClient;

  private constructor(wallet: Announced, address: Address) {
    this.wallet = wallet;
    this.address = address;
    this.reader = createPublicClient({ chain: ourChain(), transport: custom(wallet.provider), pollingInterval: 1000 });
  }

  /** Ask the wallet for its account. With `silent` only what it has allowed before; null when it has not. */
  static async with(wallet: Announced, options: { silent?: boolean } = {}): Promise<Connection | null> {
    const method = options.silent ? "eth_accounts" : "eth_requestAccounts";
    const accounts = (await patiently(wallet.provider.request({ method }))) as string[];
    const first = accounts[0];
    if (first) return new Connection(wallet, getAddress(first));
    if (options.silent) return null;
    throw new WalletProblem("rejected");
  }

  /** The chain that the wallet is on now. */
  async chainId(): Promise<number> {
    return Number(await patiently(this.wallet.provider.request({ method: "eth_chainId" })));
  }

  /** EIP-191 over a text. Raises WalletProblem. */
  async signMessage(text: string): Promise<Hex> {
    await this.#stillThisAccount();
    const asked = this.wallet.provider.request({ method: "personal_sign", params: [stringToHex(text), this.address] });
    return (await patiently(asked)) as Hex;
  }

  /** EIP-712 over full typed data (types, primaryType, domain, message). Raises WalletProblem. */
  async signTypedData(typedData: object): Promise<Hex> {
    await this.#stillThisAccount();
    const asked = this.wallet.provider.request({
      method: "eth_signTypedData_v4",
      params: [this.address, JSON.stringify(typedData)],
    });
    return (await patiently(asked)) as Hex;
  }

  /** Send a transaction of this account. Raises WalletProblem; its fate is what `Sent` tells. */
  async send(call: Call): Promise<Sent> {
    await this.#stillThisAccount();
    const client = createWalletClient({
      account: this.address,
      chain: ourChain(),
      transport: custom(this.wallet.provider),
    });
    const hash: Hash = await patiently(client.sendTransaction(call));
    return new Sent(this.reader, hash);
  }

  /** People change the account in the wallet while a page is open; what they then sign is another's. */
  async #stillThisAccount(): Promise<void> {
    const accounts = (await patiently(this.wallet.provider.request({ method: "eth_accounts" }))) as string[];
    const now = accounts[0];
    if (!now || getAddress(now) !== this.address) {
      throw new WalletProblem("wrong_account", { wanted: shortened(this.address), found: now ? shortened(now) : "–" });
    }
  }
}

/** Raises WalletProblem unless the account is one of these. */
export function requireAccount(connection: Connection, allowed: readonly string[]): void {
  if (allowed.some((one) => one.toLowerCase() === connection.address.toLowerCase())) return;
  throw new WalletProblem("wrong_account", {
    wanted: allowed.map(shortened).join(", "),
    found: shortened(connection.address),
  });
}

/** Ask the wallet to come to our chain when it is on another. Raises WalletProblem when it does not. */
export async function requireChain(connection: Connection): Promise<void> {
  const facts = chainFacts();
  if ((await connection.chainId()) === facts.chainId) return;
  const { provider } = connection.wallet;
  const chainId = numberToHex(facts.chainId);
  try {
    await patiently(provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] }));
  } catch (error) {
    if (!facts.rpcUrl || !unknownToWallet(error)) throw new WalletProblem("wrong_chain", { chain: facts.name });
    const { name, nativeCurrency } = ourChain();
    const chain = { chainId, chainName: name, nativeCurrency, rpcUrls: [facts.rpcUrl] };
    await patiently(provider.request({ method: "wallet_addEthereumChain", params: [chain] })).catch(() => undefined);
  }
  if ((await connection.chainId()) !== facts.chainId) throw new WalletProblem("wrong_chain", { chain: facts.name });
}

const unknownToWallet = (error: unknown): boolean =>
  error instanceof WalletProblem && (error.cause as { code?: number } | undefined)?.code === 4902;

/** A wallet's answer, or the problem that it means; also when it does not answer at all. */
export async function patiently<T>(asked: Promise<T>): Promise<T> {
  let timer = 0;
  const silence = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new WalletProblem("timeout")), chainFacts().patience * 1000);
  });
  try {
    return await Promise.race([asked, silence]);
  } catch (error) {
    const problem = problemOf(error);
    problem.cause ??= error;
    throw problem;
  } finally {
    clearTimeout(timer);
  }
}

export function shortened(address: string): string {
  return address.length > 13 ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}
