"""What `manage.py verify` answers when it cannot answer, and with which exit code."""

import pytest

from contracts.testing import LiveChain

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_unknown_file_an_absent_one_and_an_absent_chain_are_told_apart(live_chain: LiveChain) -> None:
    code, output = live_chain.manage("verify", "README.md")
    assert (code, "Nothing is known about this file in this registry." in output) == (1, True), output
    code, output = live_chain.manage("verify", "no-such-file")
    assert (code, "no-such-file cannot be read: No such file or directory." in output) == (2, True), output
    code, output = live_chain.manage("verify", "README.md", "--chain", "specs")
    assert (code, "No setting names a chain in the role specs." in output) == (2, True), output
    (live_chain.var / "deployments" / "31337.json").unlink()
    code, output = live_chain.manage("verify", "README.md")
    assert (code, "contracts are not deployed on chain 31337" in output) == (2, True), output
    assert "Traceback" not in output
