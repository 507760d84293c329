"""The mails of a local start, read from the folder that Django's file backend writes. Never used elsewhere.

One file holds the messages of one connection, each followed by a line of 79 dashes
(django.core.mail.backends.filebased).
"""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

_SEPARATOR = b"-" * 79
_MAIL_ID = re.compile(r"([0-9]{8}-[0-9]{6}-[0-9]+)\.([0-9]{1,4})")
NEWEST = 200


@dataclass(frozen=True)
class Mail:
    """One mail; `text` is its plain-text part, to be escaped like any text."""

    id: str
    sender: str
    to: str
    subject: str
    sent_at: datetime
    text: str


def newest_mails() -> list[Mail]:
    """Newest first, at most NEWEST."""
    files = sorted(_folder().glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    mails: list[Mail] = []
    for path in files:
        mails.extend(reversed(_mails_in(path)))
        if len(mails) >= NEWEST:
            break
    return mails[:NEWEST]


def mail_by_id(mail_id: str) -> Mail | None:
    """The mail that a list named so; None for an id that names none."""
    match = _MAIL_ID.fullmatch(mail_id)
    if match is None:
        return None
    path = _folder() / f"{match[1]}.log"
    if not path.is_file():
        return None
    return next((mail for mail in _mails_in(path) if mail.id == mail_id), None)


def _folder() -> Path:
    return Path(settings.MAIL_DIR)


def _mails_in(path: Path) -> list[Mail]:
    *complete, _rest = path.read_bytes().replace(b"\r\n", b"\n").split(b"\n" + _SEPARATOR + b"\n")
    return [_mail(f"{path.stem}.{number}", raw) for number, raw in enumerate(complete)]


def _mail(mail_id: str, raw: bytes) -> Mail:
    message = email.message_from_bytes(raw.lstrip(b"\n"), _class=EmailMessage, policy=email.policy.default)
    body = message.get_body(preferencelist=("plain",))
    return Mail(
        id=mail_id,
        sender=str(message.get("From", "")),
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        sent_at=_date_of(message),
        text=str(body.get_content()) if body is not None else "",
    )


def _date_of(message: EmailMessage) -> datetime:
    try:
        return parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
