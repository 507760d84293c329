"""Files in the age format, and the keys of versions wrapped by store keys that can be changed."""

import io
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from common.testing import at_once
from config.environment import named_keys
from contracts.chains import chain
from designs import audit
from designs.encryption import KeyUnavailable, NotDecrypted, StoreKeys, decrypt, encrypt, new_identity, recipient_of
from designs.models import DesignVersion, VersionKey
from designs.services import version_keys
from designs.services.version_keys import release_identity, version_key
from marketplace.tests import rows

OLD, NEW = "11" * 32, "22" * 32
CONTENT = bytes(range(256)) * 1000


def sealed_to(recipient: str, content: bytes = CONTENT) -> bytes:
    target = io.BytesIO()
    encrypt(io.BytesIO(content), target, recipient=recipient)
    return target.getvalue()


def opened(content: bytes, identity: str) -> bytes:
    target = io.BytesIO()
    decrypt(io.BytesIO(content), target, identity=identity)
    return target.getvalue()


@pytest.fixture
def version(creator, settings) -> DesignVersion:
    settings.STORE_KEYS = {"old": OLD}
    return rows.draft(creator, "Gyroid Lantern").versions.get()


# Without the database: the format.


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 200_000])
def test_what_is_encrypted_to_an_identity_opens_with_it(size):
    identity = new_identity()
    assert identity.startswith("AGE-SECRET-KEY-1")
    assert recipient_of(identity).startswith("age1")
    ciphertext = sealed_to(recipient_of(identity), CONTENT[:size])
    assert ciphertext.startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert opened(ciphertext, identity) == CONTENT[:size]


def test_each_encryption_gives_other_bytes():
    recipient = recipient_of(new_identity())
    assert sealed_to(recipient) != sealed_to(recipient)


def test_another_key_and_damaged_cut_or_foreign_bytes_open_nothing():
    identity = new_identity()
    ciphertext = sealed_to(recipient_of(identity))
    flipped = bytearray(ciphertext)
    flipped[-9] ^= 1
    for key, content in [
        (new_identity(), ciphertext),
        (identity, bytes(flipped)),
        (identity, ciphertext[:-1]),
        (identity, ciphertext[: -(len(ciphertext) % 65536) or None]),
        (identity, b""),
        (identity, CONTENT),
    ]:
        with pytest.raises(NotDecrypted):
            opened(content, key)


def test_a_full_disk_is_said_as_such_both_ways():
    class Full(io.BytesIO):
        def write(self, _data):
            raise OSError(28, "No space left on device")

    identity = new_identity()
    with pytest.raises(OSError, match="No space left"):
        encrypt(io.BytesIO(CONTENT), Full(), recipient=recipient_of(identity))
    with pytest.raises(OSError, match="No space left"):
        decrypt(io.BytesIO(sealed_to(recipient_of(identity))), Full(), identity=identity)


STREAMED = """
import resource, sys, tempfile
from designs.encryption import decrypt, encrypt, new_identity, recipient_of
class Zeros:
    left = int(sys.argv[1])
    def read(self, size=-1):
        size = min(size, self.left); self.left -= size
        return bytes(size)
class Count:
    seen = 0
    def write(self, data): self.seen += len(data); return len(data)
    def flush(self): pass
identity = new_identity()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with tempfile.TemporaryFile() as middle:
    encrypt(Zeros(), middle, recipient=recipient_of(identity))
    middle.seek(0); count = Count(); decrypt(middle, count, identity=identity)
print(count.seen, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_file_passes_in_constant_memory():
    size = 96 * 1024 * 1024
    done = subprocess.run([sys.executable, "-c", STREAMED, str(size)], check=True, capture_output=True, timeout=60)
    seen, grown_mib = map(int, done.stdout.split())
    assert seen == size
    assert grown_mib < 16


# Without the database: wrapping.


def test_the_first_store_key_wraps_and_the_others_open():
    before = StoreKeys({"old": OLD}).wrap("secret", owner="one")
    both = StoreKeys({"new": NEW, "old": OLD})
    assert both.unwrap(before, owner="one") == "secret"
    assert both.wrap("secret", owner="one").key_id == "new"


def test_what_is_wrapped_opens_for_its_owner_under_its_key_alone():
    wrapped = StoreKeys({"old": OLD}).wrap("secret", owner="one")
    with pytest.raises(KeyUnavailable) as refused:
        StoreKeys({"old": OLD}).unwrap(wrapped, owner="two")
    assert refused.value.detail == "The store key old is not the one that wrapped this."
    with pytest.raises(KeyUnavailable):
        StoreKeys({"old": NEW}).unwrap(wrapped, owner="one")
    with pytest.raises(KeyUnavailable) as refused:
        StoreKeys({"new": NEW}).unwrap(wrapped, owner="one")
    assert refused.value.detail == "STORE_KEYS has no key named old."
    with pytest.raises(KeyUnavailable, match="reported to the operator"):
        StoreKeys({}).wrap("secret", owner="one")


@pytest.mark.parametrize(
    "value", ["plain", "a:12", "A:" + OLD, f"a:{OLD},a:{NEW}", ":" + OLD, f"a:{OLD}:x", "a b:" + OLD]
)
def test_store_keys_of_the_wrong_form_stop_the_start(value, monkeypatch):
    monkeypatch.setenv("STORE_KEYS", value)
    with pytest.raises(ImproperlyConfigured, match="STORE_KEYS must be NAME:KEY with commas between, the newest first"):
        named_keys("STORE_KEYS")


def test_store_keys_are_read_in_their_order(monkeypatch):
    monkeypatch.setenv("STORE_KEYS", f"2026-11:{NEW}, first:{OLD}")
    assert list(named_keys("STORE_KEYS").items()) == [("2026-11", NEW), ("first", OLD)]


# With the database: the keys of versions.


def test_a_version_has_one_key_and_the_row_does_not_show_it(version):
    key = version_key(version=version)
    assert version_key(version=version) == key
    identity = release_identity(version=version)
    assert recipient_of(identity) == key.recipient
    assert identity.encode() not in bytes(VersionKey.objects.get().sealed)


def test_a_version_without_a_key_and_a_row_moved_to_another_version_release_nothing(version, creator):
    with pytest.raises(KeyUnavailable):
        release_identity(version=version)
    version_key(version=version)
    other = rows.draft(creator, "Another").versions.get()
    VersionKey.objects.update(version=other)
    with pytest.raises(KeyUnavailable):
        release_identity(version=other)


def test_without_store_keys_no_key_is_made(version, settings):
    settings.STORE_KEYS = {}
    with pytest.raises(KeyUnavailable):
        version_key(version=version)
    assert not VersionKey.objects.exists()


def test_rotation_wraps_every_key_anew_and_the_old_store_key_can_go(version, settings, capsys):
    version_key(version=version)
    identity = release_identity(version=version)
    settings.STORE_KEYS = {"new": NEW, "old": OLD}
    call_command("rewrap_keys")
    assert capsys.readouterr().out == "1 wrapped anew\n"
    settings.STORE_KEYS = {"new": NEW}
    assert release_identity(version=version) == identity
    call_command("rewrap_keys")
    assert capsys.readouterr().out == "0 wrapped anew\n"


def test_rewrapping_goes_on_after_it_was_ended_and_passes_over_what_does_not_open(
    version, creator, settings, monkeypatch, capsys
):
    versions = [version, *(rows.draft(creator, f"Work {n}").versions.get() for n in range(3))]
    identities = [version_key(version=one) and release_identity(version=one) for one in versions]
    settings.STORE_KEYS = {"new": NEW, "old": OLD}
    done = version_keys._rewrapped
    calls = []

    def ended_at_the_third(key):
        calls.append(key)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return done(key)

    monkeypatch.setattr(version_keys, "_rewrapped", ended_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        call_command("rewrap_keys")
    assert list(VersionKey.objects.order_by("pk").values_list("key_id", flat=True)) == ["new", "new", "old", "old"]
    monkeypatch.undo()
    settings.STORE_KEYS = {"new": NEW, "old": OLD}
    broken = VersionKey.objects.get(version=versions[2])
    VersionKey.objects.filter(pk=broken.pk).update(sealed=b"\0" * 60)
    with pytest.raises(CommandError, match="Keys that could not be opened: 1"):
        call_command("rewrap_keys")
    assert f"{broken.recipient}: The store key old is not the one that wrapped this." in capsys.readouterr().out
    assert list(VersionKey.objects.order_by("pk").values_list("key_id", flat=True)) == ["new", "new", "old", "new"]
    assert [release_identity(version=one) for one in (versions[0], versions[1], versions[3])] == [
        identities[0],
        identities[1],
        identities[3],
    ]


def test_audit_names_keys_that_no_store_key_opens(version, settings):
    key = version_key(version=version)
    assert list(audit.keys(chain())) == []
    settings.STORE_KEYS = {"new": NEW}
    assert list(audit.keys(chain())) == [f"key {key.recipient} of {version}: STORE_KEYS has no key named old."]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_key(version):
    found = at_once(lambda _number: version_key(version=DesignVersion.objects.get(pk=version.pk)).recipient)
    assert found == [VersionKey.objects.get().recipient] * 4
