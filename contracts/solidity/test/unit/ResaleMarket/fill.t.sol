// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {IResaleMarket} from "../../../src/interfaces/IResaleMarket.sol";
import {ContractWallet} from "../../support/Accounts.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";
import {Relaying} from "../../support/Relaying.sol";
import {System} from "../../support/System.sol";

/// @dev Bob sells; the buyer buys.
contract FillTest is MarketSystem, Relaying {
    uint256 private _license; // of which Bob has five; a tenth of each resale is royalty

    function setUp() public override(MarketSystem, System) {
        super.setUp();
        IDesignRegistry.Registration memory r = registrationOf(alice, "resold", between(alice, 600_000, bob));
        r.offers = twoOffers();
        r.offers[1].supply = 0;
        _id = register("alice", "bob", r);
        vm.startPrank(operator);
        _license = market.buyFor(toBob(), NO_PROOF, "bob's");
        vm.stopPrank();
        vm.startPrank(bob);
        licenses.setApprovalForAll(address(resale), true);
        shares.setApprovalForAll(address(resale), true);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ licenses

    function test_a_license_changes_hands_and_its_royalty_is_the_works() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 2, 30e6);
        bytes memory signature = sign("bob", order);
        bytes32 digest = resale.orderDigest(order);
        uint256 revenue = ownOf(_id);
        vm.expectEmit(address(resale));
        emit IMarket.Voided(digest, buyer);
        vm.expectEmit(address(resale));
        emit IResaleMarket.Resold(address(licenses), _license, bob, carol, buyer, 2, address(dollar), 30e6, 3e6, digest);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), 0, 3e6, 0, 0, 3e6, 4); // without the fee
        vm.prank(buyer);
        resale.fill(order, signature, carol, 30e6);
        vm.assertEq(licenses.balanceOf(carol, _license), 2);
        vm.assertEq(licenses.balanceOf(bob, _license), 3);
        vm.assertEq(dollar.balanceOf(bob), 27e6);
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS - 30e6);
        vm.assertEq(dollar.balanceOf(address(resale)), 0);
        vm.assertEq(ownOf(_id), revenue + 3e6);
        fails(order, signature, abi.encodeWithSelector(IMarket.Market__Void.selector, digest));
    }

    function test_in_the_native_coin() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 1 ether);
        order.currency = NATIVE;
        bytes memory signature = sign("bob", order);
        fails(order, signature, errorOf(IMarket.Market__WrongValue.selector, 1 ether, 0));
        vm.expectRevert(errorOf(IMarket.Market__WrongValue.selector, 1 ether, 2 ether));
        vm.prank(buyer);
        resale.fill{value: 2 ether}(order, signature, buyer, 2 ether);
        vm.prank(buyer);
        resale.fill{value: 1 ether}(order, signature, buyer, 1 ether);
        vm.assertEq(bob.balance, 0.9 ether);
        vm.assertEq(address(shares).balance, 0.1 ether);
        vm.assertEq(address(resale).balance, 0);
    }

    function test_a_seller_who_refuses_the_coin_sells_nothing() public {
        ContractWallet wallet = new ContractWallet(bob); // has no receive()
        vm.prank(bob);
        licenses.safeTransferFrom(bob, address(wallet), _license, 1, "");
        wallet.execute(address(licenses), abi.encodeCall(licenses.setApprovalForAll, (address(resale), true)));
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 1 ether);
        (order.currency, order.seller) = (NATIVE, address(wallet));
        bytes memory signature = sign("bob", order);
        vm.expectRevert(errorOf(IResaleMarket.ResaleMarket__SellerRefused.selector, address(wallet)));
        vm.prank(buyer);
        resale.fill{value: 1 ether}(order, signature, buyer, 1 ether);
        // In dollars a contract wallet sells as anyone (ERC-1271).
        order.currency = address(dollar);
        order.price = 10e6;
        signature = sign("bob", order);
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 10e6);
        vm.assertEq(dollar.balanceOf(address(wallet)), 9e6);
    }

    function test_what_terms_or_moderators_forbid_is_not_resold() public {
        open(MONTHLY, priceOf(3e6));
        vm.prank(operator);
        uint256 monthly = market.buyFor(toBob(MONTHLY), NO_PROOF, "monthly");
        notResellable(orderOf(monthly, 1, 1e6)); // not transferable
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 1e6);
        order.seller = carol; // has none
        bytes memory reason =
            abi.encodeWithSelector(IResaleMarket.ResaleMarket__NotResellable.selector, address(licenses), _license);
        fails(order, sign("carol", order), reason);
        order = orderOf(_license, 1, 1e6);
        order.token = address(dollar);
        notResellable(order);
        notResellable(orderOf(_license | 7, 1, 1e6)); // no such serial
        setStatus(IDesignRegistry.Status.Suspended);
        notResellable(orderOf(_license, 1, 1e6));
        setStatus(IDesignRegistry.Status.Contested);
        vm.prank(alice);
        registry.setWithdrawn(_id, true);
        notResellable(orderOf(_license, 1, 1e6));
        vm.prank(alice);
        registry.setWithdrawn(_id, false);
        order = orderOf(_license, 1, 1e6);
        bytes memory signature = sign("bob", order);
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 1e6);
    }

    // ------------------------------------------------------------------ shares

    function test_shares_are_sold_after_what_is_owed_to_them_is_settled() public {
        IDesignRegistry.Registration memory r = registrationOf(bob, "model", solely(bob));
        r.standing = IDesignRegistry.Standing(true, false, 200_000);
        uint128 parent = register("bob", r);
        uint128[] memory parents = new uint128[](1);
        parents[0] = parent;
        uint128 child = register("alice", childOf(alice, "child", parents));
        source.deposit(child, address(dollar), 100e6);
        source.deposit(parent, address(dollar), 20e6);
        // Bob's part of the child is not settled yet; a fifth of what the fee leaves.
        IResaleMarket.ResaleOrder memory order = orderOf(parent, 1_000_000, 50e6);
        order.token = address(shares);
        order.settleFirst = new uint128[](1);
        order.settleFirst[0] = child;
        bytes memory signature = sign("bob", order);
        vm.expectEmit(address(shares));
        emit IDesignShares.AncestorSettled(child, parent, address(dollar), 19e6);
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 50e6);
        vm.assertEq(shares.balanceOf(buyer, parent), 1_000_000);
        vm.assertEq(dollar.balanceOf(bob), 50e6); // shares owe no royalty
        vm.assertEq(shares.claimable(parent, address(dollar), bob), 38e6);
        vm.assertEq(shares.claimable(parent, address(dollar), buyer), 0);
        // What comes now is the buyer's.
        source.deposit(child, address(dollar), 100e6);
        shares.settle(parent, address(dollar), order.settleFirst);
        vm.assertEq(shares.claimable(parent, address(dollar), buyer), 19e6);
    }

    function test_what_is_settled_first_is_part_of_what_was_signed() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_id, 10, 5e6);
        order.token = address(shares);
        order.settleFirst = new uint128[](1);
        order.settleFirst[0] = _id;
        bytes memory signature = sign("bob", order);
        order.settleFirst = new uint128[](0);
        fails(order, signature, errorOf(IMarket.Market__BadSignature.selector, bob));
    }

    function test_more_units_than_there_are_cannot_be_sold() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_id, 400_001, 5e6);
        order.token = address(shares);
        fails(
            order,
            sign("bob", order),
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, bob, 400_000, 400_001, uint256(_id)
            )
        );
        // The same entry's status under another token id.
        order.id = uint256(_id) | (1 << 200);
        order.quantity = 1;
        fails(
            order,
            sign("bob", order),
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, bob, 0, 1, order.id)
        );
    }

    // ------------------------------------------------------------------ what was signed

    function test_an_orders_bounds_hold() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 10e6);
        bytes memory signature = sign("bob", order);
        vm.expectRevert(errorOf(IMarket.Market__PriceAboveMaximum.selector, uint256(10e6), uint256(10e6 - 1)));
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 10e6 - 1);
        order.price = 1e6;
        fails(order, signature, errorOf(IMarket.Market__BadSignature.selector, bob));
        order = orderOf(_license, 1, 10e6);
        order.buyer = carol;
        fails(order, sign("bob", order), errorOf(IMarket.Market__ForSomeoneElse.selector, buyer));
        order = orderOf(_license, 1, 0);
        fails(order, sign("bob", order), errorOf(IMarket.Market__BadPrice.selector, 0));
        order = orderOf(_license, 1, uint128(1) << 96);
        fails(order, sign("bob", order), errorOf(IMarket.Market__BadPrice.selector, 1 << 96));
        order = orderOf(_license, 0, 1e6);
        fails(order, sign("bob", order), abi.encodePacked(IMarket.Market__NoQuantity.selector));
        order = orderOf(_license, 1, 1e6);
        order.currency = address(1);
        fails(order, sign("bob", order), errorOf(IDesignShares.DesignShares__UnknownCurrency.selector, address(1)));
        order = orderOf(_license, 1, 1e6);
        signature = sign("bob", order);
        vm.warp(order.deadline + 1);
        fails(order, signature, errorOf(IMarket.Market__Expired.selector, order.deadline));
        vm.assertEq(licenses.balanceOf(bob, _license), 5);
    }

    function test_who_is_named_buys() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 10e6);
        order.buyer = buyer;
        bytes memory signature = sign("bob", order);
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 10e6);
        vm.assertEq(licenses.balanceOf(buyer, _license), 1);
    }

    function test_a_seller_cancels_and_nobody_else() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 10e6);
        bytes memory signature = sign("bob", order);
        bytes32 digest = resale.orderDigest(order);
        vm.expectRevert(errorOf(IResaleMarket.ResaleMarket__NotSeller.selector, buyer));
        vm.prank(buyer);
        resale.cancelOrder(order);
        vm.expectEmit(address(resale));
        emit IMarket.Voided(digest, bob);
        vm.prank(bob);
        resale.cancelOrder(order);
        vm.assertTrue(resale.isVoid(digest));
        fails(order, signature, abi.encodeWithSelector(IMarket.Market__Void.selector, digest));
    }

    function test_a_pause_stops_resale_and_not_what_is_canceled() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 10e6);
        vm.prank(guardian);
        resale.pause();
        fails(order, sign("bob", order), abi.encodeWithSignature("EnforcedPause()"));
        vm.prank(bob);
        resale.cancelOrder(order);
        expectUnauthorized(guardian);
        vm.prank(guardian);
        resale.unpause();
        resale.unpause();
    }

    function test_both_sides_act_through_the_forwarder() public {
        IResaleMarket.ResaleOrder memory order = orderOf(_license, 1, 10e6);
        order.buyer = buyer;
        bytes memory call = abi.encodeCall(resale.fill, (order, sign("bob", order), buyer, 10e6));
        forwarder.execute(requestOf("buyer", address(resale), 0, call));
        vm.assertEq(licenses.balanceOf(buyer, _license), 1);
        order.salt = "another";
        forwarder.execute(requestOf("bob", address(resale), 0, abi.encodeCall(resale.cancelOrder, (order))));
        vm.assertTrue(resale.isVoid(resale.orderDigest(order)));
    }

    // ------------------------------------------------------------------ help

    function orderOf(uint256 id, uint256 quantity, uint128 price)
        private
        view
        returns (IResaleMarket.ResaleOrder memory)
    {
        return orderOf(bob, address(licenses), id, quantity, price);
    }

    function fails(IResaleMarket.ResaleOrder memory order, bytes memory signature, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(buyer);
        resale.fill(order, signature, buyer, type(uint128).max);
    }

    function notResellable(IResaleMarket.ResaleOrder memory order) private {
        fails(
            order,
            sign("bob", order),
            abi.encodeWithSelector(IResaleMarket.ResaleMarket__NotResellable.selector, order.token, order.id)
        );
    }

    function ownOf(uint128 id) private view returns (uint256 own) {
        (, own,,) = shares.totals(id, address(dollar));
    }

    function toBob() private view returns (ILicenseMarket.BuyIntent memory intent) {
        intent = intentOf(_id, COMMERCIAL, 5);
        intent.to = bob;
    }

    function toBob(bytes32 terms) private view returns (ILicenseMarket.BuyIntent memory intent) {
        intent = intentOf(_id, terms, 1);
        intent.to = bob;
    }
}
