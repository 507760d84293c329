"""Deploying: once, resumed after a kill, refused where it would do harm."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts import signers
from contracts.chains import Chain, chain, read_deployment
from contracts.client import client
from contracts.deployment import ensure_deployed, load_record
from contracts.deployment.plan import create_address
from contracts.deployment.run import DeploymentFailed
from contracts.errors import ChainNotDeployed, SignerRefused, WrongChain
from contracts.models import SenderNonce
from contracts.signers import EnvironmentSigner, operator_signer
from contracts.startup import CannotStart
from contracts.testing import LOCAL_CHAIN_ID, LiveChain
from contracts.tests.actions import address, balance, plan_transfer

# anvil's first account: its key is printed at every start of every anvil.
DEVELOPMENT_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def say_nothing(_line: str) -> None:
    pass


@pytest.fixture
def empty_chain(live_chain: LiveChain) -> LiveChain:
    """A chain of the operator's without our contracts, and no record of any."""
    live_chain.node.stop()
    live_chain.node.state_file.unlink()
    live_chain.node.start()
    (live_chain.var / "deployments" / f"{LOCAL_CHAIN_ID}.json").unlink()
    return live_chain


def test_addresses_follow_from_sender_and_nonce() -> None:
    """Values of https://eips.ethereum.org/EIPS/eip-161's era, known from the first uses of that sender."""
    sender = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"
    assert create_address(sender, 0) == "0xcd234A471b72ba2F1Ccf0A70FCABA648a5eeCD8d"
    assert create_address(sender, 1) == "0x343c43A37D37dfF08AE8C4A11544c718AbB4fCF8"
    assert create_address(sender, 2) == "0xf778B86FA74E846c4f0a1fBd1335FE81c00a0C91"


@pytest.mark.django_db
def test_a_second_deployment_does_nothing(live_chain: LiveChain) -> None:
    before = client(live_chain.chain).nonce(live_chain.operator)
    said: list[str] = []
    record = ensure_deployed(live_chain.chain, say=said.append)
    assert said == ["The contracts stand as deployed in block 1."]
    assert record.plan.addresses == live_chain.chain.deployment.addresses
    assert client(live_chain.chain).nonce(live_chain.operator) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.fault
def test_a_deployment_killed_after_its_first_transaction_goes_on_where_it_was(empty_chain: LiveChain) -> None:
    code, _ = empty_chain.manage("deploy_contracts", kill_at="deployment.sent")
    assert code == -9
    record = load_record(empty_chain.chain)
    assert record is not None
    assert record.complete is False
    with pytest.raises(ChainNotDeployed):
        _ = empty_chain.chain.deployment
    ensure_deployed(empty_chain.chain, say=say_nothing)
    assert empty_chain.chain.deployment.addresses == record.plan.addresses
    assert client(empty_chain.chain).nonce(empty_chain.operator) == record.plan.end_nonce
    assert SenderNonce.objects.get().next_nonce == record.plan.end_nonce
    plan_transfer(address("a"), amount=5)
    empty_chain.finalize()
    assert balance(empty_chain, address("a")) == 5
    assert empty_chain.audit() == []


@pytest.mark.django_db
def test_the_operator_has_a_float_and_the_market_may_spend_it(live_chain: LiveChain) -> None:
    node = client(live_chain.chain)
    market = live_chain.chain.deployment.address("LicenseMarket")
    assert balance(live_chain, live_chain.operator) == 1_000_000_000 * 10**6
    assert node.call("TestStablecoin", "allowance", live_chain.operator, market) == 2**256 - 1
    assert node.call("DesignRegistry", "market") == market
    assert node.call("AccessManager", "hasRole", 1, live_chain.operator) == (True, 0)
    assert node.call("DesignShares", "feePpm") == 50_000


@pytest.mark.django_db
def test_a_real_chain_gets_no_test_dollar_unless_asked(empty_chain: LiveChain, settings: Any) -> None:
    settings.CHAINS["public"]["is_local"] = False
    with pytest.raises(DeploymentFailed, match="name its currency"):
        ensure_deployed(chain(), say=say_nothing)
    assert client(chain()).nonce(empty_chain.operator) == 0
    assert load_record(chain()) is None


@pytest.mark.django_db
def test_other_contracts_on_a_real_chain_are_refused(live_chain: LiveChain, settings: Any) -> None:
    settings.CHAINS["public"]["is_local"] = False
    path = live_chain.var / "deployments" / f"{LOCAL_CHAIN_ID}.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "version": "0" * 64}))
    before = client(chain()).nonce(live_chain.operator)
    with pytest.raises(CannotStart, match="of another version"):
        ensure_deployed(chain(), say=say_nothing)
    assert client(chain()).nonce(live_chain.operator) == before
    assert path.is_file()


def test_an_incomplete_record_is_no_deployment(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps({"complete": False}))
    assert read_deployment(path) is None
    assert read_deployment(tmp_path / "2.json") is None


def test_development_keys_are_refused_on_every_chain_but_the_local_one() -> None:
    signer = EnvironmentSigner(DEVELOPMENT_KEY, chain_id=LOCAL_CHAIN_ID)
    assert signer.address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert len(signers.DEVELOPMENT_ACCOUNTS) == 20
    for chain_id in (1, 11155111, 8453):
        with pytest.raises(SignerRefused, match="well-known development key"):
            EnvironmentSigner(DEVELOPMENT_KEY, chain_id=chain_id)


@pytest.mark.parametrize(("key", "reason"), [("", "not set"), ("0x12", "32 bytes"), ("zz" * 32, "32 bytes")])
def test_an_unusable_key_is_refused_without_showing_it(key: str, reason: str) -> None:
    with pytest.raises(SignerRefused, match=reason) as caught:
        EnvironmentSigner(key, chain_id=1)
    assert not key or key not in str(caught.value)


def test_a_signer_signs_for_its_own_address(live_chain: LiveChain) -> None:
    from eth_account import Account

    signer = operator_signer(live_chain.chain)
    signed = signer.sign_transaction(
        {
            "type": 2,
            "chainId": LOCAL_CHAIN_ID,
            "nonce": 0,
            "to": signer.address,
            "value": 0,
            "data": b"",
            "gas": 21_000,
            "maxFeePerGas": 1,
            "maxPriorityFeePerGas": 1,
        }
    )
    assert Account.recover_transaction(signed.raw) == signer.address == live_chain.operator


def test_another_chain_behind_the_same_address_is_refused(live_chain: LiveChain) -> None:
    here = live_chain.chain
    other = Chain(
        role="public",
        chain_id=5,
        rpc_url=here.rpc_url,
        public_rpc_url=here.rpc_url,
        confirmations=2,
        is_local=False,
    )
    with pytest.raises(WrongChain, match="serves chain 31337, the settings name chain 5"):
        client(other).head()
