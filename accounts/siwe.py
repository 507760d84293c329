"""Messages of EIP-4361, "Sign-In with Ethereum": written, and read as strictly as its grammar says.

https://eips.ethereum.org/EIPS/eip-4361 (ABNF message format); URIs and authorities are those of RFC 3986, times of
RFC 3339. What is read is kept as it was written, so that writing it again gives the same text.
"""

import re
from dataclasses import dataclass
from datetime import datetime

LONGEST = 4096

_UNRESERVED = r"A-Za-z0-9\-._~"
_SUB_DELIMS = r"!$&'()*+,;="
_HEX = r"%[0-9A-Fa-f]{2}"
_PCHAR = rf"(?:[{_UNRESERVED}{_SUB_DELIMS}:@]|{_HEX})"
_IP_LITERAL = rf"\[(?:[0-9A-Fa-f:.]+|v[0-9A-Fa-f]+\.[{_UNRESERVED}{_SUB_DELIMS}:]+)\]"
_HOST = rf"(?:{_IP_LITERAL}|(?:[{_UNRESERVED}{_SUB_DELIMS}]|{_HEX})+)"
_AUTHORITY = rf"(?:(?:[{_UNRESERVED}{_SUB_DELIMS}:]|{_HEX})*@)?{_HOST}(?::[0-9]*)?"
_SCHEME = r"[A-Za-z][A-Za-z0-9+\-.]*"
_PATH = rf"(?:/{_PCHAR}*)*"
_QUERY = rf"(?:{_PCHAR}|[/?])*"
_HIER = rf"(?://(?:{_AUTHORITY})?{_PATH}|/(?:{_PCHAR}+{_PATH})?|{_PCHAR}+{_PATH}|)"
_URI = rf"{_SCHEME}:{_HIER}(?:\?{_QUERY})?(?:#{_QUERY})?"
_TIME = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_STATEMENT = rf"[{_UNRESERVED}{_SUB_DELIMS}:/?#\[\]@ ]+"

_MESSAGE = re.compile(
    rf"(?:(?P<scheme>{_SCHEME})://)?(?P<domain>{_AUTHORITY}) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9A-Fa-f]{40})\n"
    r"\n"
    rf"(?:(?P<statement>{_STATEMENT})\n)?"
    r"\n"
    rf"URI: (?P<uri>{_URI})\n"
    r"Version: (?P<version>1)\n"
    r"Chain ID: (?P<chain_id>[0-9]{1,78})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,})\n"
    rf"Issued At: (?P<issued_at>{_TIME})"
    rf"(?:\nExpiration Time: (?P<expiration_time>{_TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{_TIME}))?"
    rf"(?:\nRequest ID: (?P<request_id>{_PCHAR}*))?"
    rf"(?P<resources>\nResources:(?:\n- {_URI})*)?",
    re.ASCII,
)


class NotAMessage(ValueError):
    """The text is none that EIP-4361 allows."""


@dataclass(frozen=True)
class Message:
    """One message, field by field; None is a field that is not there. Times are RFC 3339 text."""

    domain: str
    address: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: str
    scheme: str | None = None
    statement: str | None = None
    expiration_time: str | None = None
    not_before: str | None = None
    request_id: str | None = None
    resources: tuple[str, ...] | None = None

    def text(self) -> str:
        """What a wallet shows and signs."""
        lines = [
            f"{self.scheme}://" * (self.scheme is not None)
            + f"{self.domain} wants you to sign in with your Ethereum account:",
            self.address,
            "",
            *([] if self.statement is None else [self.statement]),
            "",
            f"URI: {self.uri}",
            "Version: 1",
            f"Chain ID: {self.chain_id}",
            f"Nonce: {self.nonce}",
            f"Issued At: {self.issued_at}",
        ]
        optional = (
            ("Expiration Time", self.expiration_time),
            ("Not Before", self.not_before),
            ("Request ID", self.request_id),
        )
        lines += [f"{name}: {value}" for name, value in optional if value is not None]
        if self.resources is not None:
            lines += ["Resources:", *(f"- {resource}" for resource in self.resources)]
        return "\n".join(lines)


def write(message: Message) -> str:
    """The text of a message. Raises NotAMessage when a field holds what the grammar does not allow there."""
    text = message.text()
    if parse(text) != message:
        raise NotAMessage("A field holds what would be read as another one.")
    return text


def parse(text: str) -> Message:
    """The fields of a text that is exactly one message. Raises NotAMessage."""
    from eth_utils.address import is_checksum_address

    if len(text) > LONGEST:
        raise NotAMessage(f"The message is longer than {LONGEST} characters.")
    found = _MESSAGE.fullmatch(text)
    if found is None:
        raise NotAMessage("The text does not have the form of EIP-4361.")
    fields = found.groupdict()
    if not is_checksum_address(fields["address"]):
        raise NotAMessage("The address does not have its EIP-55 checksum.")
    if fields["chain_id"] != str(int(fields["chain_id"])):
        raise NotAMessage("The chain id is not written as a plain number.")
    for name in ("issued_at", "expiration_time", "not_before"):
        if fields[name] is not None:
            moment(fields[name])
    resources = fields.pop("resources")
    return Message(
        **{name: value for name, value in fields.items() if name not in {"version", "chain_id"}},
        chain_id=int(fields["chain_id"]),
        resources=None if resources is None else tuple(line[2:] for line in resources.split("\n")[2:]),
    )


def moment(text: str) -> datetime:
    """The moment that a time of RFC 3339 names. Raises NotAMessage for a day that no calendar has."""
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise NotAMessage(f"{text} is no time.") from None
