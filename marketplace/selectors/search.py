"""Search and browse over the listings: a page of designs by a key, and the facets with their counts."""

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from contracts.chains import chain
from contracts.errors import ChainNotDeployed
from designs.models import Design, Disclosure

# How much of a word may be mistyped: 0.45 finds "lantren" and "gyrod", and keeps "value" away from "vase".
LIKENESS = "0.45"
SORTS = {
    "relevance": _("Best match"),
    "newest": _("Newest"),
    "price_up": _("Lowest price"),
    "price_down": _("Highest price"),
    "licensed": _("Most licensed"),
}
# Bands of prices, in whole coins of our currency: from, up to and without.
BANDS = {"0-10": (0, 10), "10-25": (10, 25), "25-100": (25, 100), "100-": (100, None)}
COIN = 1_000_000
WORD = re.compile(r"\w+")
EXACT = re.compile(r'"|(?:^|\s)-\w')
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """What is asked for. Empty fields narrow nothing; whatever an address says in vain is empty here."""

    query: str = ""
    kind: str = ""
    license: str = ""
    price: str = ""
    disclosure: str = ""
    program: str = ""
    tag: str = ""
    creator: str = ""
    sort: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Wanted":
        """From the parameters of an address."""
        text = {name: " ".join(asked.get(name, "").split()) for name in ("q", *(f.name for f in fields(cls)))}
        return cls(
            query=text["q"][:120],
            kind=text["kind"] if text["kind"] in Design.Kind.values else "",
            license=text["license"][:40],
            price=text["price"] if text["price"] in BANDS else "",
            disclosure=text["disclosure"] if text["disclosure"] in Disclosure.values else "",
            program=text["program"][:160],
            tag=text["tag"].lower()[:32],
            creator=_as_uuid(text["creator"]),
            sort=text["sort"] if text["sort"] in SORTS else "",
        )

    @property
    def order(self) -> str:
        """The sort that holds: by match where words are asked for, else the newest first."""
        if not self.sort or (self.sort == "relevance" and not self.query):
            return "relevance" if self.query else "newest"
        return self.sort

    @property
    def parameters(self) -> dict[str, str]:
        """For an address that asks the same."""
        named = {("q" if f.name == "query" else f.name): getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in named.items() if value}

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, name) for name in FACETS)

    def without_facets(self) -> "Wanted":
        return Wanted(query=self.query, sort=self.sort)

    def but(self, **changes: str) -> "Wanted":
        return replace(self, **changes)


def _as_uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


# What a facet asks of a row (l: listing, p: its price in our currency, u: its owner), and what it is counted by.
FACETS = {
    "kind": "l.kind = %(kind)s",
    "license": "coalesce(%(license)s = ANY(p.licenses), false)",
    "price": "coalesce(p.price >= %(price_from)s AND (%(price_to)s::numeric IS NULL OR p.price < %(price_to)s), false)",
    "disclosure": "l.disclosure = %(disclosure)s",
    "program": "l.program = %(program)s",
    "tag": "l.tags @> ARRAY[%(tag)s]::varchar[]",
    "creator": "l.owner_id = (SELECT id FROM accounts_user WHERE public_id = %(creator)s::uuid)",
}
_ROWS = (
    "FROM marketplace_listing l {join} JOIN marketplace_listingprice p "
    "ON p.listing_id = l.design_id AND p.currency = %(currency)s"
)
_MATCH = "l.document @@ (websearch_to_tsquery('english', %(query)s) || to_tsquery('simple', %(prefixes)s))"
_LIKE = "%(word_{})s <%% l.words"
_EXACT = "l.document @@ websearch_to_tsquery('english', %(query)s)"
_SCORE = f"""(
  CASE WHEN {_MATCH} THEN 10000 + least(9999, (5000 * ts_rank_cd(l.document,
    websearch_to_tsquery('english', %(query)s) || to_tsquery('simple', %(prefixes)s)))::int) ELSE 0 END
  + (1000 * word_similarity(%(query)s, l.words))::int)"""
# By sort: the key, its direction, and its letter in a cursor.
_KEYS = {
    "relevance": (_SCORE, "DESC", "r"),
    "newest": ("l.claimed_at", "DESC", "n"),
    "price_up": ("p.price", "ASC", "u"),
    "price_down": ("p.price", "DESC", "d"),
    "licensed": ("l.licensed", "DESC", "l"),
}
_CURSOR = re.compile(r"([rnudl])\.([0-9]{1,78})\.([0-9]{1,18})")


class BadCursor(ValueError):
    """This is no cursor that we gave for such a list."""


@dataclass(frozen=True)
class Found:
    """Keys of one page in their order; `following` is the cursor of the next page, or None."""

    design_ids: list[int]
    following: str | None


def search(wanted: Wanted, *, after: str = "", limit: int) -> Found:
    """One page of what is asked for. Raises BadCursor."""
    key, direction, letter = _KEYS[wanted.order]
    values = _values(wanted)
    where = [_match(wanted), *(FACETS[name] for name in FACETS if getattr(wanted, name))]
    if after:
        values["after_key"], values["after_id"] = _read(after, wanted.order)
        beyond = ">" if direction == "ASC" else "<"
        where.append(f"({key}, l.design_id) {beyond} (%(after_key)s, %(after_id)s)")
    text = (
        f"SELECT l.design_id, {key} AS key {_rows(wanted)} "
        f"WHERE {' AND '.join(where)} ORDER BY {key} {direction}, l.design_id {direction} LIMIT {limit + 1}"
    )
    rows = _fetch(text, values)
    following = _write(letter, rows[limit - 1]) if len(rows) > limit else None
    return Found([row[0] for row in rows[:limit]], following)


def _read(cursor: str, order: str) -> tuple[Any, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    found = _CURSOR.fullmatch(text)
    if found is None or found[1] != _KEYS[order][2]:
        raise BadCursor
    value, design_id = int(found[2]), int(found[3])
    if order == "newest":
        try:
            return EPOCH + timedelta(microseconds=value), design_id
        except OverflowError as error:
            raise BadCursor from error
    if order in ("relevance", "licensed") and value > 2**31 - 1:
        raise BadCursor
    return value, design_id


def _write(letter: str, row: tuple[int, Any]) -> str:
    design_id, key = row
    value = (key - EPOCH) // timedelta(microseconds=1) if isinstance(key, datetime) else int(key)
    return base64.urlsafe_b64encode(f"{letter}.{value}.{design_id}".encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Choice:
    """One value of a facet: how many designs it would leave, with the other facets as they are."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facets:
    """How many designs there are in all, and the choices of each facet."""

    total: int
    choices: dict[str, list[Choice]]


# Of tags, programs and creators there are too many to read: the most used ones, and the chosen one.
_COUNTED = {
    "kind": "SELECT 'kind', kind, '', count(*) FROM hits WHERE {others} GROUP BY kind",
    "disclosure": "SELECT 'disclosure', disclosure, '', count(*) FROM hits WHERE {others} GROUP BY disclosure",
    "license": """SELECT 'license', t.code, t.title, count(*) FROM hits CROSS JOIN unnest(licenses) sold
        JOIN licensing_licensetemplate t ON t.code = sold AND t.active WHERE {others} GROUP BY t.code, t.title""",
    "price": "SELECT 'price', band, '', count(*) FROM hits WHERE band IS NOT NULL AND {others} GROUP BY band",
    "program": """SELECT 'program', program, '', count(*) FROM hits WHERE program <> '' AND {others}
        GROUP BY program ORDER BY program = %(program)s DESC, count(*) DESC, program LIMIT 10""",
    "tag": """SELECT 'tag', tag, '', count(*) FROM hits CROSS JOIN unnest(tags) tag WHERE {others}
        GROUP BY tag ORDER BY tag = %(tag)s DESC, count(*) DESC, tag LIMIT 14""",
    "creator": """SELECT 'creator', u.public_id::text, u.display_name, number FROM (
          SELECT owner_id, count(*) AS number FROM hits WHERE {others} GROUP BY owner_id
          ORDER BY count(*) DESC, owner_id LIMIT 8) most JOIN accounts_user u ON u.id = most.owner_id""",
}


def facets(wanted: Wanted, *, only: tuple[str, ...] = tuple(FACETS)) -> Facets:
    """All counts in one query: each facet under the others, as a choice among its values would leave them."""
    asked = {name: FACETS[name] for name in FACETS if getattr(wanted, name)}
    flags = "".join(f", {condition} AS is_{name}" for name, condition in asked.items())
    every = " AND ".join(f"is_{name}" for name in asked) or "true"
    text = (
        "WITH hits AS MATERIALIZED (SELECT l.kind, l.disclosure, l.program, l.tags, l.owner_id, p.licenses, "  # noqa: S608
        f"{_band()} AS band{flags} {_rows(wanted)} WHERE {_match(wanted)}) "
        f"SELECT 'all', '', '', count(*) FROM hits WHERE {every}"
    )
    for name in only:
        others = " AND ".join(f"is_{other}" for other in asked if other != name) or "true"
        text += f" UNION ALL ({_COUNTED[name].format(others=others)})"
    rows = _fetch(text, _values(wanted))
    total = next(row[3] for row in rows if row[0] == "all")
    return Facets(total, {name: _choices(name, rows, wanted) for name in only})


def _choices(name: str, rows: list[tuple[Any, ...]], wanted: Wanted) -> list[Choice]:
    known: dict[str, Any] = {
        "kind": {"mesh": _("3D models"), "image": _("Images")},
        "disclosure": dict(Disclosure.choices),
        "price": {
            "0-10": _("Under 10 tUSD"),
            "10-25": _("10 to 25 tUSD"),
            "25-100": _("25 to 100 tUSD"),
            "100-": _("100 tUSD and more"),
        },
    }
    words = known.get(name, {})
    chosen = getattr(wanted, name)
    found = [
        Choice(row[1], str(row[2] or words.get(row[1], row[1])), row[3], row[1] == chosen)
        for row in rows
        if row[0] == name
    ]
    if words:
        return sorted(found, key=lambda choice: list(words).index(choice.value))
    return sorted(found, key=lambda choice: (-choice.count, choice.label))


def _band() -> str:
    cases = " ".join(
        f"WHEN p.price < {upto * COIN} THEN '{name}'" for name, (_from, upto) in BANDS.items() if upto is not None
    )
    return f"CASE {cases} WHEN p.price IS NOT NULL THEN '100-' END"


@dataclass(frozen=True)
class Suggestion:
    """Something near to what was typed: "tag", "design", "program" or "creator", and the words to search for."""

    kind: str
    words: str


def suggestions(query: str) -> list[Suggestion]:
    """What may have been meant, nearest first, where nothing was found."""
    text = """WITH near AS MATERIALIZED (
          SELECT l.design_id, l.tags, l.program, l.owner_id FROM marketplace_listing l
          WHERE %(query)s <% l.words ORDER BY word_similarity(%(query)s, l.words) DESC, l.design_id DESC LIMIT 60
        ), labels AS (
          SELECT 'design' AS kind, d.title AS label FROM near JOIN designs_design d ON d.id = near.design_id
          UNION SELECT 'tag', tag FROM near CROSS JOIN unnest(tags) tag
          UNION SELECT 'program', program FROM near WHERE program <> ''
          UNION SELECT 'creator', u.display_name FROM near JOIN accounts_user u ON u.id = near.owner_id
        ) SELECT kind, label FROM labels WHERE word_similarity(%(query)s, label) > 0.2
        ORDER BY similarity(%(query)s, label) DESC, label LIMIT 6""".replace("<%", "<%%")
    rows = _fetch(text, {"query": query}, likeness="0.2") if query else []
    return [Suggestion(kind, label) for kind, label in rows]


def _rows(wanted: Wanted) -> str:
    by_price = wanted.order in ("price_up", "price_down")
    return _ROWS.format(join="" if by_price else "LEFT")


def _match(wanted: Wanted) -> str:
    if not wanted.query:
        return "true"
    if EXACT.search(wanted.query):
        return _EXACT
    # Every word has to be near to one of a listing: near to all of them together is near to very many.
    near = " AND ".join(_LIKE.format(number) for number in range(len(_words(wanted))))
    return f"({_MATCH} OR ({near}))" if near else _MATCH


def _words(wanted: Wanted) -> list[str]:
    return [] if EXACT.search(wanted.query) else WORD.findall(wanted.query)[:8]


def _values(wanted: Wanted) -> dict[str, Any]:
    start, end = BANDS.get(wanted.price, (0, None))
    words = _words(wanted)
    return {
        **{f"word_{number}": word for number, word in enumerate(words)},
        "query": wanted.query,
        "prefixes": " & ".join(f"'{word}':*" for word in words),
        "kind": wanted.kind,
        "license": wanted.license,
        "price_from": start * COIN,
        "price_to": None if end is None else end * COIN,
        "disclosure": wanted.disclosure,
        "program": wanted.program,
        "tag": wanted.tag,
        "creator": wanted.creator,
        "currency": _our_currency(),
    }


def _our_currency() -> str:
    try:
        return chain().deployment.currency
    except ChainNotDeployed:
        return ""


def _fetch(text: str, values: dict[str, Any], *, likeness: str = LIKENESS) -> list[tuple[Any, ...]]:
    with transaction.atomic() if values["query"] else nullcontext(), connection.cursor() as cursor:
        if values["query"]:
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [likeness])
        cursor.execute(text, values)
        return cursor.fetchall()
