"""What the compiler knows of a contract, for people: reference pages from NatSpec, and storage layouts."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
# What follows in OpenZeppelin's comments is for who changes their code, in AsciiDoc.
OF_LIBRARY_AUTHORS = re.compile(r"\s(?:WARNING|NOTE|IMPORTANT|Requirements):.*", re.S)
# "Standing(bool open,bool binding,uint32 ppm)", as EIP-712 writes it.
SIGNED_TYPE = re.compile(r"\s*([A-Z]\w+\(\w+(?:\[\])? \w+(?:,\s*\w+(?:\[\])? \w+)*\))\s*")


def reference_page(name: str, compiled: Json, interfaces: Mapping[str, Json]) -> str:
    """Markdown of everything that can be called, is emitted or reverts, and of the structs in it.

    `compiled` is forge's JSON, `interfaces` the same by name, with syntax trees: structs are told there alone.
    """
    user, dev, abi = *_docs(compiled), compiled["abi"]
    lines = [f"# {name}", "", "Written from the sources by `script/contracts build`."]
    if f"I{name}" in interfaces:
        told, more = _docs(interfaces[f"I{name}"])
        lines += _paragraphs(more.get("title"), told.get("notice"), more.get("details"))
    title = dev.get("title")
    lines += _paragraphs(title if title != name else None, user.get("notice"), dev.get("details"))
    calls = sorted((i for i in abi if i["type"] == "function"), key=lambda i: i["name"])
    writing = [i for i in calls if i["stateMutability"] in {"payable", "nonpayable"}]
    reading = [i for i in calls if i not in writing]
    for title, items in (("Calls that change something", writing), ("Views", reading)):
        lines += _section(title, [_function(item, user, dev) for item in items])
    events = sorted((i for i in abi if i["type"] == "event"), key=lambda i: i["name"])
    lines += _section("Events", [_event(item, user, dev) for item in events])
    errors = sorted((i for i in abi if i["type"] == "error"), key=lambda i: i["name"])
    lines += _section("Errors", [_error(item, user) for item in errors])
    lines += _section("Types", [_definition(node) for node in _types(abi, interfaces)])
    return "\n".join(lines) + "\n"


def storage_layout(compiled: Json) -> list[Json]:
    """The variables in the order of their slots, without the compiler's ids, which move with every edit."""
    layout = compiled["storageLayout"]
    types = layout["types"] or {}
    return [
        {
            "slot": int(item["slot"]),
            "offset": item["offset"],
            "name": item["label"],
            "type": types[item["type"]]["label"],
            "members": [
                f"{member['label']} {types[member['type']]['label']} slot {member['slot']} offset {member['offset']}"
                for member in _struct_within(item["type"], types)
            ],
        }
        for item in layout["storage"]
    ]


def _struct_within(kind: str, types: Json) -> list[Json]:
    found = types[kind]
    while "value" in found or "base" in found:
        found = types[found.get("value") or found["base"]]
    members: list[Json] = found.get("members", [])
    return members


def _docs(compiled: Json) -> tuple[Json, Json]:
    """What NatSpec says to users and to developers. forge's own `metadata` leaves out titles, events and errors."""
    output = json.loads(compiled["rawMetadata"])["output"]
    return output["userdoc"], output["devdoc"]


def _types(abi: list[Json], interfaces: Mapping[str, Json]) -> list[Json]:
    """The definitions of all structs and enums in these calls, events and errors, by their names."""
    known = {
        node["canonicalName"]: node
        for compiled in interfaces.values()
        for node in _nodes(compiled["ast"], "StructDefinition", "EnumDefinition")
    }
    used = {name for item in abi for name in _type_names([*item.get("inputs", []), *item.get("outputs", [])])}
    return [known[name] for name in sorted(used, key=lambda name: name.split(".")[-1])]


def _type_names(items: list[Json]) -> Iterator[str]:
    for item in items:
        kind, _, name = str(item.get("internalType", "")).partition(" ")
        if kind in {"struct", "enum"}:
            yield name.split("[")[0]
        yield from _type_names(item.get("components", []))


def _nodes(tree: Any, *kinds: str) -> Iterator[Json]:
    if isinstance(tree, list):
        for one in tree:
            yield from _nodes(one, *kinds)
    elif isinstance(tree, dict):
        if tree.get("nodeType") in kinds:
            yield tree
        for value in tree.values():
            yield from _nodes(value, *kinds)


def _definition(node: Json) -> list[str]:
    """A struct with its members, or an enum with its numbers."""
    texts = re.findall(r"@(notice|dev|param \w+)\s+([^@]*)", (node.get("documentation") or {}).get("text", ""))
    told = {tag.removeprefix("param "): text for tag, text in texts}
    lines = ["", f"### `{node['name']}`", *_paragraphs(told.get("notice"), told.get("dev"))]
    if node["nodeType"] == "EnumDefinition":
        return [*lines, "", ", ".join(f"{number} {one['name']}" for number, one in enumerate(node["members"])) + "."]
    members = [f"{_kind(member).split('.')[-1]} {member['name']}" for member in node["members"]]
    texts = [told.get(member["name"]) for member in node["members"]]
    return [*lines, "", *(f"- `{m}`" + (f": {_text(t)}" if t else "") for m, t in zip(members, texts, strict=True))]


def _kind(member: Json) -> str:
    return str(member["typeDescriptions"]["typeString"]).removeprefix("struct ").removeprefix("enum ")


def _section(title: str, entries: list[list[str]]) -> list[str]:
    if not entries:
        return []
    return ["", f"## {title}", *(line for entry in entries for line in entry)]


def _function(item: Json, user: Json, dev: Json) -> list[str]:
    signature = _signature(item)
    notes, details = user.get("methods", {}).get(signature, {}), dev.get("methods", {}).get(signature, {})
    pays = " payable" if item["stateMutability"] == "payable" else ""
    gives = _parameters(item.get("outputs", []))
    heading = f"{item['name']}({_parameters(item['inputs'])}){pays}" + (f" → {gives}" if gives else "")
    lines = ["", f"### `{heading}`"]
    lines += _paragraphs(notes.get("notice"), details.get("details"))
    lines += _named(details.get("params", {}))
    return lines + _named(details.get("returns", {}), mark="→ ")


def _event(item: Json, user: Json, dev: Json) -> list[str]:
    signature = _signature(item)
    lines = ["", f"### `{item['name']}({_parameters(item['inputs'])})`"]
    lines += _paragraphs(user.get("events", {}).get(signature, {}).get("notice"))
    return lines + _named(dev.get("events", {}).get(signature, {}).get("params", {}))


def _error(item: Json, user: Json) -> list[str]:
    told = user.get("errors", {}).get(_signature(item), [{}])[0].get("notice")
    return ["", f"- `{item['name']}({_parameters(item['inputs'])})`" + (f": {_text(told)}" if told else "")]


def _paragraphs(*texts: str | None) -> list[str]:
    """Each as a paragraph; the types to sign that stand in one become a list."""
    lines: list[str] = []
    for text in (_text(one) for one in texts if one):
        parts = SIGNED_TYPE.split(text[:1].upper() + text[1:])
        for said, signed in zip(parts[::2], [*parts[1::2], ""], strict=True):
            lines += ["", said] if said else []
            lines += [""] if said and signed else []
            lines += [f"- `{signed.replace(', ', ',')}`"] if signed else []
    return lines


def _named(texts: dict[str, str], *, mark: str = "") -> list[str]:
    listed = [f"- {mark}`{name}`: {_text(text)}" for name, text in texts.items()]
    return ["", *listed] if listed else []


def _parameters(items: list[Json]) -> str:
    return ", ".join(_parameter(item) for item in items)


def _parameter(item: Json) -> str:
    # "struct IDesignRegistry.Parent[]" is written "Parent[]"; an enum or contract likewise.
    kind = str(item.get("internalType") or item["type"]).split(" ")[-1].split(".")[-1]
    return " ".join(part for part in (kind, "indexed" if item.get("indexed") else "", item["name"]) if part)


def _signature(item: Json) -> str:
    return f"{item['name']}({','.join(_type(parameter) for parameter in item['inputs'])})"


def _type(item: Json) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(part) for part in item['components'])}){kind.removeprefix('tuple')}"


def _text(text: str) -> str:
    text = OF_LIBRARY_AUTHORS.sub("", text)
    text = re.sub(r"(?:xref:|https://)[^\s\[]+\[([^]]*)\]", r"\1", text)
    text = re.sub(r"\{([\w-]{3,})\}", r"`\1`", text.replace("``", "`"))
    return " ".join(text.split())
