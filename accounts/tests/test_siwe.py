"""The message of EIP-4361: its grammar as properties."""

import string
from datetime import UTC, datetime

import pytest
from eth_utils import to_checksum_address
from hypothesis import assume, example, given
from hypothesis import strategies as st

from accounts.siwe import Message, NotAMessage, moment, parse, write

# The message of the EIP's own section "Examples", with a statement, times, a request and two resources.
PUBLISHED = """\
example.com wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json"""

ALPHA, DIGIT = string.ascii_letters, string.digits
UNRESERVED = ALPHA + DIGIT + "-._~"
SUB_DELIMS = "!$&'()*+,;="
RESERVED = ":/?#[]@" + SUB_DELIMS

percent = st.integers(0, 255).map(lambda value: f"%{value:02X}")


def words(alphabet: str, *, least: int = 0, most: int = 12, escapes: bool = False) -> st.SearchStrategy[str]:
    letters = st.sampled_from(alphabet)
    return st.lists(letters | percent if escapes else letters, min_size=least, max_size=most).map("".join)


schemes = st.builds(str.__add__, st.sampled_from(ALPHA), words(ALPHA + DIGIT + "+-."))
pchars = words(UNRESERVED + SUB_DELIMS + ":@", escapes=True)
segments = words(UNRESERVED + SUB_DELIMS + ":@", least=1, escapes=True)
hosts = words(UNRESERVED + SUB_DELIMS, least=1, escapes=True) | st.sampled_from(["[::1]", "[2001:db8::7]", "127.0.0.1"])
users = st.just("") | words(UNRESERVED + SUB_DELIMS + ":", escapes=True).map(lambda text: text + "@")
ports = st.just("") | st.integers(0, 65535).map(lambda port: f":{port}") | st.just(":")
authorities = st.builds(lambda *parts: "".join(parts), users, hosts, ports)
paths = st.lists(pchars, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
hierarchies = (
    st.builds(lambda authority, path: f"//{authority}{path}", authorities, paths)
    | st.builds(str.__add__, segments, paths)
    | st.builds(lambda first, path: f"/{first}{path}", segments, paths)
    | st.sampled_from(["", "/"])
)
queries = words(UNRESERVED + SUB_DELIMS + ":@/?", escapes=True)
uris = st.builds(
    lambda scheme, rest, query, fragment: f"{scheme}:{rest}{query}{fragment}",
    schemes,
    hierarchies,
    st.just("") | queries.map(lambda text: f"?{text}"),
    st.just("") | queries.map(lambda text: f"#{text}"),
)
zones = st.sampled_from(["Z", "z", "+00:00", "-23:59", "+05:30"])
fractions = st.just("") | words(DIGIT, least=1, most=9).map(lambda text: f".{text}")
times = st.builds(
    lambda at, between, fraction, zone: f"{at:%Y-%m-%d}{between}{at:%H:%M:%S}{fraction}{zone}",
    st.datetimes(datetime(1000, 1, 3), datetime(9998, 12, 30)),  # noqa: DTZ001 (its zone is another strategy)
    st.sampled_from("Tt"),
    fractions,
    zones,
)
addresses = st.binary(min_size=20, max_size=20).map(to_checksum_address)
messages = st.builds(
    Message,
    scheme=st.none() | schemes,
    domain=authorities,
    address=addresses,
    statement=st.none() | words(UNRESERVED + RESERVED + " ", least=1, most=60),
    uri=uris,
    chain_id=st.integers(0, 2**256 - 1),
    nonce=words(ALPHA + DIGIT, least=8, most=40),
    issued_at=times,
    expiration_time=st.none() | times,
    not_before=st.none() | times,
    request_id=st.none() | pchars,
    resources=st.none() | st.lists(uris, max_size=3).map(tuple),
)


def test_the_published_example_is_read_field_by_field():
    message = parse(PUBLISHED)
    assert message == Message(
        domain="example.com",
        address="0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
        statement="I accept the ExampleOrg Terms of Service: https://example.com/tos",
        uri="https://example.com/login",
        chain_id=1,
        nonce="32891756",
        issued_at="2021-09-30T16:25:24Z",
        resources=(
            "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
            "https://example.com/my-web2-claim.json",
        ),
    )
    assert write(message) == PUBLISHED


@given(messages)
def test_whatever_the_grammar_allows_is_written_and_read_back(message):
    text = write(message)
    assert parse(text) == message
    assert parse(text).text() == text


@given(st.text(max_size=300))
def test_other_texts_are_refused_in_one_way(text):
    with pytest.raises(NotAMessage):
        parse(text)


@given(messages, st.data())
@example(parse(PUBLISHED), None)
def test_a_changed_character_is_refused_or_read_as_another_message(message, data):
    text = write(message)
    if data is None:
        changed = text + "\n"
    else:
        at = data.draw(st.integers(0, len(text)))
        drop = data.draw(st.integers(0, 2))
        changed = text[:at] + data.draw(st.text(max_size=2)) + text[at + drop :]
    assume(changed != text)
    try:
        found = parse(changed)
    except NotAMessage:
        return
    assert found != message
    assert found.text() == changed


@given(messages)
def test_lines_out_of_their_order_are_refused(message):
    lines = write(message).split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("URI: "))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    with pytest.raises(NotAMessage):
        parse("\n".join(lines))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0xC02aaA39", "0xc02aaA39"),
        ("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),
        ("0xC02a", "0XC02a"),
        ("Version: 1", "Version: 2"),
        ("Chain ID: 1", "Chain ID: 01"),
        ("Chain ID: 1", "Chain ID: -1"),
        ("Nonce: 32891756", "Nonce: 3289175"),
        ("Nonce: 32891756", "Nonce: 3289175-6"),
        ("2021-09-30T", "2021-09-31T"),
        ("2021-09-30T", "2021-02-30T"),
        ("16:25:24Z", "24:25:24Z"),
        ("16:25:24Z", "16:25:24"),
        ("16:25:24Z", "16:25Z"),
        ("2021-09-30T", "2021-09-30 "),
        ("I accept", "I ac\u0441ept"),
        ("I accept", 'I "accept"'),
        ("I accept", "I\taccept"),
        ("\n\nI accept", "\nI accept"),
        ("\n", "\r\n"),
        ("URI: https://example.com/login", "URI: /login"),
        ("URI: https", "uri: https"),
        ("Resources:", "Resources: "),
        ("\n- ipfs", "\n-ipfs"),
        ("example.com wants", "exam ple.com wants"),
        ("example.com wants", " wants"),
        ("Ethereum account", "ethereum account"),
        ("2021-09-30T16", "\u0662021-09-30T16"),
        ("Chain ID: 1", "Chain ID: \u0661"),
    ],
)
def test_what_comes_close_to_a_message_is_none(old, new):
    assert old in PUBLISHED
    with pytest.raises(NotAMessage):
        parse(PUBLISHED.replace(old, new))


@pytest.mark.parametrize(
    "field", ["domain", "address", "uri", "nonce", "issued_at", "statement", "not_before", "request_id"]
)
def test_nothing_can_be_smuggled_in_by_a_field(field):
    message = Message(
        **{
            **parse(PUBLISHED).__dict__,
            field: f"{getattr(parse(PUBLISHED), field)}\nExpiration Time: 2999-01-01T00:00:00Z",
        }
    )
    with pytest.raises(NotAMessage):
        write(message)


def test_a_message_longer_than_any_wallet_shows_is_not_read():
    with pytest.raises(NotAMessage, match="longer"):
        parse(PUBLISHED.replace("I accept", "I accept " * 1000))


def test_times_of_other_zones_are_the_same_moment():
    assert moment("2021-09-30t18:25:24.5+02:00") == datetime(2021, 9, 30, 16, 25, 24, 500_000, UTC)
