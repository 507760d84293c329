// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignLicenses} from "../../../src/DesignLicenses.sol";
import {DesignShares} from "../../../src/DesignShares.sol";
import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {TestStablecoin} from "../../../src/TestStablecoin.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {System} from "../../support/System.sol";

/// @dev Drives all contracts together and keeps the market's books a second time, in the plainest way. Before each call
///  it says whether the call should succeed and what it should cost, and compares.
contract MarketHandler is System {
    uint256 internal constant REFS = 60;
    uint256 internal constant ENTRIES = 4;
    uint40 internal constant PERIOD = 30 days;

    struct Known {
        bool open;
        uint128 price;
        uint32 supply;
        uint32 sold;
        uint32 cap;
        bytes32 terms;
        uint128 entryId;
    }

    uint256 private _buyerKey;
    uint256 private _aliceKey;
    uint256 private _counter;
    uint128[] public entries; // the last one derives from an entry that wants a dollar of each sale and gets a tenth
    uint256[] public monthlies;

    mapping(bytes32 key => Known) private _offers;
    mapping(bytes32 key => mapping(address to => uint32)) private _got;
    mapping(uint128 entryId => bool) public closed;
    mapping(uint128 entryId => bool) public suspended;
    mapping(uint128 entryId => uint256) public gross;
    mapping(uint128 entryId => uint256) public paid;
    mapping(uint256 licenseId => uint256) public minted;
    mapping(uint256 licenseId => ILicenseMarket.RenewalConsent) private _consents;
    mapping(bytes32 ref => uint256) public timesAccepted;

    uint256 public executions; // of things that were signed
    uint256 public renewals;
    uint128 public touched;

    function setUp() public override {
        super.setUp();
        (_buyerKey, _aliceKey) = (keyOf("buyer"), keyOf("alice"));
        dollar.mint(buyer, 1e18);
        vm.prank(buyer);
        dollar.approve(address(market), type(uint256).max);
        for (uint256 i = 1; i < ENTRIES; ++i) {
            entries.push(registerAlone(keccak256(abi.encode(i))));
        }
        IDesignRegistry.Registration memory r = registrationOf(bob, "parent", solely(bob));
        r.standing = IDesignRegistry.Standing(true, true, 100_000);
        r.minimums = new IDesignRegistry.Minimum[](1);
        r.minimums[0] = IDesignRegistry.Minimum(address(dollar), 1e6);
        uint128[] memory parents = new uint128[](1);
        parents[0] = register("bob", r);
        entries.push(register("alice", childOf(alice, "child", parents)));
        for (uint256 i = 0; i < ENTRIES; ++i) {
            actOpen(i, i, 12e6, 0, 0);
            actOpen(i, 2, 11e6, 0, 0);
        }
        touched = entries[0];
    }

    function deployed() external view returns (DesignShares, DesignLicenses, LicenseMarket, TestStablecoin) {
        return (shares, licenses, market, dollar);
    }

    // ------------------------------------------------------------------ offering

    function actOpen(uint256 entrySeed, uint256 termsSeed, uint128 price, uint32 supply, uint32 cap) public {
        (uint128 id, bytes32 terms) = (entryOf(entrySeed), termsOf(termsSeed));
        ILicenseMarket.OfferTerms memory offer;
        offer.price = uint128(bound(price, 1, 40e6));
        offer.supply = uint32(bound(supply, 0, 40));
        offer.walletCap = cap % 4 == 0 ? uint32(bound(cap, 1, 20)) : 0;
        Known storage known = _offers[keyFor(id, terms)];
        bool expected = !closed[id] && offer.price >= floorOf(id) && (offer.supply == 0 || offer.supply >= known.sold);
        vm.prank(alice);
        (bool done,) = address(market).call(abi.encodeCall(market.openOffer, (id, terms, address(dollar), offer)));
        vm.assertEq(done, expected);
        if (!done) return;
        (known.open, known.price, known.supply, known.cap) = (true, offer.price, offer.supply, offer.walletCap);
        (known.entryId, known.terms) = (id, terms);
    }

    function actClose(uint256 entrySeed, uint256 termsSeed) external {
        (uint128 id, bytes32 terms) = (entryOf(entrySeed), termsOf(termsSeed));
        Known storage known = _offers[keyFor(id, terms)];
        vm.prank(alice);
        (bool done,) = address(market).call(abi.encodeCall(market.closeOffer, (id, terms, address(dollar))));
        vm.assertEq(done, known.open);
        known.open = false;
    }

    function actSuspend(uint256 entrySeed, bool suspend) external {
        uint128 id = entryOf(entrySeed);
        if (suspended[id] == suspend) return;
        IDesignRegistry.Status status = suspend ? IDesignRegistry.Status.Suspended : IDesignRegistry.Status.Active;
        vm.prank(moderator);
        registry.setStatus(id, status, "reason");
        suspended[id] = suspend;
    }

    // ------------------------------------------------------------------ buying

    function actBuy(uint256 entrySeed, uint256 termsSeed, uint32 quantity, uint128 maxPrice, bool gift) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, maxPrice, gift);
        attempt(intent, buyer, buyer, abi.encodeCall(market.buy, (intent, NO_PROOF)), true);
    }

    function actBuyFor(uint256 entrySeed, uint256 termsSeed, uint32 quantity, uint256 refSeed) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, 40e6, false);
        bytes32 ref = bytes32(refSeed % REFS + 1);
        bool done = attempt(
            intent, operator, operator, abi.encodeCall(market.buyFor, (intent, NO_PROOF, ref)), timesAccepted[ref] == 0
        );
        if (done) ++timesAccepted[ref];
    }

    /// @dev 9: a signed intent in all its forms, one after the other.
    function actSigned(uint256 entrySeed, uint256 termsSeed, uint32 quantity, uint256 twist) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, 40e6, false);
        twist %= 6;
        if (twist == 1) intent.deadline = uint64(block.timestamp - 1);
        bytes32 digest = market.intentDigest(intent, buyer);
        if (twist == 2) {
            vm.prank(buyer);
            market.cancelIntent(intent);
        }
        if (twist == 3) vm.chainId(block.chainid + 1);
        bytes32 signed = market.intentDigest(intent, buyer);
        if (twist == 3) vm.chainId(block.chainid - 1);
        bytes[3] memory forms = formsOf(_buyerKey, signed);
        if (twist == 4) intent.to = bob; // not what was signed
        bool valid = twist == 0 || twist == 5;
        uint256 times = 0;
        for (uint256 i = 0; i < 3; ++i) {
            // The other forms first (5), or the plain one first.
            uint256 form = twist == 5 ? (i + 1) % 3 : i;
            bool plain = form == 0;
            if (attempt(intent, stranger, buyer, permitCall(intent, forms[form]), valid && plain)) ++times;
        }
        vm.assertLe(times, 1, "9: one signature was executed twice");
        // Nor is it one for another action: an authorization with the same digest as nonce, or a voucher.
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_buyerKey, digest);
        ILicenseMarket.Authorization memory a = ILicenseMarket.Authorization(0, type(uint256).max, v, r, s);
        attempt(
            intent, stranger, buyer, abi.encodeCall(market.buyWithAuthorization, (intent, buyer, NO_PROOF, a)), false
        );
        executions += times;
    }

    /// @dev 9, and 12 for what is sold by signature.
    function actVoucher(uint256 entrySeed, uint128 price, uint32 quantity, bool cancel) external {
        uint128 id = entryOf(entrySeed);
        ILicenseMarket.Voucher memory v = ILicenseMarket.Voucher(
            id,
            PERSONAL,
            address(dollar),
            uint128(bound(price, 1, 40e6)),
            uint32(bound(quantity, 1, 3)),
            address(0),
            0,
            uint64(block.timestamp),
            bytes32(++_counter)
        );
        bytes[3] memory forms = formsOf(_aliceKey, market.voucherDigest(v));
        if (cancel) {
            vm.prank(alice);
            market.cancelVoucher(v);
        }
        bool expected = !cancel && !closed[id] && !suspended[id] && v.price >= floorOf(id);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 before = dollar.balanceOf(buyer);
            vm.prank(buyer);
            (bool done,) = address(market).call(abi.encodeCall(market.buyWithVoucher, (v, forms[i], buyer)));
            vm.assertEq(done, expected && i == 0);
            vm.assertEq(before - dollar.balanceOf(buyer), done ? uint256(v.price) * v.quantity : 0);
            if (done) {
                note(id, PERSONAL, licenses.licenseIdOf(id, PERSONAL, 0), v.quantity, v.price);
                ++executions;
            }
        }
    }

    // ------------------------------------------------------------------ later

    function actRenew(uint256 seed, uint128 maxPrice) external {
        if (monthlies.length == 0) return;
        uint256 licenseId = monthlies[seed % monthlies.length];
        maxPrice = uint128(bound(maxPrice, 1, 40e6));
        bool expected = renewable(licenseId, maxPrice);
        renewal(licenseId, buyer, abi.encodeCall(market.renew, (licenseId, address(dollar), maxPrice)), expected);
    }

    function actConsent(uint256 seed, uint128 maxPrice, uint40 until) external {
        if (monthlies.length == 0) return;
        uint256 licenseId = monthlies[seed % monthlies.length];
        ILicenseMarket.RenewalConsent memory consent = ILicenseMarket.RenewalConsent(
            address(dollar),
            uint128(bound(maxPrice, 1, 40e6)),
            PERIOD,
            uint40(block.timestamp + bound(until, 0, 100 days))
        );
        vm.prank(buyer);
        market.consentToRenewal(licenseId, consent);
        _consents[licenseId] = consent;
    }

    function actRenewFor(uint256 seed) external {
        if (monthlies.length == 0) return;
        uint256 licenseId = monthlies[seed % monthlies.length];
        ILicenseMarket.RenewalConsent memory consent = _consents[licenseId];
        bool expected = block.timestamp <= consent.until
            && block.timestamp + PERIOD / 4 >= licenses.expiresAt(licenseId) && renewable(licenseId, consent.maxPrice);
        renewal(licenseId, stranger, abi.encodeCall(market.renewFor, (licenseId, buyer)), expected);
    }

    function actWait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 10 days));
    }

    /// @dev 14: whatever an entry's status, its holder is paid all that was credited.
    function actClaim(uint256 entrySeed) external {
        uint128 id = entryOf(entrySeed);
        uint256 due = shares.claimable(id, address(dollar), alice);
        if (due == 0) return;
        vm.prank(alice);
        vm.assertEq(shares.claim(id, address(dollar)), due);
        paid[id] += due;
        touched = id;
    }

    // ------------------------------------------------------------------ what should be

    function attempt(
        ILicenseMarket.BuyIntent memory intent,
        address caller,
        address payer,
        bytes memory call,
        bool otherwise
    ) private returns (bool done) {
        uint128 price = _offers[keyFor(intent.entryId, intent.terms)].price;
        bool expected = otherwise && sells(intent);
        uint256 before = dollar.balanceOf(payer);
        bytes memory answer;
        vm.prank(caller);
        (done, answer) = address(market).call(call);
        vm.assertEq(done, expected);
        vm.assertEq(
            before - dollar.balanceOf(payer),
            done ? uint256(price) * intent.quantity : 0,
            "12: something else was charged than the price"
        );
        if (!done) return false;
        bytes32 key = keyFor(intent.entryId, intent.terms);
        _offers[key].sold += intent.quantity;
        if (_offers[key].cap != 0) _got[key][intent.to] += intent.quantity;
        uint256 licenseId = abi.decode(answer, (uint256));
        vm.assertEq(licenses.termsOf(licenseId), intent.terms, "12: other terms were sold");
        if (intent.terms == EXCLUSIVE) closed[intent.entryId] = true;
        if (intent.terms == MONTHLY && intent.to == buyer) monthlies.push(licenseId);
        note(intent.entryId, intent.terms, licenseId, intent.quantity, price);
    }

    function sells(ILicenseMarket.BuyIntent memory intent) private view returns (bool) {
        bytes32 key = keyFor(intent.entryId, intent.terms);
        Known memory o = _offers[key];
        if (!o.open || o.price > intent.maxPrice || closed[intent.entryId] || suspended[intent.entryId]) return false;
        if (intent.quantity != 1 && (intent.terms == MONTHLY || intent.terms == EXCLUSIVE)) return false;
        if (o.supply != 0 && o.sold + intent.quantity > o.supply) return false;
        return o.cap == 0 || _got[key][intent.to] + intent.quantity <= o.cap;
    }

    function renewable(uint256 licenseId, uint128 maxPrice) private view returns (bool) {
        uint128 id = uint128(licenseId >> 128);
        Known memory o = _offers[keyFor(id, MONTHLY)];
        return o.open && o.price <= maxPrice && !closed[id] && !suspended[id];
    }

    function renewal(uint256 licenseId, address caller, bytes memory call, bool expected) private {
        uint128 id = uint128(licenseId >> 128);
        uint128 price = _offers[keyFor(id, MONTHLY)].price;
        uint256 before = licenses.expiresAt(licenseId);
        uint256 money = dollar.balanceOf(buyer);
        vm.prank(caller);
        (bool done,) = address(market).call(call);
        vm.assertTrue(done == expected, "13: a renewal was done or refused against its consent");
        vm.assertEq(money - dollar.balanceOf(buyer), done ? price : 0, "13: something else was charged");
        uint256 from = before > block.timestamp ? before : block.timestamp;
        vm.assertEq(licenses.expiresAt(licenseId), done ? from + PERIOD : before, "13: not one period");
        if (!done) return;
        gross[id] += price;
        ++renewals;
        touched = id;
    }

    function note(uint128 id, bytes32 terms, uint256 licenseId, uint32 quantity, uint128 price) private {
        vm.assertGe(price, floorOf(id), "12: sold below the floor");
        vm.assertFalse(suspended[id]);
        // After an exclusive sale there is no other.
        vm.assertTrue(!closed[id] || terms == EXCLUSIVE);
        minted[licenseId] += quantity;
        gross[id] += uint256(price) * quantity;
        touched = id;
    }

    // ------------------------------------------------------------------ reading

    function offerOf(uint128 id, uint256 termsSeed) external view returns (Known memory) {
        return _offers[keyFor(id, termsOf(termsSeed))];
    }

    function termsOf(uint256 seed) public view returns (bytes32) {
        seed %= 16;
        if (seed == 15) return EXCLUSIVE; // seldom, because it ends everything
        return seed % 3 == 0 ? PERSONAL : seed % 3 == 1 ? COMMERCIAL : MONTHLY;
    }

    /// @dev All licenses of an entry that are one fungible token.
    function perpetualOf(uint128 id, uint256 termsSeed) external view returns (uint256) {
        return licenses.licenseIdOf(id, termsOf(termsSeed), 0);
    }

    function people() external view returns (address[2] memory) {
        return [buyer, carol];
    }

    function holder() external view returns (address) {
        return alice;
    }

    function monthlyCount() external view returns (uint256) {
        return monthlies.length;
    }

    function floorOf(uint128 id) private view returns (uint256) {
        return id == entries[ENTRIES - 1] ? 10e6 : 0;
    }

    function entryOf(uint256 seed) private view returns (uint128) {
        return entries[seed % ENTRIES];
    }

    function keyFor(uint128 id, bytes32 terms) private pure returns (bytes32) {
        return keccak256(abi.encode(id, terms));
    }

    function intentFor(uint256 entrySeed, uint256 termsSeed, uint32 quantity, uint128 maxPrice, bool gift)
        private
        returns (ILicenseMarket.BuyIntent memory intent)
    {
        intent = intentOf(entryOf(entrySeed), termsOf(termsSeed), uint32(bound(quantity, 1, 3)));
        if (termsOf(termsSeed) == MONTHLY && quantity % 4 != 0) intent.quantity = 1;
        intent.maxPrice = uint128(bound(maxPrice, 1, 40e6));
        if (gift) intent.to = carol;
        intent.deadline = uint64(block.timestamp + ++_counter); // no two are the same
    }

    function permitCall(ILicenseMarket.BuyIntent memory intent, bytes memory signature)
        private
        view
        returns (bytes memory)
    {
        ILicenseMarket.Permit memory none;
        return abi.encodeCall(market.buyWithPermit, (intent, buyer, signature, NO_PROOF, none));
    }
}
