"""What people do to an entry with the contracts alone: read, shown, and to the unit what the chain says."""

from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from accounts.models import User
from common.identifiers import ZERO_ADDRESS, ZERO_HASH, license_id_of
from contracts import artifacts
from contracts.models import ChainEvent
from contracts.verifier import Node, Verdict, report, verify_hash
from designs.selectors import ancestors_of, claims_of, entry_status, versions_of
from licensing.models import LicenseSale, LicenseTemplate
from licensing.selectors import licenses_of, offers_of, sale_stop, sold_by_offers
from licensing.services.downloads import DownloadRefused, grant_download
from licensing.services.templates import facts_of, terms_hash
from royalties.selectors import earning_totals, fee_ppm, replay, statement
from studio.registration import (
    MinimumLine,
    OfferLine,
    ParentLine,
    Standing,
)
from tests.faults.market import OWN, Market, address_of, agrees
from tests.faults.wallets import NEVER, ROOT, as_creator, as_operator, register, send_as

pytestmark = pytest.mark.django_db(transaction=True)

OUTPUT = "0x" + "ab" * 32
SUSPENDED, ACTIVE, CONTESTED = 2, 0, 1
NATIVE = ZERO_ADDRESS


def verdict(market: Market, output_hash: str) -> Verdict:
    here = market.live.chain
    node = Node(here.rpc_url)
    return verify_hash(output_hash[2:], node=node, registry=here.deployment.address("DesignRegistry"))


def own_output(market: Market) -> str:
    return market.design.versions.get().master.output_hash


def test_a_moderator_and_a_creator_stop_sales_and_a_stranger_can_read_it(sold: Market) -> None:
    where = {"chain_id": sold.live.chain.chain_id, "entry_id": sold.design.entry_id or ""}
    as_operator(sold, "DesignRegistry", "setStatus", sold.entry, CONTESTED, ZERO_HASH)
    sold.live.follow()
    assert sale_stop(**where) is None
    assert "Contested: another claim of this file disputes it." in report(verdict(sold, own_output(sold)))

    as_operator(sold, "DesignRegistry", "setStatus", sold.entry, SUSPENDED, "0x" + "11" * 32)
    sold.live.follow()
    assert sale_stop(**where).code == "suspended"  # type: ignore[union-attr]
    said = verdict(sold, own_output(sold))
    assert (said.claims[0].status, said.claims[0].on_sale) == ("suspended", [])
    assert "Suspended: a moderator has stopped its sale." in report(said)

    as_operator(sold, "DesignRegistry", "setStatus", sold.entry, ACTIVE, ZERO_HASH)
    as_creator(sold, "DesignRegistry", "setWithdrawn", sold.entry, True)
    sold.live.follow()
    assert sale_stop(**where).code == "withdrawn"  # type: ignore[union-attr]
    as_creator(sold, "DesignRegistry", "setWithdrawn", sold.entry, False)
    sold.live.follow()
    assert entry_status(**where) == ACTIVE

    as_operator(sold, "LicenseMarket", "pause")
    sold.live.follow()
    assert sale_stop(**where).code == "paused"  # type: ignore[union-attr]
    assert "nothing is for sale: sales are paused" in report(verdict(sold, own_output(sold)))
    as_operator(sold, "LicenseMarket", "unpause")
    sold.live.follow()
    assert sale_stop(**where) is None
    agrees(sold)


def test_offers_that_a_creator_changes_on_chain_are_what_is_sold(sold: Market) -> None:
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    gate = [0, ZERO_ADDRESS, 0, 0]
    as_creator(
        sold, "LicenseMarket", "openOffer", sold.entry, terms, sold.currency, [7, 3, 0, NEVER, 2, 0, ZERO_HASH, gate]
    )
    as_creator(
        sold, "LicenseMarket", "openOffer", sold.entry, terms, NATIVE, [10**15, 0, 0, 0, 0, 0, "0x" + "22" * 32, gate]
    )
    sold.live.follow()
    assert [(one.offer.price, one.left) for one in sold_here(sold)] == [(7, 2)]
    said = verdict(sold, own_output(sold)).claims[0].on_sale
    assert [(sale.price, sale.symbol, sale.left, sale.restricted) for sale in said] == [
        (10**15, "native coin", None, True),
        (7, "tUSD", 2, False),
    ]
    agrees(sold)

    as_creator(sold, "LicenseMarket", "closeOffer", sold.entry, terms, sold.currency)
    agrees(sold)
    assert sold_here(sold) == []


def test_what_a_voucher_sells_is_not_of_the_offers_supply(sold: Market, outsider: LocalAccount) -> None:
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    entry = register(sold, outsider, OUTPUT, offers=[OfferLine(terms, NATIVE, 9, 2)])
    where = [int(entry, 16), terms, NATIVE]
    voucher = [*where, 5, 3, ZERO_ADDRESS, 0, NEVER, "0x" + "66" * 32]
    digest = sold.ask("LicenseMarket", "voucherDigest", voucher)
    signature = outsider.unsafe_sign_hash(digest).signature
    send_as(sold, outsider.address, "LicenseMarket", "buyWithVoucher", voucher, signature, outsider.address, value=15)
    intent = [*where, 9, 1, outsider.address, NEVER]
    send_as(sold, outsider.address, "LicenseMarket", "buy", intent, [], value=9)
    agrees(sold)

    chain_id = sold.live.chain.chain_id
    sales = LicenseSale.objects.filter(chain_id=chain_id, entry_id=entry).order_by("price")
    assert [(sale.price, sale.quantity, sale.voucher) for sale in sales] == [
        (5, 3, "0x" + digest.hex()),
        (9, 1, ZERO_HASH),
    ]
    assert sold_by_offers(chain_id=chain_id, entry_ids=[entry]) == {(entry, terms, NATIVE): 1}


def sold_here(market: Market) -> list[Any]:
    return offers_of(chain_id=market.live.chain.chain_id, entry_id=market.design.entry_id or "")


def test_a_license_that_is_revoked_opens_nothing(sold: Market, stranger: User) -> None:
    sold.buy(stranger)
    sold.live.finalize()
    as_operator(sold, "DesignLicenses", "revoke", sold.license_id, address_of(sold.buyer), "0x" + "33" * 32)
    agrees(sold)

    with pytest.raises(DownloadRefused, match="revoked"):
        grant_download(user=sold.buyer, license_id=sold.license_id)
    assert licenses_of(user=stranger)[0].download_open

    sold.buy()
    sold.live.finalize()
    agrees(sold)
    assert grant_download(user=sold.buyer, license_id=sold.license_id).license_id == sold.license_id


def test_an_exclusive_license_closes_the_entry_and_an_expiring_one_ends(sold: Market, outsider: LocalAccount) -> None:
    gate = [0, ZERO_ADDRESS, 0, 0]
    for number, rights in enumerate(({"period": 3600, "expires": True}, {"exclusive": True})):
        text = b"terms %d" % number
        facts = facts_of(rights)
        as_operator(sold, "DesignLicenses", "defineTerms", "0x" + keccak_of(text), list(facts.values()), "")
        terms = terms_hash(text, facts)
        as_creator(sold, "LicenseMarket", "openOffer", sold.entry, terms, NATIVE, [9, 0, 0, 0, 0, 0, ZERO_HASH, gate])
        intent = [sold.entry, terms, NATIVE, 9, 1, outsider.address, NEVER]
        send_as(sold, outsider.address, "LicenseMarket", "buy", intent, [], value=9)
        license_id = license_id_of(entry_id=sold.design.entry_id or "", terms_hash=terms, serial=1)
        assert sold.ask("DesignLicenses", "balanceOf", outsider.address, license_id) == 1
    agrees(sold)

    where = {"chain_id": sold.live.chain.chain_id, "entry_id": sold.design.entry_id or ""}
    assert sale_stop(**where).code == "closed"  # type: ignore[union-attr]
    assert sold_here(sold) == []
    assert verdict(sold, own_output(sold)).claims[0].on_sale == []


def keccak_of(text: bytes) -> str:
    from eth_utils.crypto import keccak

    return keccak(text).hex()


def test_what_descendants_owe_reaches_the_holders_when_it_is_settled(sold: Market, outsider: LocalAccount) -> None:
    """A derived work of somebody else earns in both currencies; shares move in between."""
    as_creator(sold, "DesignRegistry", "setStanding", sold.entry, [True, True, 100_000])
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    child = register(
        sold,
        outsider,
        OUTPUT,
        offers=[OfferLine(terms, sold.currency, 9_999_999, 0), OfferLine(terms, NATIVE, 10**16 + 7, 0)],
        parents=[ParentLine(sold.design.entry_id or "", 0, 100_000)],
        standing=Standing(open=True, ppm=50_000),
        minimums=[MinimumLine(sold.currency, 1_000)],
    )
    number = int(child, 16)
    (line,) = ancestors_of(chain_id=sold.live.chain.chain_id, entry_id=child)
    assert (line.ancestor_id, line.ppm, line.binding_ppm, line.direct) == (
        sold.design.entry_id,
        100_000,
        100_000,
        True,
    )
    as_operator(sold, "LicenseMarket", "buyFor", [number, terms, sold.currency, 9_999_999, 1, outsider.address, NEVER],
                [], "0x" + "44" * 32)  # fmt: skip
    as_operator(sold, "LicenseMarket", "buyFor", [number, terms, NATIVE, 10**16 + 7, 1, outsider.address, NEVER],
                [], "0x" + "55" * 32, value=10**16 + 7)  # fmt: skip
    send_as(sold, outsider.address, "DesignShares", "donate", sold.entry, NATIVE, 12_345, value=12_345)
    agrees(sold)

    ours = [address_of(sold.creator), address_of(sold.cocreator)]
    as_creator(sold, "DesignShares", "safeTransferFrom", *ours, sold.entry, 100_000, b"")
    for currency in (sold.currency, NATIVE):
        send_as(sold, outsider.address, "DesignShares", "settle", sold.entry, currency, [number])
    agrees(sold)

    for currency in (sold.currency, NATIVE):
        ledger = replay(chain_id=sold.live.chain.chain_id, entry_id=sold.design.entry_id or "", currency=currency)
        for holder in ours:
            total = next(
                one
                for one in earning_totals(chain_id=sold.live.chain.chain_id, holder=holder)
                if one.currency == currency
            )
            assert total.claimable == ledger.claimable(holder)
            assert total.claimable == sold.ask("DesignShares", "claimable", sold.entry, currency, holder)
            lines = statement(chain_id=sold.live.chain.chain_id, holder=holder)
            assert sum(line.amount for line in lines if line.currency == currency) == total.credited
            assert "from a derived work" in {str(line.source.label) for line in lines if line.currency == currency}
    sold.finish()
    assert sold.coins(sold.creator) >= OWN * 666_667 // 1_000_000
    agrees(sold)


def test_a_fee_that_was_scheduled_is_taken_from_its_time_on(sold: Market) -> None:
    here = sold.live.chain.chain_id
    as_operator(sold, "DesignShares", "scheduleFee", 20_000)
    agrees(sold)
    assert fee_ppm(chain_id=here) == 50_000
    sold.live.node.rpc("evm_increaseTime", 14 * 86_400 + 60)
    sold.live.node.mine()
    agrees(sold)

    as_operator(sold, "DesignShares", "scheduleFee", 80_000)
    agrees(sold)
    as_operator(sold, "DesignShares", "closeCurrency", sold.currency, True)
    sold.live.follow()
    where = {"chain_id": here, "entry_id": sold.design.entry_id or ""}
    assert sale_stop(**where).code == "paused"  # type: ignore[union-attr]
    agrees(sold)


def test_a_further_version_is_known_by_its_file(sold: Market) -> None:
    version = "0x" + "66" * 32
    as_creator(sold, "DesignRegistry", "addVersion", sold.entry, 2, version, ROOT, NEVER, b"")
    agrees(sold)

    assert [(one.entry_id, one.number) for one in versions_of(version)] == [(sold.design.entry_id, 2)]
    said = verdict(sold, version)
    assert (said.known, said.claims) == (True, [])
    assert "This file is version 2 of an entry, added at" in report(said)
    assert verdict(sold, "0x" + "67" * 32).known is False


def test_who_committed_first_is_first_although_registered_later(market: Market, outsider: LocalAccount) -> None:
    """A stranger knows our file earlier, keeps it to themselves, and tells it after we have registered."""
    market.announce()
    market.submit()
    salt = "0x" + "77" * 32
    output = own_output(market)
    commitment = keccak_of(bytes.fromhex(outsider.address[2:].rjust(64, "0") + output[2:] + salt[2:]))
    send_as(market, outsider.address, "DesignRegistry", "commitClaim", "0x" + commitment)
    market.live.node.rpc("evm_increaseTime", 100)
    market.live.settle()
    earlier = register(market, outsider, output, salt=salt)

    claims = claims_of(output)
    assert [(claim.entry_id, claim.claim_order) for claim in claims] == [  # type: ignore[attr-defined]
        (earlier, 1),
        (market.design.entry_id, 2),
    ]
    said = verdict(market, output).claims
    assert [(claim.entry_id, claim.order, claim.custodial) for claim in said] == [
        (earlier, 1, False),
        (market.design.entry_id, 2, True),
    ]
    agrees(market)


def test_nothing_that_anyone_writes_or_moves_stops_the_reading(sold: Market, outsider: LocalAccount) -> None:
    """Texts with a NUL, events with hashed arguments, and nothing moved of an id that no entry can have."""
    send_as(sold, outsider.address, "DesignRegistry", "commit", "bafy\0", '{"a": "\0"}')
    as_creator(sold, "DesignRegistry", "announce", sold.entry, own_output(sold), "bafy", "{}", b"prompt", b"proof")
    send_as(sold, outsider.address, "DesignShares", "safeTransferFrom", outsider.address, sold.live.operator,
            2**200, 0, b"")  # fmt: skip
    send_as(sold, outsider.address, "DesignLicenses", "safeBatchTransferFrom", outsider.address, sold.live.operator,
            [2**255, 1], [0, 0], b"")  # fmt: skip
    sold.live.follow()

    told = ChainEvent.objects.filter(name="Commit").order_by("pk")
    assert [event.args["commitData"] for event in told] == ['{"a": "\N{REPLACEMENT CHARACTER}"}', "{}"]
    agrees(sold)


def test_every_event_of_ours_has_a_name_of_its_own_in_its_contract() -> None:
    """Rows are found by contract and name."""
    for contract in artifacts.NAMES:
        names = [item["name"] for item in artifacts.events(contract).values()]
        assert len(names) == len(set(names)), contract
