// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignLicenses} from "../../../src/DesignLicenses.sol";
import {DesignShares} from "../../../src/DesignShares.sol";
import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {ResaleMarket} from "../../../src/ResaleMarket.sol";
import {TestStablecoin} from "../../../src/TestStablecoin.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {HostileHolder} from "../../support/Holders.sol";
import {MarketSales} from "./MarketSales.sol";
import {MarketResale} from "./MarketResale.sol";

/// @dev Drives all contracts together. Before each call it says whether the call should succeed and what it should cost,
///  and compares. All entries are Alice's; the fourth derives from one that wants a dollar of each sale and gets a tenth, the fifth from the
///  first.
contract MarketHandler is MarketSales, MarketResale {
    uint256 private constant MAX_ENTRIES = 6;
    uint256 private constant MAX_FORMER_MARKETS = 3;

    uint128 private _lastSuspended;

    function setUp() public override {
        super.setUp();
        _hostile = new HostileHolder();
        address[4] memory all = [buyer, carol, address(_hostile), alice];
        for (uint256 i = 0; i < all.length; ++i) {
            dollar.mint(all[i], 1e18);
            vm.startPrank(all[i]);
            dollar.approve(address(resale), type(uint256).max);
            licenses.setApprovalForAll(address(resale), true);
            shares.setApprovalForAll(address(resale), true);
            vm.stopPrank();
        }
        useMarket();
        for (uint256 i = 1; i < 4; ++i) {
            keepEntry(register("alice", open(registrationOf(alice, keccak256(abi.encode(i)), solely(alice)))));
        }
        IDesignRegistry.Registration memory r = registrationOf(bob, "parent", solely(bob));
        r.standing = IDesignRegistry.Standing(true, true, 100_000);
        r.minimums = new IDesignRegistry.Minimum[](1);
        r.minimums[0] = IDesignRegistry.Minimum(address(dollar), 1e6);
        uint128[] memory parents = new uint128[](1);
        parents[0] = register("bob", r);
        keepEntry(register("alice", open(childOf(alice, "child", parents))));
        vm.assertEq(floors[entries[3]], 10e6);
        parents[0] = entries[0];
        keepEntry(register("alice", open(childOf(alice, "another", parents))));
        for (uint256 i = 0; i < entries.length; ++i) {
            actOpen(i, i, 12e6, 0, 0);
            actOpen(i, 2, 11e6, 0, 0);
            actOpen(i, 3, 13e6, 0, uint256(1e5) << 8);
            actOpen(i, 11, 35e6, 0, 0);
        }
        touched = entries[0];
    }

    function deployed() external view returns (DesignShares, DesignLicenses, ResaleMarket, TestStablecoin) {
        return (shares, licenses, resale, dollar);
    }

    // ------------------------------------------------------------------ offering

    function actOpen(uint256 entrySeed, uint256 termsSeed, uint256 price, uint256 supply, uint256 more) public {
        (uint128 id, bytes32 terms) = (entryOf(entrySeed), termsOf(termsSeed));
        ILicenseMarket.OfferTerms memory offer;
        offer.price = uint128(bound(price, 1, 40e6));
        offer.supply = supply % 2 == 0 ? 0 : uint32(bound(supply, 1, 40));
        offer.walletCap = more % 4 == 1 ? uint32(bound(more >> 2, 1, 20)) : 0;
        // A price for a piece, seldom where there is none.
        if (terms == PRINTING || supply % 16 == 7) offer.unitPrice = uint96((more >> 8) % 2e6);
        Known storage known = _offers[keyFor(id, terms)];
        bool expected = !closed[id] && offer.price >= floors[id] && (offer.supply == 0 || offer.supply >= known.sold);
        // A piece never becomes dearer.
        if (known.price != 0 && offer.unitPrice > known.unitPrice) expected = false;
        if (terms != PRINTING && offer.unitPrice != 0) expected = false;
        vm.prank(alice);
        (bool done,) = address(market).call(abi.encodeCall(market.openOffer, (id, terms, address(dollar), offer)));
        vm.assertEq(done, expected, "12: an offer");
        if (!done) return;
        (known.open, known.price, known.supply, known.cap) = (true, offer.price, offer.supply, offer.walletCap);
        known.unitPrice = offer.unitPrice;
        happened("offer opened");
    }

    function actClose(uint256 entrySeed, uint256 termsSeed) external {
        (uint128 id, bytes32 terms) = (entryOf(entrySeed), termsOf(termsSeed));
        Known storage known = _offers[keyFor(id, terms)];
        vm.prank(alice);
        (bool done,) = address(market).call(abi.encodeCall(market.closeOffer, (id, terms, address(dollar))));
        vm.assertEq(done, known.open);
        known.open = false;
        if (done) happened("offer closed");
    }

    /// @dev For sale more often than not.
    function actSetStatus(uint256 entrySeed, uint256 what) external {
        uint128 id = entryOf(entrySeed);
        IDesignRegistry.Status status = statusOf(id);
        what %= 8;
        if (what == 7 || status == IDesignRegistry.Status.Withdrawn) {
            if (status == IDesignRegistry.Status.Suspended) return;
            vm.prank(alice);
            return registry.setWithdrawn(id, status != IDesignRegistry.Status.Withdrawn);
        }
        IDesignRegistry.Status wanted = IDesignRegistry.Status(what < 4 ? 0 : what == 4 ? 1 : 2);
        if (wanted == status) return;
        vm.prank(moderator);
        registry.setStatus(id, wanted, "reason");
        if (what < 5) return;
        _lastSuspended = id;
        happened("suspended");
    }

    function actAddVersion(uint256 entrySeed) external {
        uint128 id = entryOf(entrySeed);
        uint32 number = registry.versionOf(id) + 1;
        vm.prank(alice);
        registry.addVersion(id, number, "output", bytes32(++_counter), uint64(block.timestamp), "");
    }

    /// @dev 14: nobody derives from what is suspended or withdrawn, not even together with something else.
    function actDerive(uint256 parentSeed, uint256 otherSeed) external {
        uint128[] memory parents =
            new uint128[](parentSeed % 3 == 0 && entryOf(parentSeed) != entryOf(otherSeed) ? 2 : 1);
        parents[parents.length - 1] = entryOf(otherSeed);
        parents[0] = entryOf(parentSeed);
        bool expected = true;
        for (uint256 i = 0; i < parents.length; ++i) {
            if (uint8(statusOf(parents[i])) > uint8(IDesignRegistry.Status.Contested)) expected = false;
        }
        if (expected && entries.length == MAX_ENTRIES) return;
        IDesignRegistry.Registration memory r =
            open(childOf(alice, keccak256(abi.encode("child", ++_counter)), parents));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signatureOf(_aliceKey, registry.digestOf(r));
        vm.prank(operator);
        (bool done, bytes memory answer) =
            address(registry).call(abi.encodeCall(registry.register, (r, signatures, 0, 0)));
        vm.assertEq(done, expected, "14: a child of a suspended entry");
        happened(done ? bytes32("child registered") : bytes32("child refused"));
        if (done) keepEntry(abi.decode(answer, (uint128)));
    }

    // ------------------------------------------------------------------ the market's place

    /// @dev Offers and consent stay at the former market; licenses, money and closed entries are there for the next one.
    function actReplaceMarket(uint256 seed) external {
        if (_formerMarkets.length == MAX_FORMER_MARKETS || seed % 3 != 0) return;
        shares.setDepositor(address(market), false);
        licenses.setMinter(address(market), false);
        _formerMarkets.push(address(market));
        market = new LicenseMarket(address(manager), address(registry), address(forwarder));
        employ(market);
        registry.setMarket(address(market));
        useMarket();
        happened("market replaced");
        for (uint256 i = 0; i < entries.length; ++i) {
            actOpen(i, seed >> i * 8, 12e6 + i, 0, seed);
        }
    }

    /// @dev A former market does nothing, although people still allow it to take their money.
    function actUseFormerMarket(uint256 seed, uint256 entrySeed, uint256 termsSeed, uint256 what) external {
        if (_formerMarkets.length == 0) return;
        LicenseMarket former = LicenseMarket(_formerMarkets[seed % _formerMarkets.length]);
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, 1, 40e6, 0);
        ILicenseMarket.Voucher memory v;
        (v.entryId, v.terms, v.currency) = (intent.entryId, intent.terms, address(dollar));
        (v.price, v.quantity, v.deadline, v.salt) = (12e6, 1, type(uint64).max, bytes32(_counter));
        bytes memory call = abi.encodeCall(former.buy, (intent, NO_PROOF));
        if (what % 4 == 1) {
            bytes memory signature = signatureOf(_aliceKey, former.voucherDigest(v));
            call = abi.encodeCall(former.buyWithVoucher, (v, signature, buyer));
        } else if (what % 4 == 2 && _monthlies.length != 0) {
            call = abi.encodeCall(former.renew, (_monthlies[seed % _monthlies.length], address(dollar), 40e6));
        } else if (what % 4 == 3 && _printings.length != 0) {
            call = abi.encodeCall(former.reportUnits, (_printings[seed % _printings.length], 1, type(uint96).max));
        }
        uint256 before = dollar.balanceOf(buyer);
        vm.prank(buyer);
        (bool done,) = address(former).call(call);
        vm.assertFalse(done, "a former market did something");
        vm.assertEq(dollar.balanceOf(buyer), before);
        happened("former market refused");
    }

    // ------------------------------------------------------------------ later

    function actRenew(uint256 seed, uint256 maxPrice) external {
        if (_monthlies.length == 0) return;
        uint256 licenseId = _monthlies[seed % _monthlies.length];
        uint128 limit = limitFor(maxPrice);
        bytes memory call = abi.encodeCall(market.renew, (licenseId, address(dollar), limit));
        if (renewal(licenseId, buyer, call, isRenewable(licenseId, limit))) happened("renewed");
    }

    /// @dev Also somebody else's, and for a period that is not the license's: that is no consent.
    function actConsent(uint256 seed, uint256 maxPrice, uint256 until, uint256 twist) external {
        if (_monthlies.length == 0) return;
        uint256 licenseId = newest(seed);
        ILicenseMarket.RenewalConsent memory consent = ILicenseMarket.RenewalConsent(
            address(dollar),
            limitFor(maxPrice),
            twist % 6 == 1 ? PERIOD - 1 : PERIOD,
            until % 8 == 0 ? 0 : uint40(block.timestamp + bound(until, 0, 200 days))
        );
        vm.prank(twist % 6 == 0 ? stranger : buyer);
        (bool done,) = address(market).call(abi.encodeCall(market.consentToRenewal, (licenseId, consent)));
        vm.assertEq(done, twist % 6 > 1 || (twist % 6 == 1 && consent.until == 0), "13: a consent");
        if (!done) return;
        _consents[keyFor(licenseId)] = consent;
        happened("consented");
    }

    function actRenewFor(uint256 seed) external {
        if (_monthlies.length == 0) return;
        uint256 licenseId = newest(seed);
        ILicenseMarket.RenewalConsent memory consent = _consents[keyFor(licenseId)];
        bool expected = block.timestamp <= consent.until
            && block.timestamp + PERIOD / 4 >= licenses.expiresAt(licenseId) && isRenewable(licenseId, consent.maxPrice);
        bytes memory call = abi.encodeCall(market.renewFor, (licenseId, buyer));
        if (renewal(licenseId, stranger, call, expected)) happened("renewed by consent");
    }

    function actRevoke(uint256 seed) external {
        if (_monthlies.length == 0 || seed % 4 != 0) return;
        uint256 licenseId = _monthlies[(seed >> 8) % _monthlies.length];
        if (_serials[licenseId].revoked) return;
        vm.prank(moderator);
        licenses.revoke(licenseId, buyer, "reason");
        _serials[licenseId].revoked = true;
        happened("revoked");
    }

    /// @dev Pieces are paid by whoever holds the license, at the price of when it was sold, and are not made without.
    function actReportUnits(uint256 seed, uint256 count, uint256 maxPrice, uint256 who) external {
        if (_printings.length == 0) return;
        uint256 licenseId = _printings[seed % _printings.length];
        uint128 id = uint128(licenseId >> 128);
        Serial storage known = _serials[licenseId];
        address caller = who % 8 == 0 ? stranger : known.holder;
        uint32 pieces = uint32(bound(count, 0, count % 4 == 0 ? 1200 : 60));
        uint96 limit = maxPrice % 4 == 0 ? uint96(bound(maxPrice, 0, 2e6)) : type(uint96).max;
        uint256 total = uint256(known.unitPrice) * pieces;
        bool expected = caller == known.holder && known.unitPrice <= limit && pieces != 0
            && known.pieces + pieces <= PIECES && (total == 0 || !isSuspended(id));
        uint256 before = dollar.balanceOf(caller);
        // Only carol's is not there already, and must not stay.
        vm.startPrank(caller);
        if (caller == carol) dollar.approve(address(market), total);
        (bool done,) = address(market).call(abi.encodeCall(market.reportUnits, (licenseId, pieces, limit)));
        if (caller == carol) dollar.approve(address(market), 0);
        vm.stopPrank();
        vm.assertEq(done, expected, "12, 14: a report");
        vm.assertEq(before - dollar.balanceOf(caller), done ? total : 0, "12: pieces cost something else");
        if (done) known.pieces += pieces;
        vm.assertEq(licenses.issueOf(licenseId).unitsReported, known.pieces);
        vm.assertEq(licenses.issueOf(licenseId).unitPrice, known.unitPrice);
        if (!done) return;
        noteRevenue(id, total);
        if (total != 0) happened("pieces paid");
    }

    function actWait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 40 days));
    }

    /// @dev 14: whatever an entry's status, its holders are paid all that was credited.
    function actClaim(uint256 entrySeed, uint256 who) external {
        uint128 id = who % 2 == 0 && _lastSuspended != 0 ? _lastSuspended : entryOf(entrySeed);
        address holder = [alice, alice, buyer, carol][(who >> 8) % 4];
        uint256 due = shares.claimable(id, address(dollar), holder);
        if (due == 0) return;
        vm.prank(holder);
        vm.assertEq(shares.claim(id, address(dollar)), due);
        paid[id] += due;
        touched = id;
        happened(isSuspended(id) ? bytes32("claimed while suspended") : bytes32("claimed"));
    }

    // ------------------------------------------------------------------ help

    function renewal(uint256 licenseId, address caller, bytes memory call, bool expected) private returns (bool done) {
        uint128 id = uint128(licenseId >> 128);
        uint128 price = _offers[keyFor(id, MONTHLY)].price;
        uint256 before = licenses.expiresAt(licenseId);
        uint256 money = dollar.balanceOf(buyer);
        vm.prank(caller);
        (done,) = address(market).call(call);
        vm.assertEq(done, expected, "13: a renewal was done or refused against its consent");
        vm.assertEq(money - dollar.balanceOf(buyer), done ? price : 0, "13: something else was charged");
        uint256 from = before > block.timestamp ? before : block.timestamp;
        vm.assertEq(licenses.expiresAt(licenseId), done ? from + PERIOD : before, "13: not one period");
        if (done) noteRevenue(id, price);
    }

    /// @dev One of the last two, so that consent and renewal meet.
    function newest(uint256 seed) private view returns (uint256) {
        uint256 length = _monthlies.length;
        return _monthlies[length - 1 - (length == 1 ? 0 : seed % 2)];
    }

    /// @dev Anyone may derive from it.
    function open(IDesignRegistry.Registration memory r) private pure returns (IDesignRegistry.Registration memory) {
        r.standing = IDesignRegistry.Standing(true, false, 50_000);
        return r;
    }

    function keepEntry(uint128 id) private {
        entries.push(id);
        (, floors[id]) = registry.floorOf(id, address(dollar));
    }

    /// @dev Who pays without a permit allows the market of the day to charge them.
    function useMarket() private {
        address[3] memory payers = [buyer, operator, address(_hostile)];
        for (uint256 i = 0; i < payers.length; ++i) {
            vm.prank(payers[i]);
            dollar.approve(address(market), type(uint256).max);
        }
    }
}
