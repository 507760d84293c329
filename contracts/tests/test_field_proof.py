"""The stand-alone verifier's own reading of field proofs, held against the libraries that make them."""

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from contracts.verifier import FieldProof, NoProof
from contracts.verifier.field_proof import canonical_json, proof_leaf
from designs.provenance import SaltedRecord, fresh_salts
from designs.tests.test_provenance import records, values

VECTORS = json.loads((Path(__file__).parents[2] / "designs" / "tests" / "data" / "merkle_vectors.json").read_text())


@given(values)
def test_canonical_form_is_that_of_rfc_8785(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(st.binary(min_size=8, max_size=8))
def test_every_finite_double_is_written_as_ecmascript_does(raw: bytes) -> None:
    number = struct.unpack(">d", raw)[0]
    if math.isfinite(number):
        assert canonical_json(number) == rfc8785.dumps(number)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
        (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"), (5e-324, "5e-324"), (123456789012345680000.0,
        "123456789012345680000"), (333333333.33333329, "333333333.3333333"), (1.7976931348623157e308,
        "1.7976931348623157e+308"), (9007199254740991, "9007199254740991"),
    ],
)  # fmt: skip
def test_numbers_at_the_edges_of_their_notations(number: float, text: str) -> None:
    assert canonical_json(number) == text.encode()


@pytest.mark.parametrize("value", [2**53, -(2**53), math.nan, math.inf, "\ud800", {"\udfff": 1}, (1,), {1: 2}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises((NoProof, AttributeError)):
        canonical_json(value)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{len(vector['fields'])} fields")
def test_leaves_are_those_of_openzeppelins_tree(vector: dict[str, Any]) -> None:
    for key, value in vector["fields"].items():
        leaf = proof_leaf(vector["version"], key, value, bytes.fromhex(vector["salts"][key][2:]))
        assert "0x" + leaf.hex() == vector["leaves"][key]


@given(fields=records, data=st.data())
def test_a_disclosure_is_read_and_holds_until_it_is_changed(fields: dict[str, Any], data: Any) -> None:
    record = SaltedRecord(fields, fresh_salts(fields), 2)
    chosen = data.draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, unique=True))
    given_away = record.disclose(*chosen)
    proof = FieldProof.read(json.dumps(given_away).encode())
    assert (proof.root, proof.version, proof.fields, proof.holds) == (
        record.root,
        2,
        {key: fields[key] for key in chosen},
        True,
    )
    for change in (
        {"version": 3},
        {"root": "0x" + "11" * 32},
        {"fields": [*given_away["fields"][1:], {**given_away["fields"][0], "value": "changed" + chosen[0]}]},
        {"fields": [*given_away["fields"][1:], {**given_away["fields"][0], "key": chosen[0] + "!"}]},
    ):
        assert not FieldProof.of({**given_away, **change}).holds


GOOD = SaltedRecord({"a": 1, "b": 2}, fresh_salts(["a", "b"])).disclose("a")


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"root": "0x12"},
        {"version": True},
        {"version": 70000},
        {"fields": []},
        {"fields": {}},
        {"fields": [1]},
        {"fields": GOOD["fields"] * 2},
        {"fields": [{**GOOD["fields"][0], "key": 1}]},
        {"fields": [{**GOOD["fields"][0], "salt": "0x00"}]},
        {"fields": [{**GOOD["fields"][0], "proof": ["0x00"]}]},
        {"fields": [{**GOOD["fields"][0], "proof": ["0x" + "00" * 32] * 65}]},
        {"fields": [{**GOOD["fields"][0], "value": 2**60}]},
        {"anchor": {"entry": "7"}},
        {"anchor": {}},
        {"anchor": 3},
    ],
)
def test_what_is_no_proof_is_said_to_be_none(change: dict[str, Any]) -> None:
    if change == {"anchor": {}}:
        assert FieldProof.of({**GOOD, **change}).holds
        return
    with pytest.raises(NoProof):
        FieldProof.read(json.dumps({**GOOD, **change}).encode())


@pytest.mark.parametrize("text", [b"", b"[", b"\xff\xfe", b"[" * 100_000, b"{}" + b" " * 600_000, b"7", b"null"])
def test_what_is_no_json_object_is_no_proof(text: bytes) -> None:
    with pytest.raises(NoProof):
        FieldProof.read(text)
