"""A master with its proof in it, in each format that holds one: it is found, tells a change, and is read as before."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from contracts.chains import chain
from contracts.signers import operator_signer
from contracts.verifier.statement import statements_in
from designs.credentials import EMBEDDING, read_credentials
from designs.credentials.local_authority import make_local_authority
from designs.inspection import inspect, preflight
from designs.services.renditions import request_rendition, run_rendition
from designs.storage import master_store
from designs.tests.delivered import MASTERS, anchored_version, changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


@pytest.mark.parametrize("form", MASTERS)
def test_a_master_with_its_proof_in_it_is_whole_tells_a_change_and_is_read_as_before(
    form: str, creator: User, settings: Any, tmp_path: Path
) -> None:
    settings.OPERATOR_KEY = "0x" + "07" * 32
    settings.CREDENTIALS_DIR = tmp_path / "authority"
    assert make_local_authority(settings.CREDENTIALS_DIR)
    master = MASTERS[form]
    version = anchored_version(creator, master.content, master.name, form, master.media_type)
    rendition = request_rendition(version=version, form="credentials")
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert rendition.asset is not None, rendition.message
    path = master_store().path(rendition.asset.sha256)

    [(stated, whole)] = statements_in(str(path))
    assert (whole, stated.text, stated.scheme) == (True, rendition.embedded, form)
    assert stated.signer() == operator_signer(chain()).address.lower()
    assert (stated.master, stated.entry_id) == (version.master.sha256, version.design.entry_id)
    (tmp_path / "changed").write_bytes(changed(form, path.read_bytes()))
    assert statements_in(str(tmp_path / "changed")) == [(stated, False)]

    assert rendition.has_credentials is (master.media_type in EMBEDDING)
    beside = None if rendition.manifest is None else master_store().path(rendition.manifest.sha256)
    assert read_credentials(path, master.media_type, tmp_path, beside=beside).state == "trusted"
    assert read_credentials(tmp_path / "changed", master.media_type, tmp_path, beside=beside).state == "invalid"

    found = inspect(path, preflight(path, master.name), tmp_path)
    assert (found.detected.format, found.detected.media_type) == (form, master.media_type)
    assert {name: found.facts[name] for name in master.facts} == master.facts
