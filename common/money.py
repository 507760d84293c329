"""Money as integer base units with its currency (law 6): typed in, written out, split; no float anywhere."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

PPM = 1_000_000
LARGEST_WHOLE_AMOUNT = 1_000_000_000


@dataclass(frozen=True)
class Currency:
    """A currency: one whole unit is 10 ** decimals base units."""

    code: str
    symbol: str
    decimals: int

    @property
    def base(self) -> int:
        """Base units in one whole unit."""
        return 10**self.decimals


TUSD = Currency("tUSD", "tUSD", 6)
CURRENCIES = {TUSD.code: TUSD}


class AmountError(ValueError):
    """A typed amount that is of no use: not_a_number, negative, zero, too_precise or too_large (`code`)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_AMOUNT = re.compile(r"([+-]?)([0-9]{0,60})(?:\.([0-9]{0,60}))?")


def parse_amount(text: str, currency: Currency) -> int:
    """Base units of an amount typed by a person, such as "12.50". Raises AmountError, a sentence for them."""
    match = _AMOUNT.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-"))
    if match is None or not (match[2] or match[3]):
        raise AmountError("not_a_number", _("Write the amount in digits with a point, for example 12.50."))
    sign, whole, fraction = match[1], match[2], (match[3] or "").rstrip("0")
    if sign == "-":
        raise AmountError("negative", _("The amount cannot be negative."))
    if len(fraction) > currency.decimals:
        raise AmountError(
            "too_precise",
            _("%(symbol)s has at most %(count)d digits after the point.")
            % {"symbol": currency.symbol, "count": currency.decimals},
        )
    units = int(whole or "0") * currency.base + int(fraction.ljust(currency.decimals, "0") or "0")
    if units == 0:
        raise AmountError("zero", _("The amount must be more than zero."))
    if units > LARGEST_WHOLE_AMOUNT * currency.base:
        raise AmountError(
            "too_large",
            _("The amount can be at most %(amount)s.")
            % {"amount": format_amount(LARGEST_WHOLE_AMOUNT * currency.base, currency)},
        )
    return units


def format_amount(units: int, currency: Currency) -> str:
    """Base units as people read them, exactly: two decimals, or as many as needed, then the symbol."""
    whole, rest = divmod(abs(units), currency.base)
    places = min(2, currency.decimals)
    fraction = str(rest).zfill(currency.decimals).rstrip("0").ljust(places, "0") if currency.decimals else ""
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}{'.' if fraction else ''}{fraction} {currency.symbol}"


class FeeSplit(NamedTuple):
    """Fee and net in base units, the gross in sum; remainder in millionths of a base unit, to carry on."""

    fee: int
    net: int
    remainder: int


def split_fee(gross: int, ppm: int, remainder: int) -> FeeSplit:
    """The platform's part of a deposit, by the ledger's own rule: the one place where money is rounded.

    `ppm` is the fee in parts per million, `remainder` what earlier deposits of this (entry, currency) left
    over (0 <= remainder < 1,000,000), so that many small deposits pay the same fee as one large one.
    """
    fee, carried = divmod(gross * ppm + remainder, PPM)
    return FeeSplit(fee=fee, net=gross - fee, remainder=carried)
