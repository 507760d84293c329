"""The deployment as a fixed list of transactions by one key at consecutive nonces.

Where each contract will stand follows from key and nonce alone, and how far an interrupted deployment got follows
from the key's nonce on the chain: it is resumed without any memory of its own, and a chain that was rewound to before
it gets the very same addresses again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from eth_utils.crypto import keccak

from contracts import artifacts
from contracts.chains import CURRENCY
from contracts.encoding import encode_call, encode_constructor

OPERATOR_ROLE = 1
FEE_PPM = 50_000
FLOAT = 1_000_000_000 * 10**6
UNLIMITED = 2**256 - 1

# In the order of their nonces; DesignShares is told the registry's address before it exists.
CREATED = ("AccessManager", "DesignLicenses", "DesignShares", "DesignRegistry", "LicenseMarket")


@dataclass(frozen=True)
class Step:
    """One transaction: `to` is None for a creation."""

    label: str
    to: str | None
    data: bytes


@dataclass(frozen=True)
class Plan:
    """What is deployed by whom, from which nonce on. `currency` is None when a test stablecoin is deployed too."""

    deployer: str
    first_nonce: int
    treasury: str
    currency: str | None

    @property
    def created(self) -> tuple[str, ...]:
        return CREATED if self.currency else (*CREATED, CURRENCY)

    @property
    def addresses(self) -> dict[str, str]:
        """By contract name; the currency among them."""
        found = {
            name: create_address(self.deployer, self.first_nonce + number) for number, name in enumerate(self.created)
        }
        return {**found, CURRENCY: self.currency or found[CURRENCY]}

    @property
    def end_nonce(self) -> int:
        """The deployer's nonce when everything is done."""
        return self.first_nonce + sum(1 for _step in self.steps())

    def steps(self) -> Iterator[Step]:
        """The transactions in order, the first at `first_nonce`."""
        at = self.addresses
        manager = at["AccessManager"]
        arguments: dict[str, list[object]] = {
            "AccessManager": [self.deployer],
            "DesignLicenses": [manager],
            "DesignShares": [manager, at["DesignRegistry"], self.treasury, FEE_PPM],
            "DesignRegistry": [manager, at["DesignShares"], at["DesignLicenses"]],
            "LicenseMarket": [manager, at["DesignRegistry"]],
            CURRENCY: [self.deployer],
        }
        for name in self.created:
            yield Step(f"create {name}", None, encode_constructor(name, arguments[name]))

        def call(contract: str, function: str, *args: object) -> Step:
            return Step(f"{contract}.{function}", at[contract], encode_call(contract, function, list(args)))

        register = "0x" + artifacts.function("DesignRegistry", "register")[0].hex()
        selling = ["0x" + artifacts.function("LicenseMarket", name)[0].hex() for name in ("buyFor", "addTerms")]
        yield call("AccessManager", "setTargetFunctionRole", at["DesignRegistry"], [register], OPERATOR_ROLE)
        yield call("AccessManager", "setTargetFunctionRole", at["LicenseMarket"], selling, OPERATOR_ROLE)
        yield call("AccessManager", "grantRole", OPERATOR_ROLE, self.deployer, 0)
        yield call("DesignShares", "addCurrency", at[CURRENCY])
        yield call("DesignShares", "setDepositor", at["LicenseMarket"], True)
        yield call("DesignLicenses", "setMinter", at["LicenseMarket"], True)
        yield call("DesignRegistry", "setMarket", at["LicenseMarket"])
        if not self.currency:
            yield call(CURRENCY, "mint", self.deployer, FLOAT)
        # The operator buys for people without a wallet: it pays the market from its own float.
        yield call(CURRENCY, "approve", at["LicenseMarket"], UNLIMITED)


def create_address(sender: str, nonce: int) -> str:
    """The address that CREATE gives (yellow paper, section 7): the last 20 bytes of keccak(rlp(sender, nonce))."""
    import rlp  # type: ignore[import-untyped]
    from eth_utils.address import to_checksum_address

    return to_checksum_address(keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:])
