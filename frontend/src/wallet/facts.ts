/** What the page tells of the chain, and the words in the reader's language (templates/components/chain_facts.html). */

export type Hex = `0x${string}`;

export interface ChainFacts {
  chainId: number;
  name: string;
  /** A node that browsers may ask, or "" where the wallet's own serves. */
  rpcUrl: string;
  isLocal: boolean;
  contracts: Record<string, Hex>;
  currency: { address: Hex; code: string; decimals: number };
  coin: { code: string; decimals: number };
  /** The site's project at WalletConnect's relay, or "" where it has none. */
  walletConnect: string;
  /** Seconds that a wallet may take to answer before the page says so. */
  patience: number;
}

function readJson<T>(id: string): T {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Error(`This page does not include components/chain_facts.html (#${id}).`);
  return JSON.parse(text) as T;
}

export const chainFacts = (): ChainFacts => readJson<ChainFacts>("chain-facts");

/** The text of this key, with %(name)s filled in. */
export function word(key: string, values: Record<string, string | number> = {}): string {
  const text = readJson<Record<string, string>>("wallet-words")[key] ?? key;
  return text.replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
}
