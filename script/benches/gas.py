"""Gas of whole transactions on a fresh chain, beside the targets and beside others' contracts.

Receipts of the committed artifacts. Everybody has had coins and dollars before; the entry that sells has sold to the
buyer before in both currencies. A deposit is a donation by an account. Money of the ledger's first currency stands
beside the units: what a payment in the native coin costs there is measured in a second deployment, with the native
coin as the first currency.
"""

from dataclasses import dataclass

from ._gas_chain import NATIVE, Market, fresh_node, use_our_code
from ._gas_peers import measure_peers
from .report import Peer, Report, Row

HOLDERS = (1, 10, 1_000, 10_000)
# Merging long tables of ancestors depends on their ids, which are hashes: the dearest of so many.
DRAWS = 4

TARGETS = {
    "gas.register_original": 140_000,
    "gas.register_extra_cocreator": 34_000,
    "gas.register_one_parent": 185_000,
    "gas.register_64_ancestors": 1_100_000,
    "gas.buy_warm_erc20": 120_000,
    "gas.buy_warm_native": 103_000,
    "gas.buy_warm_10000_holders": 120_000,
    "gas.deposit_erc20": 60_000,
    "gas.deposit_native": 40_000,
    "gas.claim_erc20": 58_000,
    "gas.claim_native": 47_000,
    "gas.share_transfer_two_currencies": 72_000,
    "gas.share_transfer_new_holder": 108_000,
    "gas.claim_for_10_native": 222_000,
    "gas.claim_for_10_erc20": 222_000,
}
# Other people's figures as they, or earlier measurements, give them: contracts that npm does not ship, or not so that
# they compile.
QUOTED = {
    "gas.register_original": ("Story registerIp", 459_000),
    "gas.register_one_parent": ("Story derivative, least", 383_000),
    "gas.buy_warm_erc20": ("thirdweb signature mint, least", 267_000),
    "gas.buy_warm_native": ("thirdweb signature mint, least", 267_000),
    "gas.buy_warm_10000_holders": ("Liquid Split, 1,000 holders", 111_000_000),
    "gas.deposit_erc20": ("Liquid Split, 2 holders", 260_000),
    "gas.deposit_native": ("Liquid Split, 2 holders", 260_000),
    "gas.claim_for_10_native": ("OpenZeppelin PaymentSplitter", 666_540),
}
MEASURED = {
    "gas.claim_native": "OpenZeppelin PaymentSplitter release",
    "gas.claim_for_10_native": "OpenZeppelin PaymentSplitter, 10 first releases",
}


@dataclass
class Flat:
    """The same four transactions on one entry."""

    label: str
    buy_erc20: int
    buy_native: int
    deposit_erc20: int
    deposit_native: int

    @classmethod
    def of(cls, label: str, market: Market, entry: int) -> "Flat":
        return cls(
            label,
            market.buy(entry, market.usd),
            market.buy(entry, NATIVE),
            market.deposit(entry, market.usd),
            market.deposit(entry, NATIVE),
        )

    def __str__(self) -> str:
        return (
            f"{self.label}: buy {self.buy_erc20:,} ERC-20, {self.buy_native:,} native; "
            f"deposit {self.deposit_erc20:,} and {self.deposit_native:,}"
        )


def measure() -> Report:
    """Raises Refusal when a transaction fails that must not."""
    use_our_code()
    with fresh_node() as node:
        market = Market(node)
        found = _registrations(market)
        warm = market.warm(market.original({"alice": 700_000, "bob": 300_000}))
        found["gas.buy_warm_erc20"] = market.buy(warm, market.usd)
        found["gas.buy_warm_native"] = market.buy(warm, NATIVE)
        found["gas.deposit_erc20"] = market.deposit(warm, market.usd)
        found["gas.deposit_native"] = market.deposit(warm, NATIVE)
        found["gas.claim_erc20"], native_second = _claims(market, warm)
        found |= _transfers(market, warm)
        entry, ten = market.held_by_ten()
        found["gas.claim_for_10_erc20"] = market.send("buyer", "DesignShares", "claimFor", entry, market.usd, ten)
        ten_second = market.send("buyer", "DesignShares", "claimFor", entry, NATIVE, ten)

        native = Market(node, native_first=True)
        warm = native.warm(native.original({"alice": 700_000, "bob": 300_000}))
        _, found["gas.claim_native"] = _claims(native, warm)
        entry, ten = native.held_by_ten()
        found["gas.claim_for_10_native"] = native.send("buyer", "DesignShares", "claimFor", entry, NATIVE, ten)

        holders = _by_holders(market)
        found["gas.buy_warm_10000_holders"] = holders[-1].buy_erc20
        ancestors = _by_ancestors(market)
        peers, how = measure_peers(node)
    quoted = dict(QUOTED[name] for name in QUOTED if MEASURED.get(name) not in peers)
    notes = [
        "receipts of the committed artifacts on a fresh anvil: 21,000 base gas, calldata and cold storage included",
        "gas.deposit_*: DesignShares.donate by an account; a market's deposit is part of gas.buy_*",
        "gas.claim_native and gas.claim_for_10_native: where the native coin is the ledger's first currency; as the "
        f"second one, as we deploy: {native_second:,} and {ten_second:,}",
        "gas.register_64_ancestors: the most of "
        f"{DRAWS} families, since merging depends on the ids, which are hashes; addresses are hashes too",
        "holders are real: each got units by a share transfer",
        *(str(found) for found in [*holders, *ancestors]),
        f"deploying all contracts: {sum(market.creations.values()):,} gas, of which "
        + ", ".join(f"{name} {gas:,}" for name, gas in sorted(market.creations.items(), key=lambda one: -one[1])[:6]),
        how,
        *(f"measured: {name} {gas:,}" for name, gas in peers.items()),
        "quoted, not measured here: " + "; ".join(f"{name} {gas:,}" for name, gas in quoted.items()),
    ]
    return Report("gas", [_row(name, found[name], peers) for name in TARGETS], notes)


def _row(name: str, value: int, peers: dict[str, int]) -> Row:
    peer = None
    if MEASURED.get(name) in peers:
        peer = Peer(f"{MEASURED[name]} (measured)", peers[MEASURED[name]])
    elif name in QUOTED:
        peer = Peer(f"{QUOTED[name][0]} (quoted)", QUOTED[name][1])
    return Row(name, value, "gas", TARGETS[name], peer=peer)


def _registrations(market: Market) -> dict[str, int]:
    alone = market.register({"alice": 1_000_000})[1]
    two = market.register({"alice": 500_000, "bob": 500_000})[1]
    parent = market.open_entry(100_000, binding=False)
    one_parent = market.register({"alice": 1_000_000}, parents=[parent])[1]
    many = max(_most_ancestors(market) for _time in range(DRAWS))
    return {
        "gas.register_original": alone,
        "gas.register_extra_cocreator": two - alone,
        "gas.register_one_parent": one_parent,
        "gas.register_64_ancestors": many,
    }


def _most_ancestors(market: Market) -> int:
    families = [market.family_of(7) for _family in range(8)]
    return market.register({"alice": 1_000_000}, parents=families)[1]


def _claims(market: Market, entry: int) -> tuple[int, int]:
    """Of somebody who has claimed before, in ERC-20 and native coin."""
    for _time in range(2):
        market.deposit(entry, market.usd)
        market.deposit(entry, NATIVE)
        found = market.claim("alice", entry, market.usd), market.claim("alice", entry, NATIVE)
    return found


def _transfers(market: Market, entry: int) -> dict[str, int]:
    """In an entry that has earned in two currencies."""
    market.transfer("alice", "bob", entry, 1000)
    return {
        "gas.share_transfer_two_currencies": market.transfer("alice", "bob", entry, 1000),
        "gas.share_transfer_new_holder": market.transfer("alice", "carol", entry, 1000),
    }


def _by_holders(market: Market) -> list[Flat]:
    entry = market.warm(market.original())
    found, there = [], 1
    for count in HOLDERS:
        market.spread(entry, there, count)
        there = count
        found.append(Flat.of(f"{count:,} holder{'s' if count > 1 else ''}", market, entry))
    return found


def _by_ancestors(market: Market) -> list[Flat]:
    parents = {
        0: [],
        8: [market.open_entry(1000, binding=True) for _parent in range(8)],
        64: [market.family_of(7) for _family in range(8)],
    }
    return [
        Flat.of(f"{count} ancestors", market, market.warm(market.register({"alice": 1_000_000}, parents=above)[0]))
        for count, above in parents.items()
    ]
