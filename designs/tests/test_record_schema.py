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
from designs.models import Attachment, Contribution, Disclosure, Reference
from designs.provenance import (
    ATTACHMENT_KEYS,
    RECORD_VERSION,
    SaltedRecord,
    build_record,
    fresh_salts,
    verify_disclosure,
)
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
    "tools": ["CAD 7"],
    "parents": ["0x" + "ef" * 16],
    "models": [{"entry": "0x" + "01" * 16}],
    "programs": [
        {"name": "CAD", "sha256": None, "without_hash": "hosted", "license": "proprietary", "address": None},
    ],
    "datasets": [
        {
            "name": "Shapes",
            "sha256": "0x" + "02" * 32,
            "without_hash": None,
            "license": "CC-BY-4.0",
            "address": "https://example.org/s",
        },
    ],
    "attachments": [
        {
            "name": f"part-{number}.py",
            "role": "source",
            "sha256": "0x" + "cd" * 32,
            "size": number,
            "release": "private",
        }
        for number in range(1, 13)
    ],
}
# What the first versions had in other words, or had not.
SINCE_2 = ("models", "programs", "datasets")


def before_4(version: int) -> SaltedRecord:
    """A record with everything, as this version of the schema had it."""
    left_out = {1: (*ATTACHMENT_KEYS, *SINCE_2), 2: ATTACHMENT_KEYS, 3: ()}[version]
    fields = {key: value for key, value in build_record(**FULL).fields.items() if key not in left_out}
    if version < 3:
        fields["source.sha256"] = "0x" + "cd" * 32
    # Without a hash there was no word about it.
    for name in set(SINCE_2) & set(fields):
        fields[name] = [{key: said for key, said in one.items() if key != "without_hash"} for one in fields[name]]
    return SaltedRecord(fields, fresh_salts(fields), version)


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


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_record_of_before_still_is_what_its_schema_says_and_proves_its_fields(version):
    old = before_4(version)
    whole = {"version": version, "root": old.root, "fields": old.fields, "salts": old.salts}
    whole = json.loads(json.dumps(whole, default=dict))
    assert list(validator(f"record-{version}").iter_errors(whole)) == []
    assert not validator(f"record-{version + 1}").is_valid(whole)
    proof = old.disclose("prompt", "source.sha256" if version < 3 else "programs")
    assert verify_disclosure(proof)
    assert FieldProof.of(proof).holds
    assert not verify_disclosure({**proof, "version": version + 1})


def test_one_file_is_proven_without_the_others_and_how_many_there_are_is_not_told():
    many, none = build_record(**FULL), build_record(**STATED)
    proof = json.loads(json.dumps(many.disclose("attachments.3")))
    assert FieldProof.of(proof).holds
    assert FieldProof.of(proof).fields["attachments.3"]["name"] == "part-3.py"
    assert "part-4.py" not in json.dumps(proof)
    assert len(many.salts) == len(none.salts)
    assert none.fields["attachments.1"] is None


def test_more_files_than_fields_are_no_record():
    with pytest.raises(ValueError, match="room for 12"):
        build_record(**{**FULL, "attachments": [{}] * 13})


def test_the_schema_names_every_key_and_every_word_of_ours():
    properties = json.loads(schema_text(f"record-{RECORD_VERSION}"))["properties"]
    fields = properties["fields"]["properties"]
    built = list(build_record(**STATED).fields)
    assert properties["fields"]["required"] == built == list(fields) == list(properties["salts"]["properties"])
    assert fields["disclosure"]["enum"] == list(Disclosure.values)
    assert set(ATTACHMENT_KEYS) <= set(fields)
    attachment = json.loads(schema_text(f"record-{RECORD_VERSION}"))["$defs"]["attachment"]["properties"]
    assert attachment["role"]["enum"] == list(Attachment.Role.values)
    assert attachment["release"]["enum"] == list(Attachment.Release.values)
    _entry, _hashed, unhashed = json.loads(schema_text(f"record-{RECORD_VERSION}"))["$defs"]["reference"]["oneOf"]
    assert unhashed["properties"]["without_hash"]["enum"] == list(Reference.WithoutHash.values)
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
        lambda record: record["fields"]["datasets"][0].update(sha256=None),
        lambda record: record["fields"]["datasets"][0].update(without_hash="hosted"),
        lambda record: record["fields"]["programs"][0].update(without_hash="secret"),
        lambda record: record["fields"]["programs"][0].pop("without_hash"),
        lambda record: record["fields"]["attachments.1"].pop("size"),
        lambda record: record["fields"]["attachments.1"].update(role="virus"),
        lambda record: record["fields"].update({"attachments.13": None}),
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
