/** The local node, which holds the keys of its well-known test accounts itself. */

export const LOCAL_CHAIN = 31337;

export class NodeError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class LocalNode {
  readonly #url: string;
  #number = 0;
  #isLocal: Promise<void> | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** Asks the node, once it has said that it is the local chain: the demo wallet serves no other. */
  async ask<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    this.#isLocal ??= this.#refuseOthers();
    try {
      await this.#isLocal;
    } catch (error) {
      this.#isLocal = null;
      throw error;
    }
    return this.#call<T>(method, params);
  }

  async #refuseOthers(): Promise<void> {
    const chain = Number(await this.#call<string>("eth_chainId", []));
    if (chain !== LOCAL_CHAIN) throw new NodeError(4901, `The demo wallet serves chain ${LOCAL_CHAIN}, not ${chain}.`);
  }

  async #call<T>(method: string, params: readonly unknown[]): Promise<T> {
    this.#number += 1;
    const body = JSON.stringify({ jsonrpc: "2.0", id: this.#number, method, params });
    const answer = await fetch(this.#url, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(
      () => {
        throw new NodeError(4900, "The local chain does not answer.");
      },
    );
    const { result, error } = (await answer.json()) as { result: T; error?: { code: number; message: string } };
    if (error) throw new NodeError(error.code, error.message);
    return result;
  }
}
