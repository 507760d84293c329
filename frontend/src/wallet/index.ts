/** The wallet's side of a page. Import it lazily: pages without a wallet action load nothing of it. */
export { chooseWallet, connectAs, forgetWallet, rememberedWallet } from "./choose";
export { Connection, requireAccount, requireChain, shortened, type Call } from "./connection";
export { wallets, type Announced } from "./discovery";
export { chainFacts, word, type ChainFacts, type Hex } from "./facts";
export { problemOf, WalletProblem, type ProblemCode } from "./problems";
export { sayProblem } from "./saying";
export { Sent } from "./sent";
