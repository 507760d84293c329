"""The published schemas fit what is written, refuse what is not, and the tree is OpenZeppelin's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contracts.verifier import FieldProof
from designs.models import Contribution, Disclosure
from designs.provenance import RECORD_VERSION, SaltedRecord, build_record, fresh_salts, verify_disclosure
from designs.provenance.merkle import leaf_hash
from designs.provenance.schemas import NAMES, schema_text
from designs.tests.merkle_reference import row, trees_of
from designs.tests.test_provenance import STATED, VECTORS, records

FULL = {
    **STATED,
    "created_at": datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    "contributors": [
        {"address": "0x" + "1A" * 20, "role": "designer", "units": 999_999},
        {"address": "0x" + "2b" * 20, "role": "host", "units": 1},
    ],
    "model_name": "lantern",
    "model_version": "3",
    "parameters": {"period": 1.5, "nested": {"list": [1, None, "a"]}},
    "prompt": "a lantern",
    "seed": "7",
    "source_sha256": "cd" * 32,
    "tools": ["CAD 7"],
    "parents": ["0x" + "ef" * 16],
    "models": [{"entry": "0x" + "01" * 16}],
    "programs": [{"name": "CAD", "sha256": None, "license": "proprietary", "address": None}],
    "datasets": [
        {"name": "Shapes", "sha256": "0x" + "02" * 32, "license": "CC-BY-4.0", "address": "https://example.org/s"},
    ],
}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads(schema_text(name))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def document(**stated: Any) -> dict[str, Any]:
    record = build_record(**stated)
    whole = {"version": record.version, "root": record.root, "fields": record.fields, "salts": record.salts}
    return dict(json.loads(json.dumps(whole)))


@pytest.mark.parametrize("stated", [STATED, FULL], ids=["least", "most"])
def test_what_is_built_is_what_the_newest_schema_says(stated):
    newest = validator(f"record-{RECORD_VERSION}")
    assert list(newest.iter_errors(document(**stated))) == []
    assert f"record-{RECORD_VERSION + 1}" not in NAMES


def test_a_record_of_the_first_version_still_is_what_its_schema_says_and_proves_its_fields():
    fields = {k: v for k, v in build_record(**FULL).fields.items() if k not in ("models", "programs", "datasets")}
    first = SaltedRecord(fields, fresh_salts(fields), 1)
    whole = json.loads(
        json.dumps({"version": 1, "root": first.root, "fields": fields, "salts": first.salts}, default=dict)
    )
    assert list(validator("record-1").iter_errors(whole)) == []
    assert not validator("record-2").is_valid(whole)
    proof = first.disclose("prompt")
    assert verify_disclosure(proof)
    assert FieldProof.of(proof).holds
    assert not verify_disclosure({**proof, "version": 2})


def test_the_schema_names_every_key_and_every_word_of_ours():
    properties = json.loads(schema_text(f"record-{RECORD_VERSION}"))["properties"]
    fields = properties["fields"]["properties"]
    built = list(build_record(**STATED).fields)
    assert properties["fields"]["required"] == built == list(fields) == list(properties["salts"]["properties"])
    assert fields["disclosure"]["enum"] == list(Disclosure.values)
    assert fields["contributors"]["items"]["properties"]["role"]["enum"] == list(Contribution.Role.values)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["fields"].pop("seed"),
        lambda record: record["fields"].update(more=1),
        lambda record: record["fields"].update({"output.sha256": "ab" * 32}),
        lambda record: record["fields"].update(disclosure="perhaps"),
        lambda record: record["fields"].update(parents=["0x12"]),
        lambda record: record["fields"].update(prompt=""),
        lambda record: record["fields"]["contributors"][0].update(name="Ada"),
        lambda record: record["salts"].update(seed="0x00"),
        lambda record: record["fields"]["models"].append({"entry": "0x01", "name": "both"}),
        lambda record: record["fields"]["datasets"][0].pop("license"),
        lambda record: record.update(version=9),
        lambda record: record.pop("root"),
    ],
)
def test_the_schema_refuses_what_no_record_is(change):
    record = document(**FULL)
    change(record)
    assert not validator(f"record-{RECORD_VERSION}").is_valid(record)


@given(fields=records, data=st.data())
def test_every_disclosure_is_what_its_schema_says(fields, data):
    chosen = data.draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, unique=True))
    proof = json.loads(json.dumps(SaltedRecord(fields, fresh_salts(fields)).disclose(*chosen)))
    assert list(PROOF.iter_errors(proof)) == []
    assert not PROOF.is_valid({**proof, "more": 1})


@pytest.mark.django_db
def test_schemas_are_served_as_they_are_and_nothing_else_is():
    for name in NAMES:
        response = Client().get(f"/verify/schema/{name}.json")
        assert (response.status_code, response["Content-Type"]) == (200, "application/schema+json")
        assert response.content.decode() == schema_text(name)
    for name in ("record-99", "..%2Frecord", "__init__"):
        assert Client().get(f"/verify/schema/{name}.json").status_code == 404


@pytest.mark.long
def test_trees_equal_those_of_the_package_asked_now():
    cases = [*VECTORS]
    for number in (1, 2, 3, 5, 8, 16, 19, 33):
        fields = {f"key {n}": [n, {"é": "\u2028", "n": 1e21 / 3}, None] for n in range(number)}
        cases.append({"version": 2, "fields": fields, "salts": fresh_salts(fields)})
    rows = [[row(one["version"], k, v, one["salts"][k]) for k, v in one["fields"].items()] for one in cases]
    for one, tree in zip(cases, trees_of(rows), strict=True):
        record = SaltedRecord(one["fields"], one["salts"], one["version"])
        assert record.root == tree["root"]
        assert [record.proof(key) for key in one["fields"]] == tree["proofs"]
        leaves = ["0x" + leaf_hash(one["version"], k, v, one["salts"][k]).hex() for k, v in one["fields"].items()]
        assert leaves == tree["leaves"]


PROOF = validator("field-proof-1")
