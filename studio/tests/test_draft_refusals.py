"""Shares, people, prices and parameters that cannot be: what the creator reads, and what stays as it was."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from designs.models import Contribution, Design
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from studio.models import FirstOfferDraft, Publication
from studio.tests.pages import TYPED, assert_still_typed, parts_of, read, upload

pytestmark = pytest.mark.django_db

TUSD = rows.TUSD
ONE_PART = "Each person can have one part only. Add their shares together."
MORE_THAN_ZERO = "A share must be greater than 0 %. Remove the person or raise it."
NOBODY = "There is no account with this address. Ask them to sign up, then add them."


@pytest.fixture
def draft(creator: User, cocreator: User) -> Design:
    parts = {creator: (Contribution.Role.DESIGNER, 700_000), cocreator: (Contribution.Role.TWEAKER, 300_000)}
    return rows.draft(creator, "Draft", prices={"personal": 18 * TUSD}, parts=parts)


def post(name: str, design: Design, data: dict[str, str]) -> Any:
    return signed_in(design.owner).post(reverse(f"studio:{name}", args=[design.public_id]), data)


SHARES = {
    "too little": (("60", "39.9999"), "The shares add up to 99.9999 %, not to 100 %. Adjust them and save again."),
    "too much": (("60", "40.0001"), "The shares add up to 100.0001 %, not to 100 %. Adjust them and save again."),
    "zero": (("100", "0"), MORE_THAN_ZERO),
    "less than a unit": (("99.9999", "0.00005"), "Ensure that there are no more than 4 decimal places."),
    "negative": (("110", "-10"), "Ensure this value is greater than or equal to 0."),
    "more than all": (("0", "101"), "Ensure this value is less than or equal to 100."),
    "no number": (("60", "a lot"), "Enter a number."),
    "not a number": (("60", "NaN"), "Enter a number."),
    "endless": (("60", "Infinity"), "Enter a number."),
    "missing": (("60", ""), "This field is required."),
}


@pytest.mark.parametrize("case", SHARES)
def test_shares_that_cannot_be_are_refused_and_the_old_ones_stay(draft: Design, cocreator: User, case: str) -> None:
    percents, sentence = SHARES[case]
    before = list(draft.contributions.values_list("pk", "account", "role", "units"))
    emails = (draft.owner.email, cocreator.email)
    people = [(email, "host", percent) for email, percent in zip(emails, percents, strict=True)]

    answer = post("people", draft, parts_of(*people))

    assert answer.status_code == 200
    assert sentence in read(answer)
    assert_still_typed(answer, *emails, *(percent for percent in percents if percent))
    assert list(draft.contributions.values_list("pk", "account", "role", "units")) == before


@pytest.mark.parametrize("case", ["too little", "zero", "negative", "missing"])
def test_an_upload_with_such_shares_is_refused_with_everything_typed_kept(
    creator: User, cocreator: User, png: bytes, case: str
) -> None:
    percents, sentence = SHARES[case]
    emails = (creator.email, cocreator.email)
    people = [(email, "designer", percent) for email, percent in zip(emails, percents, strict=True)]

    answer = upload(creator, png, "lamp.png", parts=parts_of(*people))

    assert answer.status_code == 400
    assert sentence in read(answer)
    assert_still_typed(answer, *(value for name, value in TYPED.items() if name != "disclosure"), *emails)
    assert not Design.objects.exists()


PEOPLE = {
    "the same person twice": (["cocreator@example.org", "cocreator@example.org"], ONE_PART),
    "the same person in another spelling": (["cocreator@example.org", "CoCreator@Example.org"], ONE_PART),
    "the creator twice": (["creator@example.org", "cocreator@example.org"], ONE_PART),
    "an unknown e-mail": (["nobody.here@example.org", "cocreator@example.org"], NOBODY),
    "no e-mail": (["not an address", "cocreator@example.org"], "Enter a valid email address."),
}


@pytest.mark.parametrize("case", PEOPLE)
def test_people_that_cannot_be_are_refused(draft: Design, case: str) -> None:
    others, sentence = PEOPLE[case]
    before = list(draft.contributions.values_list("pk", "account", "units"))

    answer = post(
        "people", draft, parts_of((draft.owner.email, "designer", "50"), *((e, "host", "25") for e in others))
    )

    assert sentence in read(answer)
    assert_still_typed(answer, draft.owner.email, *others)
    assert list(draft.contributions.values_list("pk", "account", "units")) == before


def test_a_banned_account_cannot_be_named(draft: Design, cocreator: User) -> None:
    User.objects.filter(pk=cocreator.pk).update(is_active=False)
    people = parts_of((draft.owner.email, "designer", "50"), (cocreator.email, "host", "50"))

    assert NOBODY in read(post("people", draft, people))


def test_a_draft_without_its_owner_is_refused(draft: Design, cocreator: User) -> None:
    answer = post("people", draft, parts_of((cocreator.email, "host", "100")))

    assert "You need a share of your own, if only a small one." in read(answer)
    assert draft.contributions.count() == 2


def test_a_row_left_blank_is_nobody(draft: Design) -> None:
    answer = post("people", draft, parts_of((draft.owner.email, "designer", "100"), ("", "", "")))

    assert answer.status_code == 302
    assert list(draft.contributions.values_list("account", "units")) == [(draft.owner.pk, 1_000_000)]


def test_a_removed_row_is_not_looked_at(draft: Design) -> None:
    people = parts_of((draft.owner.email, "designer", "100"), ("nobody.here@example.org", "host", "200"))

    assert post("people", draft, {**people, "parts-1-DELETE": "on"}).status_code == 302
    assert draft.contributions.count() == 1


def test_more_than_twenty_people_are_refused(draft: Design) -> None:
    others = [(f"person{number}@example.org", "host", "4") for number in range(20)]

    answer = post("people", draft, parts_of((draft.owner.email, "designer", "20"), *others))

    assert "At most 20 people can have a part." in read(answer)
    assert draft.contributions.count() == 2


@pytest.mark.parametrize(
    ("total", "sentence"),
    [
        ("", "At least 1 person needs a part."),
        ("x", "At least 1 person needs a part."),
        ("-1", "At least 1 person needs a part."),
        ("999999999", "At most 20 people can have a part."),
    ],
)
def test_a_form_that_was_tampered_with_changes_nothing(draft: Design, total: str, sentence: str) -> None:
    answer = post("people", draft, {**parts_of((draft.owner.email, "designer", "100")), "parts-TOTAL_FORMS": total})

    assert answer.status_code == 200
    assert sentence in read(answer)
    assert draft.contributions.count() == 2


PRICES = {
    "zero": ("0", "The amount must be more than zero."),
    "zero with a point": ("0.000000", "The amount must be more than zero."),
    "negative": ("-5", "The amount cannot be negative."),
    "too precise": ("1.0000001", "tUSD has at most 6 digits after the point."),
    "words": ("a fiver", "Write the amount in digits with a point, for example 12.50."),
    "a comma": ("12,50", "Write the amount in digits with a point, for example 12.50."),
    "an exponent": ("1e3", "Write the amount in digits with a point, for example 12.50."),
    "not a number": ("NaN", "Write the amount in digits with a point, for example 12.50."),
    "other digits": ("١٢", "Write the amount in digits with a point, for example 12.50."),
    "huge": ("1000000000.000001", "The amount can be at most 1000000000.00 tUSD."),
    "endless": ("9" * 41, "Ensure this value has at most 40 characters (it has 41)."),
}


@pytest.mark.parametrize("case", PRICES)
def test_a_price_that_cannot_be_is_refused_and_the_old_one_stays(draft: Design, case: str) -> None:
    price, sentence = PRICES[case]

    answer = post("offers", draft, {"price_personal": "21.5", "price_commercial": price})

    assert answer.status_code == 200
    assert sentence in read(answer)
    assert "Not saved yet: please look at the marked places. What you entered is still here." in read(answer)
    assert_still_typed(answer, "21.5", price)
    assert list(FirstOfferDraft.objects.values_list("template__code", "price")) == [("personal", 18 * TUSD)]


@pytest.mark.parametrize(("price", "units"), [("0.000001", 1), ("1000000000", 10**15), (" 7. ", 7 * TUSD)])
def test_the_smallest_and_the_largest_price_are_taken(draft: Design, price: str, units: int) -> None:
    assert post("offers", draft, {"price_commercial": price}).status_code == 302
    assert list(FirstOfferDraft.objects.values_list("template__code", "price")) == [("commercial", units)]


def test_no_price_at_all_is_refused(draft: Design) -> None:
    assert "Set a price for at least one license." in read(post("offers", draft, {"price_personal": " "}))
    assert FirstOfferDraft.objects.count() == 1


PARAMETERS = {
    "no JSON": ("{period: 1.5}", "This is not valid JSON: Expecting property name enclosed in double quotes"),
    "a list": ("[1, 2]", "Parameters must be a JSON object: names and values in braces."),
    "not a number": ('{"a": NaN}', "“parameters.a” is not a finite number."),
    "endless": ('{"a": 1e999}', "“parameters.a” is not a finite number."),
    "nested without end": (
        '{"a":' * 5000 + "1" + "}" * 5000,
        "This cannot be kept: it is nested too deeply, or a number in it is too long.",
    ),
    "a number of 5000 digits": (
        '{"a": ' + "9" * 5000 + "}",
        "This cannot be kept: it is nested too deeply, or a number in it is too long.",
    ),
    "beyond what every program reads": ('{"a": 9007199254740993}', "“parameters.a” is too large a number"),
    "the zero character": ('{"a": "\\u0000"}', "“parameters.a” holds a broken character."),
    "half a character": ('{"a": "\\ud800"}', "“parameters.a” holds a broken character."),
    "more than 64 kB": ('{"a": "' + "x" * 65_536 + '"}', "The parameters are larger than 64 kB."),
}


@pytest.mark.parametrize("case", PARAMETERS)
def test_parameters_that_cannot_be_recorded_are_refused(draft: Design, case: str) -> None:
    parameters, sentence = PARAMETERS[case]
    before = draft.versions.get().parameters

    answer = post("details", draft, {**TYPED, "parameters": parameters})

    assert answer.status_code == 200
    assert sentence in read(answer)
    assert_still_typed(answer, "Kept title", parameters)
    draft.refresh_from_db()
    assert (draft.title, draft.versions.get().parameters) == ("Draft", before)


DETAILS = {
    "no title": ({"title": "  "}, "This field is required."),
    "a title of 121 letters": ({"title": "x" * 121}, "Ensure this value has at most 120 characters (it has 121)."),
    "no word about AI": ({"disclosure": ""}, "This field is required."),
    "an invented word about AI": ({"disclosure": "maybe"}, "Select a valid choice. maybe is not one of the available"),
    "13 tags": ({"tags": ",".join("abcdefghijklm")}, "At most 12 tags; you gave 13."),
    "a tag of 33 letters": ({"tags": "x" * 33}, "A tag can have 32 characters at most."),
    "a zero character": ({"seed": "a\x00"}, "Null characters are not allowed."),
}


@pytest.mark.parametrize("case", DETAILS)
def test_details_that_cannot_be_are_refused(draft: Design, case: str) -> None:
    changes, sentence = DETAILS[case]

    answer = post("details", draft, {**TYPED, **changes})

    assert sentence in read(answer)
    assert_still_typed(answer, "Kept description", "a kept prompt")
    draft.refresh_from_db()
    assert (draft.title, draft.disclosure, draft.tags) == ("Draft", "not_ai", ["lattice", "print-ready"])


def test_a_refused_change_leaves_the_open_request_open(draft: Design, cocreator: User) -> None:
    asked = rows.publication(draft, accepted=False, state=Publication.State.ASKED)

    people = parts_of((draft.owner.email, "designer", "60"), (cocreator.email, "host", "30"))
    assert "The shares add up to 90 %" in read(post("people", draft, people))
    post("offers", draft, {"price_personal": "0"})
    post("details", draft, {**TYPED, "title": ""})

    asked.refresh_from_db()
    assert asked.state == Publication.State.ASKED
