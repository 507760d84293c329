/** A transaction on its way: followed by its sender and number, since people speed it up or cancel it in the wallet. */
import type { Hash, PublicClient, TransactionReceipt } from "viem";
import { problemOf, WalletProblem } from "./problems";

export class Sent {
  /** The hash that it is known by now; a sped-up transaction has another one. */
  hash: Hash;
  readonly #reader: PublicClient;

  constructor(reader: PublicClient, hash: Hash) {
    this.#reader = reader;
    this.hash = hash;
  }

  /** Its receipt. `renamed` is told of each new hash. Raises WalletProblem: replaced, canceled, failed. */
  async settled(options: { renamed?: (hash: Hash) => void; minutes?: number } = {}): Promise<TransactionReceipt> {
    let ended: WalletProblem | null = null;
    try {
      const receipt = await this.#reader.waitForTransactionReceipt({
        hash: this.hash,
        timeout: (options.minutes ?? 30) * 60_000,
        onReplaced: ({ reason, transaction }) => {
          this.hash = transaction.hash;
          if (reason === "repriced") options.renamed?.(transaction.hash);
          else ended = new WalletProblem(reason === "cancelled" ? "canceled" : "replaced");
        },
      });
      if (ended) throw ended;
      if (receipt.status !== "success") throw new WalletProblem("failed", { reason: "" });
      this.hash = receipt.transactionHash;
      return receipt;
    } catch (error) {
      throw problemOf(error);
    }
  }
}
