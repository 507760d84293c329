"""Wallets for tests: keys in hand, linked to an account, and a contract that answers for one (ERC-1271)."""

from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from accounts.models import User, Wallet
from contracts.models import ChainTransaction
from contracts.testing import LiveChain
from studio.models import Consent, Publication
from studio.registration import signable_form


def linked_wallet(user: User, *, kind: str = Wallet.Kind.EOA, address: str = "", label: str = "") -> LocalAccount:
    """A fresh key whose address (or the one given) is linked to this account."""
    account: LocalAccount = Account.create()
    Wallet.objects.create(user=user, address=address or account.address, kind=kind, label=label)
    return account


def signed(publication: Publication, account: LocalAccount) -> str:
    """The wallet's signature over what is stored, as a browser brings it."""
    made = account.sign_typed_data(full_message=signable_form(publication.typed_data))
    return "0x" + bytes(made.signature).hex()


def part_of(publication: Publication, user: User) -> Consent:
    return Consent.objects.get(publication=publication, account=user)


def contract_wallet(live: LiveChain, owner: LocalAccount, address: str) -> str:
    """Put a contract at this address that takes its owner's signatures as its own, and any token."""
    live.node.rpc("anvil_setCode", address, "0x" + _wallet_code(owner.address).hex())
    return address


def _wallet_code(owner: str) -> bytes:
    """isValidSignature(bytes32,bytes) by the precompile at 1; whatever else is called answers with its selector."""
    is_valid = bytes.fromhex("1626ba7e")
    head = _push(0) + b"\x35" + _push(0xE0) + b"\x1c"  # the selector
    head += b"\x80" + b"\x63" + is_valid + b"\x14"
    other = _push(0xE0) + b"\x1b" + _push(0) + b"\x52" + _push(32) + _push(0) + b"\xf3"
    # head, jump to `check`, other, check
    check_at = len(head) + 3 + len(other)
    check = b"\x5b\x50"
    for source, target in ((4, 0x00), (100, 0x40), (132, 0x60)):
        check += _push(source) + b"\x35" + _push(target) + b"\x52"
    check += _push(164) + b"\x35" + _push(0) + b"\x1a" + _push(0x20) + b"\x52"  # v, one byte
    check += _push(0x20) + _push(0x80) + _push(0x80) + _push(0) + _push(1) + b"\x5a\xfa\x50"
    check += _push(0x80) + b"\x51" + b"\x73" + bytes.fromhex(owner[2:]) + b"\x14"
    check += b"\x63" + is_valid + b"\x02" + _push(0xE0) + b"\x1b"  # the magic value, or nothing
    check += _push(0) + b"\x52" + _push(32) + _push(0) + b"\xf3"
    return head + _push(check_at) + b"\x57" + other + check


def _push(value: int) -> bytes:
    return bytes([0x60, value])


def planned_arguments(publication: Publication) -> Any:
    """Signatures and custodial bits of the registration that the outbox holds."""
    args = ChainTransaction.objects.get(ref=publication.digest).args
    return args[1], int(args[2])
