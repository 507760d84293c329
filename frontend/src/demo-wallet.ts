/** Announces the demo wallet (EIP-6963), on pages of a local start only. Its keys are the local node's, known to all. */
import { DemoWallet } from "./wallet/demo/provider";
import { LOCAL_CHAIN, LocalNode } from "./wallet/demo/node";
import { chainFacts, word } from "./wallet/facts";

const ICON =
  "data:image/svg+xml;base64," +
  btoa(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" fill="none" stroke="#8a5800" stroke-width="1.75">' +
      '<rect x="3" y="7" width="22" height="15" rx="3"/><path d="M3 12h22M18 17h4"/></svg>',
  );
const facts = chainFacts();

if (facts.isLocal && facts.chainId === LOCAL_CHAIN && facts.rpcUrl) {
  const info = Object.freeze({
    uuid: crypto.randomUUID?.() ?? "00000000-0000-4000-8000-000000031337",
    name: word("demo_name"),
    icon: ICON,
    rdns: "example.loomprint.demo-wallet",
  });
  const detail = Object.freeze({ info, provider: new DemoWallet(new LocalNode(facts.rpcUrl)) });
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
}
