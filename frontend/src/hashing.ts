/** A worker that hashes one file after another in constant memory. It knows no network: a file goes in, its SHA-256 comes out.
 *
 * In: {id, file}. Out: {id, done} every PROGRESS_MS with the bytes read so far, then {id, sha256} or {id, failed: true}.
 * To cancel, end the worker. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const SLICE = 4 * 1024 * 1024;
const PROGRESS_MS = 100;

export interface Question {
  id: number;
  file: File;
}

export interface Report {
  id: number;
  done?: number;
  sha256?: string;
  failed?: true;
}

// The DOM types describe a page; a worker's own scope has a simpler postMessage.
const scope = self as unknown as { onmessage: ((event: MessageEvent<Question>) => void) | null; postMessage(report: Report): void };

async function hash({ id, file }: Question): Promise<void> {
  const digest = sha256.create();
  let said = performance.now();
  // Slices instead of file.stream(): one buffer at a time, whatever the browser would read ahead.
  for (let at = 0; at < file.size; at += SLICE) {
    digest.update(new Uint8Array(await file.slice(at, at + SLICE).arrayBuffer()));
    if (performance.now() - said > PROGRESS_MS) {
      said = performance.now();
      scope.postMessage({ id, done: Math.min(at + SLICE, file.size) });
    }
  }
  scope.postMessage({ id, sha256: bytesToHex(digest.digest()) });
}

scope.onmessage = ({ data }) => {
  hash(data).catch(() => scope.postMessage({ id: data.id, failed: true }));
};
