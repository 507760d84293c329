// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {MarketSystem} from "../support/MarketSystem.sol";
import {Relaying} from "../support/Relaying.sol";
import {System} from "../support/System.sol";

/// @dev Somebody who sees a permit on its way uses it first, and the purchase that brings it fails.
///  https://github.com/liquity/dev/issues/189
///  https://github.com/GenerationSoftware/pt-v5-vault/pull/82
contract PermitFrontRunTest is MarketSystem, Relaying {
    function setUp() public override(MarketSystem, System) {
        super.setUp();
        vm.prank(buyer);
        dollar.approve(address(market), 0);
    }

    function test_a_permit_that_somebody_used_first_breaks_no_purchase() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", intent);
        ILicenseMarket.Permit memory permit = permitOf("buyer", 40e6);
        vm.prank(stranger);
        dollar.permit(buyer, address(market), permit.value, permit.deadline, permit.v, permit.r, permit.s);
        uint256 licenseId = market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 1);
        vm.assertEq(dollar.allowance(buyer, address(market)), 0);
    }

    /// @dev Nor does an allowance that happens to be another amount than the permit's.
    ///  https://github.com/sherlock-audit/2024-05-pooltogether-judging/issues/89
    function test_nor_where_there_was_an_allowance_before() public {
        vm.prank(buyer);
        dollar.approve(address(market), 7e6);
        test_a_permit_that_somebody_used_first_breaks_no_purchase();
    }

    /// @dev A front-runner can relay the whole purchase instead: the buyer gets what they wanted.
    function test_who_relays_gains_nothing() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", intent);
        ILicenseMarket.Permit memory permit = permitOf("buyer", 40e6);
        vm.prank(stranger);
        uint256 licenseId = market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 1);
        vm.assertEq(licenses.balanceOf(stranger, licenseId), 0);
        vm.assertEq(dollar.balanceOf(stranger), 0);
    }

    /// @dev An ERC-3009 authorization cannot be used first: only its payee, the market, can bring it.
    function test_an_authorization_cannot_be_used_by_others() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        ILicenseMarket.Authorization memory a = authorize("buyer", intent);
        bytes32 nonce = market.intentDigest(intent, buyer);
        vm.expectRevert(abi.encodeWithSignature("ERC20InvalidReceiver(address)", market));
        vm.prank(stranger);
        dollar.receiveWithAuthorization(buyer, address(market), 40e6, a.validAfter, a.validBefore, nonce, a.v, a.r, a.s);
        vm.expectRevert(abi.encodeWithSignature("ERC3009InvalidSignature()"));
        vm.prank(stranger);
        dollar.transferWithAuthorization(
            buyer, address(market), 40e6, a.validAfter, a.validBefore, nonce, a.v, a.r, a.s
        );
        uint256 licenseId = market.buyWithAuthorization(intent, buyer, NO_PROOF, a);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 1);
    }
}
