"""Database columns for the chain's types: unsigned integers, hashes, addresses."""

from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from django.db import models


class UintField(models.DecimalField):
    """An unsigned integer of up to 256 bits, kept as numeric(78,0) and given to Python as int."""

    _pyi_private_set_type: int
    _pyi_private_get_type: int  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = 78
        kwargs["decimal_places"] = 0
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"]
        del kwargs["decimal_places"]
        return name, path, args, kwargs

    def from_db_value(self, value: Decimal | None, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> Any:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(Decimal(value) if isinstance(value, int) else value, connection, prepared)


class _HexField(models.CharField):
    """Text "0x" and a fixed number of lower-case hex digits."""

    digits = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = self.digits + 2
        super().__init__(*args, **kwargs)
        self.validators.append(RegexValidator(rf"^0x[0-9a-fA-F]{{{self.digits}}}$"))

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs


class HashField(_HexField):
    """32 bytes as "0x" and 64 lower-case hex digits."""

    digits = 64


class EntryIdField(_HexField):
    """A registry entry's id: 16 bytes as "0x" and 32 lower-case hex digits."""

    digits = 32


class AddressField(_HexField):
    """An account or contract address, written with its EIP-55 checksum."""

    digits = 40
