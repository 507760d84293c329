"""Checksummed addresses, beside those of eth_utils."""

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from common.addresses import checksummed


@given(st.binary(min_size=20, max_size=20), st.sampled_from([str.lower, str.upper]))
def test_as_eth_utils_writes_them(raw, case) -> None:
    assert checksummed("0x" + case(raw.hex())) == to_checksum_address(raw)


@pytest.mark.parametrize(
    "text", ["", "0x", "0x" + "1" * 39, "0x" + "1" * 41, "1" * 42, "0x" + "g" * 40, "0x" + "1" * 39 + "\n"]
)
def test_what_is_no_address_is_refused(text) -> None:
    with pytest.raises(ValueError, match="is no address"):
        checksummed(text)
