"""The deployment as a fixed list of transactions by one key at consecutive nonces.

Where each contract will stand follows from key and nonce alone, and how far an interrupted deployment got follows
from the key's nonce on the chain: it is resumed without any memory of its own, and a chain that was rewound to before
it gets the very same addresses again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from common.addresses import checksummed
from common.hashing import keccak256
from common.identifiers import ZERO_ADDRESS
from contracts import artifacts
from contracts.chains import CURRENCY
from contracts.encoding import encode_call, encode_constructor

FEE_PPM = 50_000
FORWARDER_NAME = "Loomprint Forwarder"
NATIVE = ZERO_ADDRESS
OPEN_TRANSFERS = ZERO_ADDRESS
FLOAT = 1_000_000_000 * 10**6
UNLIMITED = 2**256 - 1

# In the order of their nonces; who is created early is told the addresses of later ones before they exist.
CREATED = (
    "AccessManager",
    "ERC2771Forwarder",
    "RoyaltyInbox",
    "DesignLicenses",
    "DesignShares",
    "Lineage",
    "DesignRegistry",
    "LicenseMarket",
    "ResaleMarket",
    "DesignViews",
)
MARKETS = ("LicenseMarket", "ResaleMarket")


class Role(IntEnum):
    """Roles of the AccessManager beside its administrator, who is 0."""

    OPERATOR = 1
    MODERATOR = 2
    TREASURER = 3
    GUARDIAN = 4


# What each role may call; everything else that is restricted is the administrator's.
ALLOWED: dict[Role, dict[str, tuple[str, ...]]] = {
    Role.OPERATOR: {
        "DesignRegistry": ("register",),
        "DesignLicenses": ("defineTerms", "setURI", "setBaseURI", "setContractURI", "release"),
        "LicenseMarket": ("buyFor",),
    },
    Role.MODERATOR: {"DesignRegistry": ("setStatus", "resolveContest"), "DesignLicenses": ("revoke",)},
    Role.TREASURER: {"DesignShares": ("closeCurrency", "scheduleFee")},
    Role.GUARDIAN: dict.fromkeys(MARKETS, ("pause",)),
}


@dataclass(frozen=True)
class Step:
    """One transaction: `to` is None for a creation."""

    label: str
    to: str | None
    data: bytes


@dataclass(frozen=True)
class Plan:
    """What is deployed by whom, from which nonce on. `currency` is None when a test stablecoin is deployed too.

    `moderator`, `treasurer` and `guardian` get their role; empty leaves it to the administrator, later.
    """

    deployer: str
    first_nonce: int
    treasury: str
    currency: str | None
    moderator: str = ""
    treasurer: str = ""
    guardian: str = ""

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
    def roles(self) -> dict[Role, str]:
        """Who has which role when everything is done."""
        wanted = {
            Role.OPERATOR: self.deployer,
            Role.MODERATOR: self.moderator,
            Role.TREASURER: self.treasurer,
            Role.GUARDIAN: self.guardian,
        }
        return {role: account for role, account in wanted.items() if account}

    @property
    def end_nonce(self) -> int:
        """The deployer's nonce when everything is done."""
        return self.first_nonce + sum(1 for _step in self.steps())

    def steps(self) -> Iterator[Step]:
        """The transactions in order, the first at `first_nonce`."""
        at = self.addresses
        manager, forwarder = at["AccessManager"], at["ERC2771Forwarder"]
        arguments: dict[str, list[object]] = {
            "AccessManager": [self.deployer],
            "ERC2771Forwarder": [FORWARDER_NAME],
            "RoyaltyInbox": [at["DesignShares"]],
            # No metadata is served yet; the operator sets the addresses when it is.
            "DesignLicenses": [manager, at["RoyaltyInbox"], "", ""],
            "DesignShares": [manager, at["DesignRegistry"], self.treasury, FEE_PPM, OPEN_TRANSFERS],
            "Lineage": [],
            "DesignRegistry": [manager, at["DesignShares"], at["DesignLicenses"], forwarder],
            "LicenseMarket": [manager, at["DesignRegistry"], forwarder],
            "ResaleMarket": [manager, at["DesignRegistry"], forwarder],
            "DesignViews": [at["DesignRegistry"]],
            CURRENCY: [self.deployer],
        }
        for name in self.created:
            yield Step(f"create {name}", None, encode_constructor(name, arguments[name], libraries=at))

        def call(contract: str, function: str, *args: object) -> Step:
            return Step(f"{contract}.{function}", at[contract], encode_call(contract, function, list(args)))

        for role, contracts in ALLOWED.items():
            for contract, functions in contracts.items():
                selectors = ["0x" + artifacts.function(contract, name)[0].hex() for name in functions]
                yield call("AccessManager", "setTargetFunctionRole", at[contract], selectors, int(role))
        for role, account in self.roles.items():
            yield call("AccessManager", "grantRole", int(role), account, 0)
        # The first currency's money shares a word with the units and costs least: it is the one of our prices.
        yield call("DesignShares", "addCurrency", at[CURRENCY])
        yield call("DesignShares", "addCurrency", NATIVE)
        for market in MARKETS:
            yield call("DesignShares", "setDepositor", at[market], True)
        yield call("DesignLicenses", "setMinter", at["LicenseMarket"], True)
        yield call("DesignRegistry", "setMarket", at["LicenseMarket"])
        if not self.currency:
            yield call(CURRENCY, "mint", self.deployer, FLOAT)
        # The operator buys for people without a wallet: it pays the market from its own float.
        yield call(CURRENCY, "approve", at["LicenseMarket"], UNLIMITED)


def create_address(sender: str, nonce: int) -> str:
    """The address that CREATE gives (yellow paper, section 7): the last 20 bytes of keccak(rlp(sender, nonce))."""
    import rlp  # type: ignore[import-untyped]

    digest = keccak256(rlp.encode([bytes.fromhex(sender[2:]), nonce]))
    return checksummed("0x" + digest[12:].hex())
