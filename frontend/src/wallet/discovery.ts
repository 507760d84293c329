/** Wallets that announce themselves to the page (EIP-6963). */
import type { EIP1193Provider } from "viem";
import { chainFacts } from "./facts";

export interface Announced {
  /** Of this page load only. */
  uuid: string;
  name: string;
  /** An image as a data: address. */
  icon: string;
  /** The wallet's name in reverse domain order: the same at every visit. */
  rdns: string;
  provider: EIP1193Provider;
}

interface Announcement {
  info: Omit<Announced, "provider">;
  provider: EIP1193Provider;
}

// Wallets answer in the same turn of the event loop; a slow one is heard as long as the dialog is open.
const ANSWER_WITHIN = 200;
const found = new Map<string, Announced>();
const listeners = new Set<() => void>();

addEventListener("eip6963:announceProvider", (event) => {
  const { info, provider } = (event as CustomEvent<Announcement>).detail;
  if (!info?.uuid || !info.rdns || typeof provider?.request !== "function") return;
  found.set(info.rdns, { ...info, icon: /^data:image\//.test(info.icon) ? info.icon : "", provider });
  for (const tell of listeners) tell();
});

/** Everyone who has answered so far, by name. */
export function announced(): Announced[] {
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** Ask who is there. */
export async function wallets(): Promise<Announced[]> {
  dispatchEvent(new Event("eip6963:requestProvider"));
  // The other wallets serve without it.
  if (chainFacts().walletConnect) await import("./walletconnect").then((relay) => relay.announce(), () => undefined);
  await new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN));
  return announced();
}

/** Call `tell` whenever another wallet is heard; returns what stops that. */
export function onAnnounced(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
