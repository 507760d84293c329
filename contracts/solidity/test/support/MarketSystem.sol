// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {IResaleMarket} from "../../src/interfaces/IResaleMarket.sol";
import {System} from "./System.sol";

/// @dev An entry of Alice's, shared with Bob, with two offers; and a buyer with money.
abstract contract MarketSystem is System {
    uint256 internal constant BUYERS_DOLLARS = 10_000e6;
    uint128 internal _id;

    function setUp() public virtual override {
        super.setUp();
        _id = registerShared(keccak256("output"), 600_000);
        dollar.mint(buyer, BUYERS_DOLLARS);
        vm.deal(buyer, 100 ether);
        vm.startPrank(buyer);
        dollar.approve(address(market), type(uint256).max);
        dollar.approve(address(resale), type(uint256).max);
        vm.stopPrank();
    }

    function priceOf(uint128 price) internal pure returns (ILicenseMarket.OfferTerms memory offer) {
        offer.price = price;
    }

    /// @dev Alice offers in dollars.
    function open(bytes32 terms, ILicenseMarket.OfferTerms memory offer) internal {
        open(terms, address(dollar), offer);
    }

    function open(bytes32 terms, address currency, ILicenseMarket.OfferTerms memory offer) internal {
        vm.prank(alice);
        market.openOffer(_id, terms, currency, offer);
    }

    function refuseOffer(bytes32 terms, ILicenseMarket.OfferTerms memory offer, bytes memory reason) internal {
        vm.expectRevert(reason);
        open(terms, offer);
    }

    /// @dev The buyer buys one, in dollars.
    function buyOne(bytes32 terms) internal returns (uint256 licenseId) {
        vm.prank(buyer);
        return market.buy(intentOf(_id, terms, 1), NO_PROOF);
    }

    function buyFails(ILicenseMarket.BuyIntent memory intent, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(buyer);
        market.buy(intent, NO_PROOF);
    }

    function nativeIntent(uint32 quantity) internal view returns (ILicenseMarket.BuyIntent memory intent) {
        intent = intentOf(_id, PERSONAL, quantity);
        (intent.currency, intent.maxPrice) = (NATIVE, 1 ether);
    }

    /// @dev Alice's, for anyone, in dollars.
    function voucherOf(bytes32 terms, uint128 price, uint32 quantity)
        internal
        view
        returns (ILicenseMarket.Voucher memory voucher)
    {
        voucher.entryId = _id;
        voucher.terms = terms;
        voucher.currency = address(dollar);
        voucher.price = price;
        voucher.quantity = quantity;
        voucher.deadline = uint64(block.timestamp + 1 days);
    }

    function sign(string memory name, ILicenseMarket.Voucher memory voucher) internal view returns (bytes memory) {
        return signatureOf(keyOf(name), market.voucherDigest(voucher));
    }

    /// @dev To anyone, in dollars.
    function orderOf(address seller, address token, uint256 id, uint256 quantity, uint128 price)
        internal
        view
        returns (IResaleMarket.ResaleOrder memory order)
    {
        order.token = token;
        order.id = id;
        order.quantity = quantity;
        order.seller = seller;
        order.currency = address(dollar);
        order.price = price;
        order.deadline = uint64(block.timestamp + 1 days);
    }

    function sign(string memory name, IResaleMarket.ResaleOrder memory order) internal view returns (bytes memory) {
        return signatureOf(keyOf(name), resale.orderDigest(order));
    }

    function setStatus(IDesignRegistry.Status status) internal {
        vm.prank(moderator);
        registry.setStatus(_id, status, "reason");
    }

    function errorOf(bytes4 selector, uint256 first) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, first);
    }

    function errorOf(bytes4 selector, uint256 first, uint256 second) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, first, second);
    }

    function errorOf(bytes4 selector, address first) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, first);
    }
}
