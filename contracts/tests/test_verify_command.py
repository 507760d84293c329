"""What `manage.py verify` answers when it cannot answer, and with which exit code."""

import pytest

from contracts import artifacts
from contracts.testing import LiveChain
from contracts.verifier import rendition, verify

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_unknown_file_an_absent_one_and_an_absent_chain_are_told_apart(live_chain: LiveChain) -> None:
    code, output = live_chain.manage("verify", "README.md")
    assert (code, "Nothing is known about this file in this registry." in output) == (1, True), output
    assert "the search for near matches could find it, which is an online service" in output
    code, output = live_chain.manage("verify", "no-such-file")
    assert (code, "no-such-file cannot be read: No such file or directory." in output) == (2, True), output
    code, output = live_chain.manage("verify", "README.md", "--chain", "specs")
    assert (code, "No setting names a chain in the role specs." in output) == (2, True), output
    (live_chain.var / "deployments" / "31337.json").unlink()
    code, output = live_chain.manage("verify", "README.md")
    assert (code, "contracts are not deployed on chain 31337" in output) == (2, True), output
    assert "Traceback" not in output


def test_the_verifier_names_events_and_functions_as_the_contracts_do() -> None:
    """It stands alone, so they are constants there."""

    def topic(contract: str, name: str) -> str:
        return next(topic for topic, item in artifacts.events(contract).items() if item["name"] == name)

    def selector(contract: str, name: str) -> str:
        return "0x" + artifacts.function(contract, name)[0].hex()

    assert topic("DesignRegistry", "EntryRegistered") == verify.ENTRY_REGISTERED
    assert topic("DesignRegistry", "VersionAdded") == verify.VERSION_ADDED
    assert topic("LicenseMarket", "OfferOpened") == verify.OFFER_OPENED
    assert selector("DesignRegistry", "market") == verify.MARKET
    assert selector("DesignRegistry", "entry") == verify.ENTRY
    assert selector("DesignRegistry", "ancestorsOf") == verify.ANCESTORS
    assert selector("LicenseMarket", "offer") == verify.OFFER
    assert selector("LicenseMarket", "entryState") == verify.ENTRY_STATE
    assert selector("LicenseMarket", "paused") == verify.PAUSED
    assert selector("TestStablecoin", "symbol") == verify.SYMBOL
    assert selector("TestStablecoin", "decimals") == verify.DECIMALS
    assert selector("DesignRegistry", "authority") == rendition.AUTHORITY
    assert selector("AccessManager", "hasRole") == rendition.HAS_ROLE
    assert topic("AccessManager", "RoleGranted") == rendition.ROLE_GRANTED
