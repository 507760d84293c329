"""The collector's rounds: how much goes in one, what ends none of them, and what is adopted for the next."""

import io
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from structlog.testing import capture_logs

from designs.models import StoredFile
from designs.services import discarding
from designs.services.discarding import adopt, discard_unreferenced
from designs.storage import StoreUnavailable, outgoing_store
from designs.tasks import tidy_copies
from designs.tests.test_discarding import a_day_passes, put, stored
from designs.tests.uploading import uploaded

pytestmark = pytest.mark.django_db


def test_a_round_takes_as_many_as_it_is_told_and_the_next_one_the_rest(creator) -> None:
    for number in range(5):
        put(b"left %d" % number)
    a_day_passes()

    assert [discard_unreferenced(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert stored() == set()


def test_what_waits_for_no_copy_goes_though_a_second_place_is_away(creator, settings) -> None:
    put(b"left")
    a_day_passes()
    outgoing_store().put(io.BytesIO(b"a ciphertext"), max_bytes=100)
    settings.ASSET_REPLICA, settings.S3_ENDPOINT_URL = "s3", "http://127.0.0.1:9"

    with pytest.raises(StoreUnavailable):
        tidy_copies()

    assert list(outgoing_store().names()) == []
    assert len(stored()) == 1


def test_a_reference_that_is_forgotten_here_keeps_its_file_and_no_other(creator, png, monkeypatch) -> None:
    design = uploaded(creator, png)
    monkeypatch.setattr(discarding, "unreferenced", lambda store: StoredFile.objects.filter(store=store))
    discard_unreferenced()
    put(b"left")
    a_day_passes()

    with capture_logs() as logs:
        assert [discard_unreferenced(limit=1) for _ in range(3)] == [0, 1, 0]

    master = design.versions.get().master
    assert stored() == {master.sha256}
    (told,) = (log for log in logs if log["event"] == "unreferenced_kept")
    assert (told["log_level"], told["store"], told["sha256"]) == ("error", "masters", master.sha256)
    a_day_passes()
    assert (discard_unreferenced(), stored()) == (0, {master.sha256})


def test_files_of_before_go_once_an_operator_says_that_they_are_ours(creator, png, capsys) -> None:
    design = uploaded(creator, png)
    left = put(b"of an earlier release")
    StoredFile.objects.all().delete()

    call_command("scrub", "--adopt")
    call_command("scrub", "--adopt")

    said = [line for line in capsys.readouterr().out.splitlines() if "written down" in line]
    assert said == [
        "masters: 2 written down",
        "previews: 0 written down",
        "masters: 0 written down",
        "previews: 0 written down",
    ]
    assert (discard_unreferenced(), len(stored())) == (0, 2)
    a_day_passes()
    assert discard_unreferenced() == 1
    assert stored() == {design.versions.get().master.sha256} != {left.sha256}


def test_files_are_adopted_by_parts_each_kept_before_the_next_is_listed(monkeypatch) -> None:
    monkeypatch.setattr(discarding, "AT_ONCE", 2)
    kept = []

    def names() -> Iterator[str]:
        for number in range(5):
            kept.append(StoredFile.objects.count())
            yield f"{number:064x}"

    assert adopt(store="masters", names=names()) == 5
    assert kept == [0, 0, 2, 2, 4]
