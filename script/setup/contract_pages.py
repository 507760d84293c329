"""What the compiler knows of a contract, for people: reference pages from NatSpec, and storage layouts."""

from typing import Any

Json = dict[str, Any]


def reference_page(name: str, compiled: Json) -> str:
    """Markdown of everything that can be called, is emitted or reverts. `compiled` is forge's JSON."""
    output = compiled["metadata"]["output"]
    abi, user, dev = output["abi"], output["userdoc"], output["devdoc"]
    lines = [f"# {name}", "", "Written from the sources by `script/contracts build`."]
    for text in (dev.get("title"), user.get("notice"), dev.get("details")):
        if text:
            lines += ["", _text(text)]
    calls = sorted((i for i in abi if i["type"] == "function"), key=lambda i: i["name"])
    writing = [i for i in calls if i["stateMutability"] in {"payable", "nonpayable"}]
    reading = [i for i in calls if i not in writing]
    for title, items in (("Calls that change something", writing), ("Views", reading)):
        lines += _section(title, [_function(item, user, dev) for item in items])
    events = sorted((i for i in abi if i["type"] == "event"), key=lambda i: i["name"])
    lines += _section("Events", [_event(item, user, dev) for item in events])
    errors = sorted((i for i in abi if i["type"] == "error"), key=lambda i: i["name"])
    lines += _section("Errors", [_error(item, user) for item in errors])
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
    return [line for text in texts if text for line in ("", _text(text))]


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
    return " ".join(text.split())
