import pytest
from django.db import IntegrityError, transaction
from eth_account import Account

from accounts.hooks import erasers
from accounts.models import Wallet, WalletEvent
from accounts.selectors import addresses_of, names_of
from accounts.services import export_personal_data

pytestmark = pytest.mark.django_db


def _wallet(user, **fields) -> Wallet:
    return Wallet.objects.create(user=user, address=Account.create().address, **fields)


def test_a_persons_addresses_begin_with_the_custody_address(ada, bo):
    first, second = _wallet(ada), _wallet(ada)
    _wallet(bo)
    assert addresses_of(ada) == [ada.custody_key.address, first.address, second.address]


def test_names_are_told_of_custody_addresses_and_linked_wallets(ada, bo, django_assert_num_queries):
    wallet = _wallet(bo, label="Ledger")
    nobody = Account.create().address
    with django_assert_num_queries(2):
        names = names_of([ada.custody_key.address, wallet.address, nobody])
    assert names == {ada.custody_key.address: "Ada", wallet.address: "Bo"}


def test_an_unlinked_wallet_has_no_name(ada):
    wallet = _wallet(ada)
    WalletEvent.objects.create(user=ada, address=wallet.address, action=WalletEvent.Action.UNLINKED)
    wallet.delete()
    assert names_of([wallet.address]) == {}
    assert addresses_of(ada) == [ada.custody_key.address]


def test_the_database_gives_an_address_to_one_account_only(ada, bo):
    wallet = _wallet(ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        Wallet.objects.create(user=bo, address=wallet.address)
    assert addresses_of(bo) == [bo.custody_key.address]


def test_wallets_and_their_record_are_in_a_persons_data(ada, bo):
    wallet = _wallet(ada, label="Ledger", kind=Wallet.Kind.CONTRACT)
    _wallet(bo)
    WalletEvent.objects.create(user=ada, address=wallet.address, action=WalletEvent.Action.LINKED)
    data = export_personal_data(user=ada)["accounts"]
    assert data["wallets"] == [
        {
            "address": wallet.address,
            "kind": "contract",
            "label": "Ledger",
            "linked_at": wallet.linked_at.isoformat(),
            "last_used_at": None,
        }
    ]
    assert [(event["address"], event["action"]) for event in data["wallet_events"]] == [(wallet.address, "linked")]


def test_erasing_forgets_a_persons_wallets_and_nobody_elses(ada, bo):
    mine, theirs = _wallet(ada), _wallet(bo)
    for wallet in (mine, theirs):
        WalletEvent.objects.create(user=wallet.user, address=wallet.address, action=WalletEvent.Action.LINKED)
    erasers()["accounts"](ada)
    assert list(Wallet.objects.all()) == [theirs]
    assert WalletEvent.objects.get().user == bo
    assert names_of([mine.address, theirs.address]) == {theirs.address: "Bo"}
