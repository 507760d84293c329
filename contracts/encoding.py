"""Between the ABI's bytes and what is stored as JSON: integers, 0x text, lists."""

from collections.abc import Mapping
from typing import Any

from contracts import artifacts
from contracts.artifacts import Abi, abi_type
from contracts.errors import Reverted

PANIC_REASONS = {
    0x01: "assertion",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x32: "index out of range",
}


def as_json(value: Any) -> Any:
    """Arguments as they are stored: bytes as 0x text, sequences as lists. Raises TypeError for anything lossy."""
    if isinstance(value, bytes | bytearray | memoryview):
        return "0x" + bytes(value).hex()
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be an argument of a contract")


def encode_call(contract: str, function: str, args: list[Any]) -> bytes:
    """Selector and encoded arguments. Raises KeyError for an unknown function, ValueError for wrong arguments."""
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    selector, item = artifacts.function(contract, function)
    inputs = item["inputs"]
    if len(inputs) != len(args):
        raise ValueError(f"{function} takes {len(inputs)} arguments, {len(args)} were given")
    try:
        values = [_to_abi(parameter, value) for parameter, value in zip(inputs, args, strict=True)]
        return selector + encode([abi_type(parameter) for parameter in inputs], values)
    except (EncodingError, TypeError) as error:
        raise ValueError(f"{function}: {error}") from error


def encode_constructor(contract: str, args: list[Any], *, libraries: Mapping[str, str] | None = None) -> bytes:
    """Creation code, linked with the addresses of the libraries that it calls, and encoded constructor arguments.

    Raises KeyError for a library whose address is not given.
    """
    from eth_abi.abi import encode

    content = artifacts.artifact(contract)
    inputs: list[Abi] = next((item["inputs"] for item in content["abi"] if item["type"] == "constructor"), [])
    values = [_to_abi(parameter, value) for parameter, value in zip(inputs, args, strict=True)]
    code = bytes.fromhex(_linked(content, libraries or {}))
    return code + encode([abi_type(parameter) for parameter in inputs], values)


def _linked(content: dict[str, Any], libraries: Mapping[str, str]) -> str:
    code: str = content["bytecode"].removeprefix("0x")
    for library, offsets in content["linkReferences"].items():
        address = libraries[library].removeprefix("0x").lower()
        for offset in offsets:
            code = code[: 2 * offset] + address + code[2 * offset + len(address) :]
    return code


def decode_result(contract: str, function: str, data: bytes) -> Any:
    """What a view function returned: the value, a tuple of several, None for nothing; bytes stay bytes.

    Structs are tuples in the order of their members, arrays lists, addresses checksummed.
    """
    from eth_abi.abi import decode

    _, item = artifacts.function(contract, function)
    values = decode([abi_type(parameter) for parameter in item["outputs"]], data)
    checked = tuple(
        _addresses_checksummed(parameter, value) for parameter, value in zip(item["outputs"], values, strict=True)
    )
    if not checked:
        return None
    return checked[0] if len(checked) == 1 else checked


def decode_event(item: Abi, topics: list[str], data: str) -> dict[str, Any]:
    """A log's arguments as ChainEvent stores them. Raises ValueError when the log does not fit the event.

    Indexed arguments of dynamic types are only known by their hash, which is what stands in their place.
    """
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    indexed = [parameter for parameter in item["inputs"] if parameter["indexed"]]
    plain = [parameter for parameter in item["inputs"] if not parameter["indexed"]]
    if len(topics) != len(indexed) + 1:
        raise ValueError(f"{item['name']} has {len(indexed)} topics, the log {len(topics) - 1}")
    found: dict[str, Any] = {}
    try:
        for parameter, topic in zip(indexed, topics[1:], strict=True):
            kind = abi_type(parameter)
            if kind in {"string", "bytes"} or kind.endswith(("]", ")")):
                found[parameter["name"]] = topic
            else:
                (value,) = decode([kind], bytes.fromhex(topic[2:]))
                found[parameter["name"]] = _stored(parameter, value)
        values = decode([abi_type(parameter) for parameter in plain], bytes.fromhex(data[2:]))
    except (DecodingError, OverflowError) as error:  # the second for a length that no memory has
        raise ValueError(f"{item['name']}: {error}") from error
    for parameter, value in zip(plain, values, strict=True):
        found[parameter["name"]] = _stored(parameter, value)
    return {parameter["name"]: found[parameter["name"]] for parameter in item["inputs"]}


def decode_revert(data: str) -> Reverted:
    """The reason in a call's revert data: a custom error of ours, a require text, a panic, or unknown bytes."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    raw = bytes.fromhex(data.removeprefix("0x"))
    selector, body = raw[:4], raw[4:]
    try:
        if selector.hex() == "08c379a0":
            # Any contract that a call reaches may say anything here, and PostgreSQL's texts hold no NUL.
            (message,) = decode(["bytes"], body)
            return Reverted("Error", {"message": message.decode(errors="replace").replace("\0", "\ufffd")}, data=data)
        if selector.hex() == "4e487b71":
            code = decode(["uint256"], body)[0]
            return Reverted("Panic", {"reason": PANIC_REASONS.get(code, hex(code))}, data=data)
        item = artifacts.custom_errors().get(selector)
        if item is not None:
            values = decode([abi_type(parameter) for parameter in item["inputs"]], body)
            named = {p["name"]: _stored(p, v) for p, v in zip(item["inputs"], values, strict=True)}
            return Reverted(item["name"], named, data=data)
    except (DecodingError, UnicodeDecodeError, OverflowError):
        pass  # whoever reverts may say anything
    return Reverted("", {}, data=data)


def _to_abi(parameter: Abi, value: Any) -> Any:
    """A stored argument as the encoder wants it."""
    kind: str = parameter["type"]
    if kind.endswith("]"):
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [_to_abi(element, item) for item in value]
    if kind == "tuple":
        components = parameter["components"]
        if len(components) != len(value):
            raise ValueError(f"{parameter['name']} has {len(components)} fields, {len(value)} were given")
        return tuple(_to_abi(c, item) for c, item in zip(components, value, strict=True))
    if kind.startswith("bytes"):
        return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value
    if kind.startswith(("uint", "int")):
        return int(value)
    return value


def _stored(parameter: Abi, value: Any) -> Any:
    """A decoded argument as JSON: integers as decimal text, because readers of JSON round large numbers."""
    from eth_utils.address import to_checksum_address

    kind: str = parameter["type"]
    if kind.endswith("]"):
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [_stored(element, item) for item in value]
    if kind == "tuple":
        return {c["name"]: _stored(c, item) for c, item in zip(parameter["components"], value, strict=True)}
    if kind == "address":
        return to_checksum_address(value)
    if kind.startswith("bytes"):
        return "0x" + value.hex()
    if kind.startswith(("uint", "int")):
        return str(value)
    # Anyone may write texts into our contracts' logs, and PostgreSQL's JSON holds no NUL. The log's bytes are kept too.
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _addresses_checksummed(parameter: Abi, value: Any) -> Any:
    from eth_utils.address import to_checksum_address

    kind: str = parameter["type"]
    if kind.endswith("]"):
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [_addresses_checksummed(element, item) for item in value]
    if kind == "tuple":
        return tuple(_addresses_checksummed(c, item) for c, item in zip(parameter["components"], value, strict=True))
    return to_checksum_address(value) if kind == "address" else value
