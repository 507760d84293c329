"""The operator's key in an encrypted file, or with another service: the same signatures, and no trust in what comes."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from eth_account import Account

from contracts.errors import SignerRefused, SignerUnavailable
from contracts.models import ChainTransaction
from contracts.outbox import enqueue
from contracts.signers import (
    LOCAL_CHAIN_ID,
    EnvironmentSigner,
    KeystoreSigner,
    RemoteSigner,
    Signer,
    operator_signer,
)
from contracts.testing import LiveChain
from contracts.tests.actions import address, key

KEY = "0x" + "42" * 32
PASSWORD = "correct horse"
CHAIN_ID = 11155111
TRANSACTION = {
    "type": 2,
    "chainId": CHAIN_ID,
    "nonce": 7,
    "to": address("to"),
    "value": 0,
    "data": "0xa9059cbb00",
    "gas": 50_000,
    "maxFeePerGas": 10**10,
    "maxPriorityFeePerGas": 10**9,
}
TYPED = {
    "types": {"EIP712Domain": [{"name": "name", "type": "string"}], "Note": [{"name": "text", "type": "string"}]},
    "primaryType": "Note",
    "domain": {"name": "Test"},
    "message": {"text": "hello"},
}


@pytest.fixture
def local() -> EnvironmentSigner:
    return EnvironmentSigner(KEY, chain_id=CHAIN_ID)


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "operator.json"
    path.write_text(json.dumps(Account.encrypt(bytes.fromhex(KEY[2:]), PASSWORD, kdf="pbkdf2", iterations=1000)))
    return path


class SignerService:
    """Speaks Web3Signer's JSON-RPC on a loopback socket, and answers what the test says."""

    def __init__(self) -> None:
        self.answer: Callable[[str, list[Any]], Any] = lambda method, params: None
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    answer = {"result": service.answer(asked["method"], asked["params"])}
                except PermissionError as error:
                    answer = {"error": {"code": -32000, "message": str(error)}}
                content = json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service() -> Iterator[SignerService]:
    service = SignerService()
    yield service
    service.server.shutdown()
    service.server.server_close()


def as_asked(signer: Signer, **changes: Any) -> Callable[[str, list[Any]], str]:
    """What an honest service answers; with changes, what a dishonest one does."""

    def answer(method: str, params: list[Any]) -> str:
        if method == "eth_signTypedData":
            assert params[0] == signer.address
            return "0x" + signer.sign_typed_data({**params[1], **changes}).hex()
        assert method == "eth_signTransaction"
        asked = {name: value for name, value in params[0].items() if name != "from"}
        return "0x" + signer.sign_transaction({**asked, **changes}).raw.hex()

    return answer


def test_a_keystore_signs_as_its_key_does(keystore: Path, local: EnvironmentSigner) -> None:
    signer = KeystoreSigner(keystore, PASSWORD, chain_id=CHAIN_ID)
    assert signer.address == local.address
    assert signer.sign_transaction(TRANSACTION) == local.sign_transaction(TRANSACTION)
    assert signer.sign_typed_data(TYPED) == local.sign_typed_data(TYPED)


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "cannot be read"), ("[]", "no keystore"), ("{}", "names no address"), (None, "cannot be read")],
)
def test_a_file_that_is_no_keystore_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "operator.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SignerRefused, match=said):
        KeystoreSigner(path, PASSWORD, chain_id=CHAIN_ID)


def test_a_keystore_of_another_password_or_another_key_is_refused(keystore: Path) -> None:
    with pytest.raises(SignerRefused, match="does not open with OPERATOR_KEYSTORE_PASSWORD"):
        KeystoreSigner(keystore, "wrong", chain_id=CHAIN_ID).sign_typed_data(TYPED)
    content = json.loads(keystore.read_text())
    keystore.write_text(json.dumps({**content, "address": address("other")[2:].lower()}))
    with pytest.raises(SignerRefused, match="holds another key"):
        KeystoreSigner(keystore, PASSWORD, chain_id=CHAIN_ID).sign_typed_data(TYPED)


def test_a_remote_signer_signs_as_its_key_does(service: SignerService, local: EnvironmentSigner) -> None:
    service.answer = as_asked(local)
    signer = RemoteSigner(service.url, local.address.lower(), chain_id=CHAIN_ID)
    assert signer.address == local.address
    assert signer.sign_transaction(TRANSACTION) == local.sign_transaction(TRANSACTION)
    assert signer.sign_typed_data(TYPED) == local.sign_typed_data(TYPED)


@pytest.mark.parametrize(
    "changes",
    [{"to": address("thief")}, {"value": 1}, {"nonce": 8}, {"chainId": 1}, {"data": "0x"}, {"maxFeePerGas": 10**11}],
)
def test_another_transaction_than_the_one_asked_for_is_not_taken(
    service: SignerService, local: EnvironmentSigner, changes: dict[str, Any]
) -> None:
    service.answer = as_asked(local, **changes)
    with pytest.raises(SignerRefused, match="another transaction"):
        RemoteSigner(service.url, local.address, chain_id=CHAIN_ID).sign_transaction(TRANSACTION)


def test_a_signature_of_another_key_or_text_is_not_taken(service: SignerService, local: EnvironmentSigner) -> None:
    other = EnvironmentSigner("0x" + "43" * 32, chain_id=CHAIN_ID)
    signer = RemoteSigner(service.url, local.address, chain_id=CHAIN_ID)
    service.answer = lambda _method, params: "0x" + other.sign_transaction(TRANSACTION).raw.hex()
    with pytest.raises(SignerRefused, match=f"with the key of {other.address}"):
        signer.sign_transaction(TRANSACTION)
    service.answer = as_asked(local, message={"text": "pay me"})
    with pytest.raises(SignerRefused, match="with the key of"):
        signer.sign_typed_data(TYPED)


@pytest.mark.parametrize("answer", [None, "0x", "hello", 5, ["0x02"], "0x02" + "ff" * 200])
def test_an_answer_that_is_no_signature_is_refused(
    service: SignerService, local: EnvironmentSigner, answer: Any
) -> None:
    service.answer = lambda _method, _params: answer
    signer = RemoteSigner(service.url, local.address, chain_id=CHAIN_ID)
    with pytest.raises(SignerRefused):
        signer.sign_transaction(TRANSACTION)
    with pytest.raises(SignerRefused):
        signer.sign_typed_data(TYPED)


def test_a_signer_that_refuses_and_one_that_is_away_are_told_apart(
    service: SignerService, local: EnvironmentSigner
) -> None:
    def refuse(_method: str, _params: list[Any]) -> None:
        raise PermissionError("Signer not found")

    service.answer = refuse
    with pytest.raises(SignerRefused, match="Signer not found"):
        RemoteSigner(service.url, local.address, chain_id=CHAIN_ID).sign_typed_data(TYPED)
    with pytest.raises(SignerUnavailable, match="does not answer"):
        RemoteSigner("http://127.0.0.1:9", local.address, chain_id=CHAIN_ID).sign_typed_data(TYPED)


def test_the_operators_key_is_in_one_place(live_chain: LiveChain, settings: Any, keystore: Path) -> None:
    assert isinstance(operator_signer(live_chain.chain), EnvironmentSigner)
    settings.OPERATOR_KEYSTORE = str(keystore)
    settings.OPERATOR_KEYSTORE_PASSWORD = PASSWORD
    with pytest.raises(SignerRefused, match="OPERATOR_KEY and OPERATOR_KEYSTORE are both set"):
        operator_signer(live_chain.chain)
    settings.OPERATOR_KEY = ""
    assert isinstance(operator_signer(live_chain.chain), KeystoreSigner)
    settings.OPERATOR_KEYSTORE = ""
    settings.OPERATOR_SIGNER_URL = "http://127.0.0.1:9"
    with pytest.raises(SignerRefused, match="needs OPERATOR_ADDRESS"):
        operator_signer(live_chain.chain)


@pytest.mark.django_db
def test_a_service_that_is_not_ours_signs_what_is_sent(live_chain: LiveChain, settings: Any) -> None:
    """anvil holds keys, and signs transactions when asked as Web3Signer is: it is the signer here, and the node too."""
    settings.OPERATOR_KEY = ""
    settings.OPERATOR_ADDRESS = live_chain.node.rpc("eth_accounts")[0]
    settings.OPERATOR_SIGNER_URL = "http://127.0.0.1:9"
    signer = RemoteSigner(live_chain.node.url, settings.OPERATOR_ADDRESS, chain_id=LOCAL_CHAIN_ID)
    with transaction.atomic():
        spender = address("a")
        tx = enqueue(
            kind="k",
            subject="s",
            ref=key("approve"),
            contract="TestStablecoin",
            function="approve",
            args=[spender, 5],
        )
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.nonce) == (ChainTransaction.State.PLANNED, None)
    settings.OPERATOR_SIGNER_URL = live_chain.node.url
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, tx.sender) == (ChainTransaction.State.MINED, signer.address)
