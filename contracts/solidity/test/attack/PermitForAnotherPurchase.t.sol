// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {IResaleMarket} from "../../src/interfaces/IResaleMarket.sol";
import {MarketSystem} from "../support/MarketSystem.sol";
import {Relaying} from "../support/Relaying.sol";
import {System} from "../support/System.sol";

/// @dev A permit says who may take how much, not what for: whoever brought it decided what was bought with it.
///  https://github.com/z0r0z/v4-router/issues/44
contract PermitForAnotherPurchaseTest is MarketSystem, Relaying {
    ILicenseMarket.Permit private _permit;

    function setUp() public override(MarketSystem, System) {
        super.setUp();
        vm.prank(buyer);
        dollar.approve(address(market), 0);
        _permit = permitOf("buyer", 80e6);
    }

    /// @dev For someone else, for other terms, for more of them, at a higher price, or later than the buyer signed.
    function test_a_permit_buys_only_what_its_owner_signed() public {
        ILicenseMarket.BuyIntent memory signed = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", signed);
        for (uint256 i = 0; i < 6; ++i) {
            ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
            if (i == 0) intent.to = stranger;
            if (i == 1) intent.terms = PERSONAL;
            if (i == 2) intent.quantity = 2;
            if (i == 3) intent.maxPrice += 1;
            if (i == 4) intent.deadline += 1;
            if (i == 5) intent.entryId += 1;
            vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
            vm.prank(stranger);
            market.buyWithPermit(intent, buyer, signature, NO_PROOF, _permit);
        }
        market.buyWithPermit(signed, buyer, signature, NO_PROOF, _permit);
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS - 40e6);
    }

    /// @dev What is left of it afterwards is no one else's either.
    function test_the_allowance_that_is_left_is_for_its_owner_alone() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        market.buyWithPermit(intent, buyer, signIntent("buyer", intent), NO_PROOF, _permit);
        vm.assertEq(dollar.allowance(buyer, address(market)), 40e6);
        intent.to = stranger;
        vm.expectRevert(
            abi.encodeWithSignature("ERC20InsufficientAllowance(address,uint256,uint256)", market, 0, uint256(40e6))
        );
        vm.prank(stranger);
        market.buy(intent, NO_PROOF);
        bytes memory strangers = signIntent("stranger", intent);
        vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
        vm.prank(stranger);
        market.buyWithPermit(intent, buyer, strangers, NO_PROOF, _permit);
        ILicenseMarket.Authorization memory none;
        vm.expectRevert();
        vm.prank(stranger);
        market.buyWithAuthorization(intent, buyer, NO_PROOF, none);
        vm.expectRevert(errorOf(IMarket.Market__NotLedger.selector, stranger));
        vm.prank(stranger);
        market.pay(address(dollar), 40e6, abi.encode(buyer));
        vm.assertEq(dollar.allowance(buyer, address(market)), 40e6);
    }

    /// @dev One market's allowance is nothing to the other.
    function test_an_allowance_for_first_sales_does_not_resell() public {
        vm.prank(buyer);
        dollar.permit(buyer, address(market), 80e6, type(uint256).max, _permit.v, _permit.r, _permit.s);
        vm.prank(buyer);
        dollar.approve(address(resale), 0);
        vm.prank(bob);
        shares.setApprovalForAll(address(resale), true);
        IResaleMarket.ResaleOrder memory order = orderOf(bob, address(shares), _id, 1, 1e6);
        bytes memory signature = sign("bob", order);
        vm.expectRevert(
            abi.encodeWithSignature("ERC20InsufficientAllowance(address,uint256,uint256)", resale, 0, uint256(1e6))
        );
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 1e6);
    }
}
