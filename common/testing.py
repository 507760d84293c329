"""What tests of several rooms share."""

from eth_utils.address import to_checksum_address

PASSWORD = "violet harbor 17 lanterns"  # noqa: S105 (of accounts that live for one test)

CONTRACTS = (
    "AccessManager",
    "DesignRegistry",
    "DesignShares",
    "DesignLicenses",
    "LicenseMarket",
    "TestStablecoin",
)


def addresses() -> dict[str, str]:
    """Made-up addresses of our contracts, the same every time."""
    return {name: to_checksum_address(f"0x{number:040x}") for number, name in enumerate(CONTRACTS, start=0xC0)}
