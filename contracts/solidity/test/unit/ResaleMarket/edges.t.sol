// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {IResaleMarket} from "../../../src/interfaces/IResaleMarket.sol";
import {HostileHolder} from "../../support/Holders.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";
import {PlainToken} from "../../support/Tokens.sol";

/// @dev Smallest and largest prices, other currencies, and a buyer who calls back. Alice sells shares.
contract EdgesTest is MarketSystem {
    function setUp() public override {
        super.setUp();
        vm.prank(alice);
        shares.setApprovalForAll(address(resale), true);
    }

    function test_a_price_of_one_base_unit_is_paid() public {
        IResaleMarket.ResaleOrder memory order = orderOf(10, 1);
        fill(order);
        vm.assertEq(dollar.balanceOf(alice), 1);
        vm.assertEq(shares.balanceOf(buyer, _id), 10);
    }

    function test_the_highest_price_is_paid() public {
        dollar.mint(buyer, type(uint96).max);
        fill(orderOf(10, type(uint96).max));
        vm.assertEq(dollar.balanceOf(alice), type(uint96).max);
    }

    /// @dev Also where no royalty would bring it to the ledger, which says no.
    function test_shares_are_sold_for_known_currencies_only() public {
        PlainToken token = new PlainToken();
        token.mint(buyer, 100);
        vm.prank(buyer);
        token.approve(address(resale), 100);
        IResaleMarket.ResaleOrder memory order = orderOf(10, 100);
        order.currency = address(token);
        bytes memory signature = sign(order);
        vm.expectRevert(errorOf(IDesignShares.DesignShares__UnknownCurrency.selector, address(token)));
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 100);
        vm.assertEq(token.balanceOf(buyer), 100);
    }

    /// @dev `settleFirst` is for shares: with a license nobody's money moves but the buyer's.
    function test_a_license_is_sold_without_settling_anything() public {
        uint128[] memory parents = new uint128[](1);
        IDesignRegistry.Registration memory r = registrationOf(alice, "model", solely(alice));
        r.standing = IDesignRegistry.Standing(true, false, 200_000);
        r.offers = twoOffers();
        parents[0] = register("alice", r);
        uint128 child = register("bob", childOf(bob, "child", parents));
        source.deposit(child, address(dollar), 100e6);
        ILicenseMarket.BuyIntent memory intent = intentOf(parents[0], COMMERCIAL, 1);
        intent.to = alice;
        vm.prank(operator);
        uint256 license = market.buyFor(intent, NO_PROOF, "alice's");
        vm.prank(alice);
        licenses.setApprovalForAll(address(resale), true);
        IResaleMarket.ResaleOrder memory order = orderOf(1, 10e6);
        (order.token, order.id, order.settleFirst) = (address(licenses), license, new uint128[](1));
        order.settleFirst[0] = child;
        fill(order);
        (uint256 earned, uint256 settled) = shares.ancestorAccount(child, parents[0], address(dollar));
        vm.assertEq(earned, 19e6);
        vm.assertEq(settled, 0);
    }

    function test_who_is_sent_the_goods_cannot_buy_within_that() public {
        IResaleMarket.ResaleOrder memory second = orderOf(20, 2);
        second.salt = "second";
        HostileHolder holder = new HostileHolder();
        holder.arm(address(resale), abi.encodeCall(resale.fill, (second, sign(second), buyer, 2)));
        dollar.mint(address(holder), 2);
        vm.prank(address(holder));
        dollar.approve(address(resale), 2);
        IResaleMarket.ResaleOrder memory order = orderOf(10, 1);
        bytes memory signature = sign(order);
        vm.prank(buyer);
        resale.fill(order, signature, address(holder), 1);
        vm.assertEq(holder.answer(), bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
        vm.assertEq(shares.balanceOf(address(holder), _id), 10);
        vm.assertFalse(resale.isVoid(resale.orderDigest(second)));
    }

    function orderOf(uint256 quantity, uint128 price) private view returns (IResaleMarket.ResaleOrder memory order) {
        (order.token, order.id, order.quantity) = (address(shares), _id, quantity);
        (order.seller, order.currency, order.price) = (alice, address(dollar), price);
        order.deadline = uint64(block.timestamp);
    }

    function sign(IResaleMarket.ResaleOrder memory order) private view returns (bytes memory) {
        return signatureOf(keyOf("alice"), resale.orderDigest(order));
    }

    function fill(IResaleMarket.ResaleOrder memory order) private {
        bytes memory signature = sign(order);
        vm.prank(buyer);
        resale.fill(order, signature, buyer, order.price);
    }
}
