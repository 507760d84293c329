/** How asking a wallet can end other than well: each with a sentence and a next step. */
import { word } from "./facts";

export type ProblemCode =
  | "rejected"
  | "timeout"
  | "waiting"
  | "wrong_account"
  | "wrong_chain"
  | "no_wallet"
  | "replaced"
  | "canceled"
  | "failed"
  | "slow"
  | "unreachable"
  | "too_little";

export class WalletProblem extends Error {
  readonly code: ProblemCode;
  readonly sentence: string;
  readonly nextStep: string;

  constructor(code: ProblemCode, values: Record<string, string | number> = {}) {
    const sentence = word(`${code}_sentence`, values);
    super(sentence);
    this.name = "WalletProblem";
    this.code = code;
    this.sentence = sentence;
    this.nextStep = word(`${code}_next`, values);
  }
}

/** Codes of EIP-1193 and of JSON-RPC that wallets use, wherever in the chain of causes they stand. */
export function problemOf(error: unknown): WalletProblem {
  for (let cause: unknown = error; cause instanceof Object; cause = (cause as { cause?: unknown }).cause) {
    if (cause instanceof WalletProblem) return cause;
    const { code, name } = cause as { code?: unknown; name?: unknown };
    if (name === "WaitForTransactionReceiptTimeoutError") return new WalletProblem("slow");
    if (code === 4001 || code === "ACTION_REJECTED") return new WalletProblem("rejected");
    if (code === -32002) return new WalletProblem("waiting");
    if (code === 4900 || code === 4901) return new WalletProblem("unreachable");
    if (cause instanceof TypeError && /fetch/i.test(cause.message)) return new WalletProblem("unreachable");
    if (/insufficient funds/i.test(String((cause as { message?: unknown }).message))) {
      return new WalletProblem("too_little");
    }
  }
  return new WalletProblem("failed", { reason: shortReason(error) });
}

function shortReason(error: unknown): string {
  const found = error as { shortMessage?: string; message?: string } | null;
  return (found?.shortMessage ?? found?.message ?? String(error)).split("\n")[0]?.slice(0, 200) ?? "";
}
