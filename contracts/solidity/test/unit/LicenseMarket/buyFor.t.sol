// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {System} from "../../support/System.sol";

contract BuyForTest is System {
    bytes32 private constant REF = keccak256("order 1");
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _id = registerShared(keccak256("output"), 600_000);
    }

    function test_the_operator_pays_the_full_price_and_the_buyer_gets_the_license() public {
        uint256 licenseId = licenses.licenseIdOf(_id, PERSONAL, 0);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), REF, 5e6, 250_000, 0, 4_750_000, 1);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(_id, licenseId, buyer, operator, PERSONAL, address(dollar), 5e6, 1, REF);
        vm.prank(operator);
        vm.assertEq(market.buyFor(intentOf(_id, PERSONAL, 1), REF), licenseId);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 1);
        vm.assertEq(dollar.balanceOf(operator), 1e15 - 5e6);
        vm.assertTrue(market.refUsed(REF));
    }

    function test_a_reference_is_accepted_once_even_for_another_purchase() public {
        vm.startPrank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), REF);
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__RefUsed.selector, REF));
        market.buyFor(intentOf(_id, COMMERCIAL, 1), REF);
        vm.stopPrank();
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, COMMERCIAL, 0)), 0);
        vm.assertEq(dollar.balanceOf(operator), 1e15 - 5e6);
    }

    function test_a_failed_purchase_leaves_its_reference_free() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        intent.maxPrice = 1;
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__PriceAboveMaximum.selector, 5e6, 1));
        market.buyFor(intent, REF);
        vm.assertFalse(market.refUsed(REF));
        market.buyFor(intentOf(_id, PERSONAL, 1), REF);
        vm.stopPrank();
    }

    function test_a_zero_reference_is_refused() public {
        expectError(ILicenseMarket.LicenseMarket__NoRef.selector);
        vm.prank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), 0);
    }

    function test_only_the_operator_buys_for_others() public {
        expectUnauthorized(buyer);
        vm.prank(buyer);
        market.buyFor(intentOf(_id, PERSONAL, 1), REF);
        vm.assertFalse(market.refUsed(REF));
    }
}
