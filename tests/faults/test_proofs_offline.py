"""Fields are proven with our server switched off: a small JSON, the one-file verifier, a node, and the contract."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.verifier import one_file
from designs.models import ProvenanceRecord
from designs.provenance import SaltedRecord, canonical, fresh_salts
from tests.faults.market import Market

pytestmark = pytest.mark.django_db(transaction=True)


def test_fields_are_proven_by_command_and_by_contract_and_changed_ones_are_not(market: Market, tmp_path: Path) -> None:
    market.publish()
    here = market.live.chain
    registry = here.deployment.address("DesignRegistry")
    (tmp_path / "verify.py").write_text(one_file())
    (tmp_path / "file").write_bytes(market.file)
    (tmp_path / "other").write_bytes(b"another file")
    record = ProvenanceRecord.objects.get().salted
    proof: dict[str, Any] = record.disclose("disclosure", "output.sha256")

    def verdict(proof: dict[str, Any], *more: str) -> tuple[int, dict[str, Any]]:
        (tmp_path / "proof.json").write_text(json.dumps(proof))
        command = [sys.executable, "-I", "verify.py", "--proof", "proof.json", "--rpc", here.rpc_url]
        command += ["--registry", registry, "--json", *more]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, json.loads(done.stdout)

    anchor = {"chain": here.chain_id, "registry": registry, "entry": market.design.entry_id, "number": 1}
    # A hint that is right, and one that is wrong: the chain is asked either way.
    for given in ({**proof, "anchor": anchor}, {**proof, "anchor": {**anchor, "entry": "0x" + "00" * 16}}):
        code, told = verdict(given)
        assert (code, told["verdict"], told["known"]) == (0, "proven", True)
        assert told["proof"]["fields"] == {key: record.fields[key] for key in ("disclosure", "output.sha256")}
        assert [claim["entry_id"] for claim in told["proof"]["claims"]] == [market.design.entry_id]
        assert "prompt" not in json.dumps(told["proof"]["fields"])
    code, told = verdict(proof, "file")
    assert (code, told["verdict"], told["proof"]["same_file"]) == (0, "proven", True)
    code, told = verdict(proof, "other")
    assert (code, told["verdict"], told["proof"]["same_file"]) == (3, "other_file", False)

    first = proof["fields"][0]
    code, told = verdict({**proof, "fields": [{**first, "value": "not_ai at all"}]})
    assert (code, told["verdict"], told["proof"]["claims"]) == (3, "broken", [])
    fields = dict(record.fields)
    unanchored = SaltedRecord(fields, fresh_salts(fields), record.version).disclose("disclosure")
    code, told = verdict(unanchored)
    assert (code, told["verdict"], told["known"]) == (1, "unanchored", False)

    code_and_words = market.live.manage("verify", "--proof", str(tmp_path / "proof.json"))
    assert code_and_words[0] == 1
    assert "no record of this registry has their root" in code_and_words[1]

    for value, answer in ((first["value"], True), ("changed", False)):
        salt, steps = bytes.fromhex(first["salt"][2:]), [bytes.fromhex(step[2:]) for step in first["proof"]]
        arguments = (market.entry, 1, record.version, first["key"], canonical(value), salt, steps)
        assert market.ask("DesignRegistry", "verifyField", *arguments) is answer
