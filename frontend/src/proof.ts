/** Proofs of single fields of a record, checked here: nothing of them is sent but the root that they stand under.
 *
 * A leaf is keccak(keccak(abi.encode(uint16 version, string key, bytes rfc8785(value), bytes32 salt))); pairs are hashed in
 * sorted order, as OpenZeppelin's MerkleProof has it.
 */

import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const FORMAT = "loomprint-field-proof-1";
export const MOST_BYTES = 512 * 1024;
const MOST = 64;
const DEEPEST = 64;
const HASH = /^0x[0-9a-f]{64}$/;

export interface FieldProof {
  root: string;
  fields: [string, unknown][];
  holds: boolean;
}

interface GivenField {
  key: string;
  value: unknown;
  salt: string;
  proof: string[];
}

/** The proof in a text; null where it is none. */
export function readProof(text: string): FieldProof | null {
  try {
    const given = JSON.parse(text) as { format?: unknown; root?: unknown; version?: unknown; fields?: unknown };
    const { root, version, fields } = given;
    if (given.format !== FORMAT || typeof root !== "string" || !HASH.test(root)) return null;
    if (typeof version !== "number" || !Number.isInteger(version) || version < 0 || version > 0xffff) return null;
    if (!Array.isArray(fields) || fields.length === 0 || fields.length > MOST) return null;
    const shown = fields as GivenField[];
    if (new Set(shown.map((field) => field.key)).size !== shown.length) return null;
    const holds = shown.every((field) => rootOf(version, field) === root);
    return { root, fields: shown.map((field) => [field.key, field.value]), holds };
  } catch {
    return null;
  }
}

function rootOf(version: number, field: GivenField): string {
  if (typeof field.key !== "string" || !HASH.test(field.salt)) throw new TypeError("no field");
  if (!Array.isArray(field.proof) || field.proof.length > MOST) throw new TypeError("no path");
  let node = leafOf(version, field.key, field.value, hexToBytes(field.salt.slice(2)));
  for (const step of field.proof) {
    if (!HASH.test(step)) throw new TypeError("no hash");
    const sibling = hexToBytes(step.slice(2));
    const inOrder = bytesToHex(node) < step.slice(2);
    node = keccak_256(inOrder ? concatBytes(node, sibling) : concatBytes(sibling, node));
  }
  return `0x${bytesToHex(node)}`;
}

export function leafOf(version: number, key: string, value: unknown, salt: Uint8Array): Uint8Array {
  const name = utf8ToBytes(key);
  const text = utf8ToBytes(canonical(value, 0));
  const second = 4 * 32 + 32 + padded(name.length);
  const encoded = concatBytes(word(version), word(4 * 32), word(second), salt, bytesOf(name), bytesOf(text));
  return keccak_256(keccak_256(encoded));
}

function padded(length: number): number {
  return Math.ceil(length / 32) * 32;
}

function word(number: number): Uint8Array {
  return hexToBytes(number.toString(16).padStart(64, "0"));
}

function bytesOf(data: Uint8Array): Uint8Array {
  const body = new Uint8Array(padded(data.length));
  body.set(data);
  return concatBytes(word(data.length), body);
}

/** RFC 8785: what JSON.stringify writes, with keys sorted by UTF-16 code units, which is how JavaScript sorts. */
export function canonical(value: unknown, depth: number): string {
  if (depth > DEEPEST) throw new RangeError("too deep");
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one, depth + 1)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const object = value as Record<string, unknown>;
    const pairs = Object.keys(object).sort().map((key) => `${JSON.stringify(key)}:${canonical(object[key], depth + 1)}`);
    return `{${pairs.join(",")}}`;
  }
  return JSON.stringify(value);
}
