// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {Tally} from "../../support/Campaign.sol";
import {HostileHolder} from "../../support/Holders.sol";
import {Relaying} from "../../support/Relaying.sol";

/// @dev The markets' books a second time, in the plainest way, and what each call should do by them. All is in dollars.
abstract contract MarketBooks is Relaying, Tally {
    uint256 internal constant REFS = 4;
    uint40 internal constant PERIOD = 30 days;
    uint32 internal constant PIECES = 1000;
    bytes32 private constant REENTRANT = bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()")));

    /// @dev An offer at one market.
    struct Known {
        bool open;
        uint128 price;
        uint32 supply;
        uint32 sold;
        uint32 cap;
        uint96 unitPrice;
    }

    /// @dev Who has a license with a serial, and what it says.
    struct Serial {
        address holder;
        uint96 unitPrice;
        uint32 pieces;
        bool revoked;
    }

    uint256 internal _counter;
    uint128[] public entries;
    address[] internal _formerMarkets;
    uint256[] internal _monthlies; // the buyer's
    uint256[] internal _printings;
    uint256[] internal _exclusives;
    uint256[] internal _perpetuals;
    /// @dev Buys when it gets licenses, and holds them.
    HostileHolder internal _hostile;

    mapping(bytes32 key => Known) internal _offers;
    mapping(bytes32 key => mapping(address to => uint32)) internal _got;
    mapping(uint256 licenseId => Serial) internal _serials;
    mapping(bytes32 key => ILicenseMarket.RenewalConsent) internal _consents;
    mapping(uint128 entryId => bool) public closed;
    mapping(uint128 entryId => uint256) public floors;
    /// @dev What sales, renewals and pieces brought, of which the platform has its fee; and what resale did.
    mapping(uint128 entryId => uint256) public gross;
    mapping(uint128 entryId => uint256) public royalties;
    mapping(uint128 entryId => uint256) public paid;
    mapping(uint256 licenseId => uint256) public minted;
    mapping(bytes32 ref => uint256) public timesAccepted;
    uint128 public touched;

    // ------------------------------------------------------------------ what should be

    /// @dev Whether an offer sells this now. Dollars cannot hold licenses.
    function sells(ILicenseMarket.BuyIntent memory intent) internal view returns (bool) {
        bytes32 key = keyFor(intent.entryId, intent.terms);
        Known memory o = _offers[key];
        if (!o.open || o.price > intent.maxPrice || !isForSale(intent.entryId)) return false;
        if (intent.to == address(dollar) || (isSerial(intent.terms) && intent.quantity != 1)) return false;
        if (o.supply != 0 && o.sold + intent.quantity > o.supply) return false;
        return o.cap == 0 || _got[key][intent.to] + intent.quantity <= o.cap;
    }

    function isForSale(uint128 id) internal view returns (bool) {
        return !closed[id] && uint8(statusOf(id)) <= uint8(IDesignRegistry.Status.Contested);
    }

    function isSuspended(uint128 id) internal view returns (bool) {
        return statusOf(id) == IDesignRegistry.Status.Suspended;
    }

    function isRenewable(uint256 licenseId, uint128 maxPrice) internal view returns (bool) {
        uint128 id = uint128(licenseId >> 128);
        Known memory o = _offers[keyFor(id, MONTHLY)];
        return o.open && o.price <= maxPrice && isForSale(id) && !_serials[licenseId].revoked;
    }

    function isSerial(bytes32 terms) internal view returns (bool) {
        return terms == MONTHLY || terms == EXCLUSIVE || terms == PRINTING;
    }

    // ------------------------------------------------------------------ what was

    function noteSale(uint128 id, bytes32 terms, uint256 licenseId, address to, uint32 quantity, uint128 price)
        internal
    {
        vm.assertGe(price, floors[id], "12: sold below the floor");
        vm.assertTrue(isForSale(id), "12, 14: sold although suspended or closed");
        vm.assertEq(licenses.termsOf(licenseId), terms, "12: other terms were sold");
        if (minted[licenseId] == 0 && !isSerial(terms)) _perpetuals.push(licenseId);
        minted[licenseId] += quantity;
        noteRevenue(id, uint256(price) * quantity);
        if (!isSerial(terms)) return;
        vm.assertEq(minted[licenseId], 1, "12: a serial was used twice");
        vm.assertEq(licenses.issueOf(licenseId).version, registry.versionOf(id), "12: another version was sold");
        _serials[licenseId].holder = to;
        if (terms == MONTHLY && to == buyer) _monthlies.push(licenseId);
        if (terms == PRINTING) _printings.push(licenseId);
        if (terms != EXCLUSIVE) return;
        closed[id] = true;
        _exclusives.push(licenseId);
        happened("exclusive sold");
    }

    function noteRevenue(uint128 id, uint256 amount) internal {
        gross[id] += amount;
        touched = id;
    }

    /// @dev Lets the hostile holder, if it is the one, call this as soon as it gets something.
    function arm(address to, address target, bytes memory request) internal {
        if (to == address(_hostile)) _hostile.arm(target, request);
    }

    /// @dev 11: it could pay for what it called, and got nothing.
    function checkReentry(address to) internal {
        if (to != address(_hostile)) return;
        vm.assertTrue(_hostile.entered());
        vm.assertFalse(_hostile.succeeded(), "11: bought within a purchase");
        vm.assertEq(_hostile.answer(), REENTRANT);
        happened("re-entry refused");
    }

    // ------------------------------------------------------------------ reading

    function currentMarket() external view returns (LicenseMarket) {
        return market;
    }

    function offerOf(uint128 id, bytes32 terms) external view returns (Known memory) {
        return _offers[keyFor(id, terms)];
    }

    function allTerms() external view returns (bytes32[5] memory) {
        return [PERSONAL, COMMERCIAL, MONTHLY, PRINTING, EXCLUSIVE];
    }

    function creator() external view returns (address) {
        return alice;
    }

    function versionOf(uint128 id) external view returns (uint32) {
        return registry.versionOf(id);
    }

    /// @dev All who can hold licenses here, and units beside alice.
    function people() external view returns (address[3] memory) {
        return [buyer, carol, address(_hostile)];
    }

    function entryCount() external view returns (uint256) {
        return entries.length;
    }

    /// @dev Exclusive ones seldom, because they end everything.
    function termsOf(uint256 seed) internal view returns (bytes32) {
        seed %= 12;
        if (seed == 11) return EXCLUSIVE;
        return [PERSONAL, COMMERCIAL, MONTHLY, PRINTING][seed % 4];
    }

    function entryOf(uint256 seed) internal view returns (uint128) {
        return entries[seed % entries.length];
    }

    function statusOf(uint128 id) internal view returns (IDesignRegistry.Status) {
        return registry.entry(id).status;
    }

    /// @dev Every market has offers of its own.
    function keyFor(uint128 id, bytes32 terms) internal view returns (bytes32) {
        return keccak256(abi.encode(market, id, terms));
    }

    function keyFor(uint256 licenseId) internal view returns (bytes32) {
        return keccak256(abi.encode(market, licenseId));
    }
}
