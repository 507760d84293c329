// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {PlainToken} from "../../support/Tokens.sol";
import {System} from "../../support/System.sol";

contract BuyTest is System {
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _id = registerShared(keccak256("output"), 600_000);
        dollar.mint(buyer, 1000e6);
        vm.prank(buyer);
        dollar.approve(address(market), type(uint256).max);
    }

    function test_the_buyer_pays_the_ledger_and_gets_the_license() public {
        uint256 licenseId = licenses.licenseIdOf(_id, COMMERCIAL, 0);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), 0, 80e6, 4e6, 0, 76e6, 1);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(_id, licenseId, buyer, buyer, COMMERCIAL, address(dollar), 40e6, 2, 0);
        vm.prank(buyer);
        vm.assertEq(market.buy(intentOf(_id, COMMERCIAL, 2)), licenseId);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 2);
        vm.assertEq(licenses.termsOf(licenseId), COMMERCIAL);
        vm.assertEq(dollar.balanceOf(buyer), 920e6);
        vm.assertEq(dollar.balanceOf(address(market)), 0);
        vm.assertEq(dollar.balanceOf(address(shares)), 80e6);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 45_600_000);
        (,,, uint32 sold,) = market.offer(_id, COMMERCIAL);
        vm.assertEq(sold, 2);
    }

    function test_a_gift_goes_to_whom_the_intent_names() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        intent.to = carol;
        vm.prank(buyer);
        uint256 licenseId = market.buy(intent);
        vm.assertEq(licenses.balanceOf(carol, licenseId), 1);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 0);
    }

    function test_supply_is_a_limit_and_zero_supply_is_none() public {
        vm.startPrank(buyer);
        market.buy(intentOf(_id, COMMERCIAL, 2));
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__SoldOut.selector, 1));
        market.buy(intentOf(_id, COMMERCIAL, 2));
        market.buy(intentOf(_id, COMMERCIAL, 1));
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__SoldOut.selector, 0));
        market.buy(intentOf(_id, COMMERCIAL, 1));
        market.buy(intentOf(_id, PERSONAL, 100));
        vm.stopPrank();
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, COMMERCIAL, 0)), 3);
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, PERSONAL, 0)), 100);
    }

    function test_what_the_intent_does_not_allow_is_not_bought() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        intent.maxPrice = 40e6 - 1;
        refuse(intent, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__PriceAboveMaximum.selector, 40e6, 40e6 - 1));
        intent = intentOf(_id, COMMERCIAL, 1);
        intent.deadline = uint64(block.timestamp - 1);
        refuse(intent, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__Expired.selector, intent.deadline));
        intent = intentOf(_id, COMMERCIAL, 0);
        refuse(intent, abi.encodePacked(ILicenseMarket.LicenseMarket__NoQuantity.selector));
        intent = intentOf(_id + 1, COMMERCIAL, 1);
        refuse(intent, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id + 1, COMMERCIAL));
        intent = intentOf(_id, keccak256("other"), 1);
        refuse(intent, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id, keccak256("other")));
        intent = intentOf(_id, COMMERCIAL, 1);
        intent.currency = address(1);
        refuse(intent, abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, address(1)));
        PlainToken other = new PlainToken();
        shares.addCurrency(address(other));
        intent.currency = address(other);
        refuse(
            intent, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__OtherCurrency.selector, dollar, address(other))
        );
        intent = intentOf(_id, COMMERCIAL, 1);
        intent.to = address(0);
        refuse(intent, abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
    }

    function test_without_allowance_or_money_nothing_is_sold() public {
        vm.prank(buyer);
        dollar.approve(address(market), 40e6 - 1);
        refuse(
            intentOf(_id, COMMERCIAL, 1),
            abi.encodeWithSignature(
                "ERC20InsufficientAllowance(address,uint256,uint256)", market, uint256(40e6 - 1), uint256(40e6)
            )
        );
    }

    function test_only_the_ledger_calls_for_money() public {
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NotLedger.selector, stranger));
        vm.prank(stranger);
        market.pay(address(dollar), 1e6, abi.encode(buyer));
        vm.assertEq(dollar.balanceOf(buyer), 1000e6);
    }

    function refuse(ILicenseMarket.BuyIntent memory intent, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(buyer);
        market.buy(intent);
        (,,, uint32 sold,) = market.offer(_id, COMMERCIAL);
        vm.assertEq(sold, 0);
        vm.assertEq(dollar.balanceOf(buyer), 1000e6);
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, COMMERCIAL, 0)), 0);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 0);
    }
}
