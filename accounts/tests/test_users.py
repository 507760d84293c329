import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from eth_utils import is_checksum_address

from accounts.models import CustodyKey, User
from accounts.services import open_account, rename

pytestmark = pytest.mark.django_db


def test_an_address_in_another_case_is_the_same_person():
    User.objects.create_user("Ada@Example.org", "a long enough secret", display_name="Ada")
    assert User.objects.get().email == "ada@example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ADA@example.ORG", "a long enough secret", display_name="Other")
    assert User.objects.count() == CustodyKey.objects.count() == 1


def test_the_database_itself_refuses_a_second_spelling(ada, bo):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=bo.pk).update(email="ADA@example.org")
    bo.refresh_from_db()
    assert bo.email == "bo@example.org"


@pytest.mark.parametrize(
    "make",
    [
        lambda: User.objects.create_user("new@example.org", "a long enough secret", display_name="New"),
        lambda: User.objects.create_superuser("new@example.org", "a long enough secret", display_name="New"),
        lambda: User.objects.create(email="new@example.org", display_name="New"),
        lambda: User(email="new@example.org", display_name="New").save(),
        lambda: open_account(email="new@example.org", password="a long enough secret", display_name="New"),
    ],
)
def test_every_way_of_making_an_account_makes_a_custody_key(make):
    make()
    assert is_checksum_address(User.objects.get(email="new@example.org").custody_key.address)


def test_createsuperuser_makes_a_custody_key(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long enough secret")
    call_command("createsuperuser", email="root@example.org", display_name="Root", interactive=False, verbosity=0)
    assert User.objects.get().custody_key.address.startswith("0x")


def test_two_accounts_never_share_an_address(ada, bo):
    assert ada.custody_key.address != bo.custody_key.address


def test_saving_an_account_again_keeps_its_custody_key(ada):
    before = bytes(ada.custody_key.ciphertext)
    ada.display_name = "Ada Lovelace"
    ada.save()
    assert bytes(CustodyKey.objects.get(user=ada).ciphertext) == before


def test_an_account_that_cannot_get_a_key_is_not_made(settings):
    from accounts.errors import CustodyUnavailable

    settings.CUSTODY_KEY = ""
    with pytest.raises(CustodyUnavailable):
        User.objects.create_user("new@example.org", "a long enough secret", display_name="New")
    assert not User.objects.exists()


def test_opening_an_account_twice_gives_the_first_one(ada):
    again = open_account(email="ADA@example.org", password="another secret entirely", display_name="Imposter")
    assert again.pk == ada.pk
    again.refresh_from_db()
    assert again.display_name == "Ada"
    assert not again.check_password("another secret entirely")


@pytest.mark.parametrize("name", ["A\nBcc: x@example.org", "A\u202egnp.exe", "A\x00B", "a" * 81, ""])
def test_a_name_that_cannot_be_shown_is_refused(ada, name):
    with pytest.raises(ValidationError):
        rename(user=ada, display_name=name)
    ada.refresh_from_db()
    assert ada.display_name == "Ada"
