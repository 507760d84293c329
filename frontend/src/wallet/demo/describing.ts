/** What is to be signed, as lines that a person can read. */
import { decodeFunctionData, formatEther, hexToString, parseAbi, type Hex } from "viem";
import { chainFacts, word } from "../facts";
import type { Fact } from "./approval";

/** The calls that our pages ask for, so that they are read and not only counted. */
const OUR_CALLS = parseAbi([
  "struct BuyIntent { uint128 entryId; bytes32 terms; address currency; uint128 maxPrice; uint32 quantity; address to; uint64 deadline; }",
  "function buy(BuyIntent intent, bytes32[] proof)",
  "function approve(address spender, uint256 amount)",
  "function claimMany(uint128[] entryIds, address currency)",
]);

export function describeMessage(message: string): Fact[] {
  return [{ name: word("demo_message"), value: /^0x/.test(message) ? hexToString(message as `0x${string}`) : message, long: true }];
}

interface TypedData {
  domain: Record<string, unknown>;
  primaryType: string;
  message: Record<string, unknown>;
}

export function describeTypedData(json: string): Fact[] {
  const data = JSON.parse(json) as TypedData;
  return [
    { name: word("demo_kind"), value: data.primaryType },
    { name: word("demo_for"), value: [data.domain.name, data.domain.version].filter(Boolean).join(" ") },
    { name: word("demo_chain"), value: String(data.domain.chainId ?? "") },
    { name: word("demo_contract"), value: named(String(data.domain.verifyingContract ?? "")) },
    ...lines(data.message, ""),
  ];
}

export function describeTransaction(transaction: Record<string, string>): Fact[] {
  const data = transaction.data ?? transaction.input ?? "0x";
  const value = BigInt(transaction.value ?? "0x0");
  const facts = [{ name: word("demo_contract"), value: named(transaction.to ?? "") }];
  if (value) facts.push({ name: word("demo_value"), value: `${formatEther(value)} ${chainFacts().coin.code}` });
  return data === "0x" ? facts : [...facts, ...describeCall(data as Hex)];
}

function describeCall(data: Hex): Fact[] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: OUR_CALLS, data });
    const found = OUR_CALLS.find((one) => one.name === functionName);
    const named = (found?.inputs ?? []).flatMap(({ name }, at) => lines(args[at], name));
    return [{ name: word("demo_call"), value: functionName }, ...named];
  } catch {
    return [
      { name: word("demo_call"), value: data.slice(0, 10) },
      { name: word("demo_data"), value: `${(data.length - 2) / 2} bytes` },
    ];
  }
}

/** Nested fields by their path: shares 1 holder. */
function lines(value: unknown, path: string): Fact[] {
  if (Array.isArray(value)) {
    if (!value.length) return [{ name: path, value: "–" }];
    return value.flatMap((one, at) => lines(one, `${path} ${at + 1}`));
  }
  if (value && typeof value === "object") {
    return Object.entries(value).flatMap(([name, one]) => lines(one, path ? `${path}, ${name}` : name));
  }
  return [{ name: path, value: named(String(value)) }];
}

/** A contract of ours by its name as well. */
function named(address: string): string {
  const facts = chainFacts();
  const found = Object.entries(facts.contracts).find(([, one]) => one.toLowerCase() === address.toLowerCase());
  return found ? `${found[0]} ${address}` : address;
}
