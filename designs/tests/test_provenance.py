"""A record's root commits to every field, and any subset can be proven without the rest."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.provenance import (
    RecordError,
    SaltedRecord,
    UnsafeValue,
    build_record,
    canonical,
    fresh_salts,
    verify,
    verify_disclosure,
)
from designs.provenance.merkle import leaf_hash

VECTORS = json.loads((Path(__file__).parent / "data" / "merkle_vectors.json").read_text())
SAFE = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-SAFE, SAFE),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(texts, values, min_size=1, max_size=12)

STATED = {
    "output_sha256": "ab" * 32,
    "output_cid": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    "output_media_type": "model/stl",
    "disclosure": "ai_assisted",
    "contributors": [{"address": "0x" + "1a" * 20, "role": "designer", "units": 1_000_000}],
    "created_at": datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=2))),
}


def salted(fields):
    return SaltedRecord(fields, fresh_salts(fields))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{len(vector['fields'])} fields")
def test_tree_equals_openzeppelins_standard_merkle_tree(vector):
    record = SaltedRecord(vector["fields"], vector["salts"], vector["version"])
    assert record.root == vector["root"]
    for key, value in vector["fields"].items():
        assert "0x" + canonical(value).hex() == vector["values"][key]
        assert "0x" + leaf_hash(1, key, value, vector["salts"][key]).hex() == vector["leaves"][key]
        assert record.proof(key) == vector["proofs"][key]


@given(fields=records, data=st.data())
def test_any_subset_of_fields_proves_alone(fields, data):
    record = salted(fields)
    chosen = data.draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, unique=True))
    disclosure = json.loads(json.dumps(record.disclose(*chosen)))
    assert verify_disclosure(disclosure)
    assert [field["key"] for field in disclosure["fields"]] == chosen
    assert disclosure["root"] == record.root


@given(fields=records, data=st.data())
def test_an_altered_value_key_salt_version_or_proof_does_not_prove(fields, data):
    record = salted(fields)
    key = data.draw(st.sampled_from(sorted(fields)))
    value, salt, proof, root = fields[key], record.salts[key], record.proof(key), record.root
    assert verify(root, key, value, salt, proof)
    other = data.draw(values.filter(lambda candidate: canonical(candidate) != canonical(value)))
    assert not verify(root, key, other, salt, proof)
    assert not verify(root, key + "x", value, salt, proof)
    assert not verify(root, key, value, fresh_salts([key])[key], proof)
    assert not verify(root, key, value, salt, proof, version=2)
    assert not verify(root, key, value, salt, [*proof, "0x" + "00" * 32])
    if proof:
        assert not verify(root, key, value, salt, proof[1:])


@given(fields=records)
def test_order_of_fields_does_not_change_the_root(fields):
    record = salted(fields)
    turned = SaltedRecord(dict(reversed(fields.items())), record.salts)
    assert turned.root == record.root


@given(fields=records)
def test_fresh_salts_give_another_root_each_time(fields):
    assert salted(fields).root != salted(fields).root


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"format": "other", "root": "0x", "version": 1, "fields": [{}]},
        {"format": "loomprint-field-proof-1", "root": "0x" + "00" * 32, "version": 1, "fields": []},
        {
            "format": "loomprint-field-proof-1",
            "root": "0x" + "00" * 32,
            "version": "1",
            "fields": [{"key": 1, "value": 2, "salt": 3, "proof": 4}],
        },
    ],
)
def test_a_malformed_disclosure_is_false_not_an_error(broken):
    assert verify_disclosure(broken) is False


def test_a_record_needs_a_field_and_a_salt_for_each():
    with pytest.raises(ValueError, match="at least one field"):
        SaltedRecord({}, {})
    with pytest.raises(ValueError, match="every field has a salt"):
        SaltedRecord({"a": 1}, fresh_salts(["b"]))
    with pytest.raises(ValueError, match="64 hex digits"):
        _ = SaltedRecord({"a": 1}, {"a": "0x12"}).root


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        ({"a": [1, 2**53]}, "integer_too_large", "f.a[1]"),
        (-(2**53), "integer_too_large", "f"),
        ({"deep": {"x": float("nan")}}, "not_finite", "f.deep.x"),
        (float("inf"), "not_finite", "f"),
        ({1: 2}, "key_not_text", "f"),
        ("\ud800", "broken_text", "f"),
        ({"x": b"raw"}, "not_json", "f.x"),
    ],
)
def test_values_without_one_canonical_form_are_refused_by_place(value, code, path):
    with pytest.raises(UnsafeValue) as refusal:
        canonical(value, path="f")
    assert refusal.value.code == code
    assert refusal.value.path == path


def test_a_bottomless_value_is_refused():
    value = []
    for _ in range(100):
        value = [value]
    with pytest.raises(UnsafeValue, match="nested deeper than 64 levels"):
        canonical(value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (SAFE, b"9007199254740991"),
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e21, b"1e+21"),
        (0.1 + 0.2, b"0.30000000000000004"),
        ({"\u20ac": 1, "\r": 2, "1": 3}, '{"\\r":2,"1":3,"\u20ac":1}'.encode()),
    ],
)
def test_canonical_form_is_that_of_rfc_8785(value, form):
    assert canonical(value) == form


def test_a_record_has_every_key_and_null_where_nothing_was_stated():
    record = build_record(**STATED)
    assert record.version == 4
    assert record.fields == {
        "design.version": 1,
        "output.sha256": "0x" + "ab" * 32,
        "output.cid": STATED["output_cid"],
        "output.cid_profile": "unixfs-v1-2025",
        "output.media_type": "model/stl",
        "disclosure": "ai_assisted",
        "model.name": None,
        "model.version": None,
        "parameters": None,
        "prompt": None,
        "seed": None,
        "tools": [],
        "contributors": [{"address": "0x" + "1a" * 20, "role": "designer", "units": 1_000_000}],
        "parents": [],
        "created_at": "2026-11-23T10:00:00Z",
        "models": [],
        "programs": [],
        "datasets": [],
        **{f"attachments.{number}": None for number in range(1, 13)},
    }
    assert set(record.salts) == set(record.fields)
    assert len(set(record.salts.values())) == len(record.salts)


def test_a_record_rebuilt_from_stored_json_has_the_same_root():
    record = build_record(
        **STATED,
        parameters={"größe": 2.5, "layers": [1, 2], "nested": {"on": True}},
        prompt="夜 🌙",
        seed="7",
    )
    stored = json.loads(json.dumps({"fields": record.fields, "salts": record.salts}))
    assert SaltedRecord(stored["fields"], stored["salts"], record.version).root == record.root


@pytest.mark.parametrize(
    ("parameters", "code", "field", "advice"),
    [
        ({"seed": 2**63}, "integer_too_large", "parameters.seed", "as text"),
        ({"scale": 1e300}, "integer_too_large", "parameters.scale", "as text"),
        ({"scale": float("nan")}, "not_finite", "parameters.scale", "Leave it out"),
        ({"name": "a\x00b"}, "broken_text", "parameters.name", "Type it again"),
        ({"blob": "x" * 300_000}, "too_long", "parameters", "as a file"),
    ],
)
def test_parameters_that_cannot_be_proven_are_refused_with_advice(parameters, code, field, advice):
    with pytest.raises(RecordError) as refusal:
        build_record(**STATED, parameters=parameters)
    assert refusal.value.code == code
    assert refusal.value.field == field
    assert advice in str(refusal.value)


def test_shares_that_do_not_sum_are_a_bug_of_ours():
    part = STATED["contributors"][0] | {"units": 999_999}
    with pytest.raises(ValueError, match="do not sum"):
        build_record(**STATED | {"contributors": [part]})
