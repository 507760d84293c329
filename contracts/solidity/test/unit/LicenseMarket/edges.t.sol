// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {OldVotes} from "../../support/Gates.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";
import {Vm} from "../../support/Vm.sol";

interface VmOfBlocks {
    function roll(uint256 number) external;
}

/// @dev Bounds of offers, at the bound.
contract EdgesTest is MarketSystem {
    function test_the_price_of_a_piece_is_told_with_the_offer() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.unitPrice = 7;
        open(PRINTING, offer);
        (ILicenseMarket.OfferTerms memory told,,) = market.offer(_id, PRINTING, address(dollar));
        vm.assertEq(told.unitPrice, 7);
    }

    function test_a_new_offer_has_a_price_of_a_piece_only_where_pieces_are_counted() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.unitPrice = 1;
        vm.expectRevert(abi.encodePacked(ILicenseMarket.LicenseMarket__BadOffer.selector));
        open(PERSONAL, NATIVE, offer);
        offer.unitPrice = 0;
        open(PERSONAL, NATIVE, offer);
    }

    function test_the_highest_price_is_offered() public {
        open(PERSONAL, priceOf(type(uint96).max));
        (ILicenseMarket.OfferTerms memory told,, bool isOpen) = market.offer(_id, PERSONAL, address(dollar));
        vm.assertTrue(isOpen);
        vm.assertEq(told.price, type(uint96).max);
    }

    function test_a_supply_can_be_brought_down_to_what_is_sold() public {
        buyOne(COMMERCIAL);
        ILicenseMarket.OfferTerms memory offer = priceOf(40e6);
        offer.supply = 1;
        open(COMMERCIAL, offer);
        buyFails(intentOf(_id, COMMERCIAL, 1), errorOf(ILicenseMarket.LicenseMarket__SoldOut.selector, 0));
    }

    function test_a_voucher_is_good_from_its_first_second_to_its_last() public {
        vm.assertEq(licenses.balanceOf(buyer, redeem(PERSONAL)), 1);
    }

    function test_a_serial_license_whose_pieces_are_not_counted_has_no_price_of_a_piece() public {
        open(MONTHLY, priceOf(3e6));
        vm.assertEq(licenses.issueOf(buyOne(MONTHLY)).unitPrice, 0);
        vm.assertEq(licenses.issueOf(redeem(MONTHLY)).unitPrice, 0);
    }

    function test_only_an_exclusive_license_closes_its_entry_in_the_log() public {
        open(MONTHLY, priceOf(3e6));
        vm.recordLogs();
        buyOne(MONTHLY);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            vm.assertNotEq(logs[i].topics[0], ILicenseMarket.EntryClosed.selector);
        }
    }

    function test_nobody_consents_to_periods_of_a_license_that_does_not_end() public {
        uint256 perpetual = buyOne(PERSONAL);
        ILicenseMarket.RenewalConsent memory consent =
            ILicenseMarket.RenewalConsent(address(dollar), 5e6, 0, uint40(block.timestamp + 1));
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotRenewable.selector, perpetual));
        vm.prank(buyer);
        market.consentToRenewal(perpetual, consent);
    }

    function redeem(bytes32 terms) private returns (uint256 licenseId) {
        ILicenseMarket.Voucher memory voucher;
        (voucher.entryId, voucher.terms, voucher.currency) = (_id, terms, address(dollar));
        (voucher.price, voucher.quantity) = (5e6, 1);
        (voucher.startsAt, voucher.deadline) = (uint64(block.timestamp), uint64(block.timestamp));
        bytes memory signature = signatureOf(keyOf("alice"), market.voucherDigest(voucher));
        vm.prank(buyer);
        return market.buyWithVoucher(voucher, signature, buyer);
    }

    /// @dev A token without a clock counts blocks.
    function test_votes_without_a_clock_are_those_of_the_last_block() public {
        VmOfBlocks(address(vm)).roll(1000);
        OldVotes votes = new OldVotes();
        votes.set(buyer, 0, 10);
        votes.set(buyer, 1000, 10);
        ILicenseMarket.OfferTerms memory offer = priceOf(5e6);
        offer.gate = ILicenseMarket.Gate(ILicenseMarket.GateKind.PastVotes, address(votes), 0, 10);
        open(PERSONAL, offer);
        buyFails(intentOf(_id, PERSONAL, 1), errorOf(ILicenseMarket.LicenseMarket__GateClosed.selector, buyer));
        votes.set(buyer, 999, 10);
        buyOne(PERSONAL);
    }
}
