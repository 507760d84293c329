// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {ContractWallet} from "../../support/Accounts.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";

contract VouchersTest is MarketSystem {
    function fails(ILicenseMarket.Voucher memory voucher, bytes memory signature, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signature, buyer);
    }

    function test_a_voucher_sells_once_as_a_whole() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(REMIX, 7e6, 4); // of which there is no offer
        bytes memory signature = sign("alice", voucher);
        bytes32 digest = market.voucherDigest(voucher);
        uint256 licenseId = licenses.licenseIdOf(_id, REMIX, 0);
        vm.expectEmit(address(market));
        emit IMarket.Voided(digest, buyer);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(_id, licenseId, carol, buyer, REMIX, address(dollar), 7e6, 4, 1, 0, digest);
        vm.prank(buyer);
        vm.assertEq(market.buyWithVoucher(voucher, signature, carol), licenseId);
        vm.assertEq(licenses.balanceOf(carol, licenseId), 4);
        vm.assertEq(dollar.balanceOf(address(shares)), 28e6);
        vm.assertTrue(market.isVoid(digest));
        fails(voucher, signature, abi.encodeWithSelector(IMarket.Market__Void.selector, digest));
    }

    function test_in_the_native_coin() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1 ether, 2);
        voucher.currency = NATIVE;
        bytes memory signature = sign("alice", voucher);
        fails(voucher, signature, errorOf(IMarket.Market__WrongValue.selector, 2 ether, 0));
        vm.prank(buyer);
        market.buyWithVoucher{value: 2 ether}(voucher, signature, buyer);
        vm.assertEq(address(shares).balance, 2 ether);
    }

    function test_a_contract_that_controls_signs_them() public {
        ContractWallet wallet = new ContractWallet(carol);
        vm.prank(alice);
        registry.transferControl(_id, address(wallet));
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1e6, 1);
        fails(voucher, sign("alice", voucher), errorOf(IMarket.Market__BadSignature.selector, address(wallet)));
        bytes memory signature = sign("carol", voucher);
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signature, buyer);
    }

    function test_a_controller_takes_a_voucher_back() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1e6, 1);
        bytes32 digest = market.voucherDigest(voucher);
        bytes memory signature = sign("alice", voucher);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotController.selector, bob));
        vm.prank(bob);
        market.cancelVoucher(voucher);
        vm.expectEmit(address(market));
        emit IMarket.Voided(digest, alice);
        vm.prank(alice);
        market.cancelVoucher(voucher);
        fails(voucher, signature, abi.encodeWithSelector(IMarket.Market__Void.selector, digest));
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, digest));
        vm.prank(alice);
        market.cancelVoucher(voucher);
    }

    function test_its_bounds_hold() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1e6, 1);
        bytes memory signature = sign("alice", voucher);
        voucher.price = 1;
        fails(voucher, signature, errorOf(IMarket.Market__BadSignature.selector, alice));

        voucher = voucherOf(PERSONAL, 1e6, 1);
        voucher.to = bob;
        fails(voucher, sign("alice", voucher), errorOf(IMarket.Market__ForSomeoneElse.selector, buyer));
        voucher = voucherOf(PERSONAL, 1e6, 0);
        fails(voucher, sign("alice", voucher), abi.encodePacked(IMarket.Market__NoQuantity.selector));
        voucher = voucherOf(PERSONAL, 0, 1);
        fails(voucher, sign("alice", voucher), errorOf(IMarket.Market__BadPrice.selector, 0));
        voucher = voucherOf(MONTHLY, 1e6, 2);
        fails(voucher, sign("alice", voucher), abi.encodePacked(ILicenseMarket.LicenseMarket__OneAtATime.selector));
        // It has no price for pieces.
        voucher = voucherOf(PRINTING, 1e6, 1);
        fails(voucher, sign("alice", voucher), abi.encodePacked(ILicenseMarket.LicenseMarket__BadOffer.selector));
        voucher = voucherOf("x", 1e6, 1);
        fails(
            voucher,
            sign("alice", voucher),
            abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, bytes32("x"))
        );
        voucher = voucherOf(PERSONAL, 1e6, 1);
        voucher.currency = address(1);
        fails(
            voucher, sign("alice", voucher), errorOf(IDesignShares.DesignShares__UnknownCurrency.selector, address(1))
        );
        voucher = voucherOf(PERSONAL, 1e6, 1);
        voucher.startsAt = uint64(block.timestamp + 1);
        signature = sign("alice", voucher);
        fails(
            voucher,
            signature,
            errorOf(ILicenseMarket.LicenseMarket__OutsideWindow.selector, voucher.startsAt, voucher.deadline)
        );
        vm.warp(voucher.deadline + 1);
        fails(voucher, signature, errorOf(IMarket.Market__Expired.selector, voucher.deadline));
        // Nobody controls an entry that does not exist, and nobody signs for nobody.
        voucher = voucherOf(PERSONAL, 1e6, 1);
        voucher.entryId = _id + 1;
        fails(voucher, new bytes(65), errorOf(IMarket.Market__BadSignature.selector, address(0)));
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS);
    }

    function test_entries_that_sell_nothing_sell_nothing_by_voucher() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1e6, 1);
        bytes memory signature = sign("alice", voucher);
        setStatus(IDesignRegistry.Status.Suspended);
        fails(
            voucher,
            signature,
            abi.encodeWithSelector(
                IDesignShares.DesignShares__NotAccepting.selector, _id, IDesignRegistry.Status.Suspended
            )
        );
        setStatus(IDesignRegistry.Status.Active);
        ILicenseMarket.Voucher memory exclusive = voucherOf(EXCLUSIVE, 30e6, 1);
        bytes memory second = sign("alice", exclusive);
        vm.prank(buyer);
        market.buyWithVoucher(exclusive, second, buyer);
        fails(voucher, signature, errorOf(ILicenseMarket.LicenseMarket__EntryIsClosed.selector, _id));
        vm.prank(guardian);
        market.pause();
        fails(voucher, signature, abi.encodeWithSignature("EnforcedPause()"));
    }
}
