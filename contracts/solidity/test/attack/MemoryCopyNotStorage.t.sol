// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {MarketSystem} from "../support/MarketSystem.sol";

/// @dev A change written to a memory copy of a struct and never stored.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/378
///  Every struct that a call changes is read again here, in a later call.
contract MemoryCopyNotStorageTest is MarketSystem {
    function test_every_change_of_the_market_is_there_in_the_next_call() public {
        vm.startPrank(operator);
        market.buyFor(intentOf(_id, COMMERCIAL, 1), NO_PROOF, "first");
        market.buyFor(intentOf(_id, COMMERCIAL, 1), NO_PROOF, "second");
        vm.stopPrank();
        (, uint32 sold,) = market.offer(_id, COMMERCIAL, address(dollar));
        vm.assertEq(sold, 2);
        vm.assertTrue(shares.refUsed("first"));
        vm.assertTrue(shares.refUsed("second"));

        vm.startPrank(alice);
        registry.addVersion(_id, 2, "output 2", "root 2", uint64(block.timestamp), "");
        market.closeOffer(_id, COMMERCIAL, address(dollar));
        vm.stopPrank();
        (, uint32 version) = market.entryState(_id);
        vm.assertEq(version, 2);
        (, sold,) = market.offer(_id, COMMERCIAL, address(dollar));
        vm.assertEq(sold, 2);
        open(EXCLUSIVE, priceOf(1e6));
        buyOne(EXCLUSIVE);
        bool closed;
        (closed, version) = market.entryState(_id);
        vm.assertTrue(closed);
        vm.assertEq(version, 2); // stands in the word that was just changed
    }

    function test_every_change_of_the_registry_is_there_in_the_next_call() public {
        IDesignRegistry.Entry memory entry = registry.entry(_id);
        vm.assertEq(entry.creator, alice);
        vm.assertEq(entry.recordRoot, RECORD_ROOT);
        vm.startPrank(alice);
        registry.addVersion(_id, 2, "output 2", "root 2", uint64(block.timestamp), "");
        registry.freeze(_id);
        registry.setStanding(_id, IDesignRegistry.Standing(true, true, 7));
        registry.transferControl(_id, carol);
        vm.stopPrank();
        setStatus(IDesignRegistry.Status.Contested);
        entry = registry.entry(_id);
        vm.assertEq(entry.versions, 2);
        vm.assertTrue(entry.frozen);
        vm.assertTrue(entry.status == IDesignRegistry.Status.Contested);
        vm.assertEq(entry.creator, alice);
        vm.assertEq(registry.controllerOf(_id), carol);
        vm.assertEq(registry.standingOf(_id).ppm, 7);
        vm.assertEq(registry.recordRootOf(_id, 2), "root 2");
    }

    function test_every_change_of_the_ledger_is_there_in_the_next_call() public {
        buyOne(COMMERCIAL);
        buyOne(COMMERCIAL);
        (uint256 net, uint256 own, uint256 reserved, uint256 inbound) = shares.totals(_id, address(dollar));
        vm.assertEq(net, 76e6);
        vm.assertEq(own, 76e6);
        vm.assertEq(reserved + inbound, 0);
        vm.assertEq(shares.feesHeld(address(dollar)), 4e6);
        vm.prank(alice);
        shares.claim(_id, address(dollar));
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 0);
        shares.withdrawFees(address(dollar));
        vm.assertEq(shares.feesHeld(address(dollar)), 0);
        vm.assertEq(shares.currencyIndex(address(dollar)), 0); // stands in the word that was just changed
    }

    function test_every_change_of_a_license_is_there_in_the_next_call() public {
        open(MONTHLY, priceOf(1e6));
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.unitPrice = 2e6;
        open(PRINTING, offer);
        uint256 monthly = buyOne(MONTHLY);
        uint256 printing = buyOne(PRINTING);
        vm.startPrank(buyer);
        market.renew(monthly, address(dollar), 1e6);
        market.reportUnits(printing, 3, 2e6);
        market.reportUnits(printing, 4, 2e6);
        ILicenseMarket.RenewalConsent memory consent =
            ILicenseMarket.RenewalConsent(address(dollar), 1e6, 30 days, type(uint40).max);
        market.consentToRenewal(monthly, consent);
        vm.stopPrank();
        vm.assertEq(licenses.expiresAt(monthly), block.timestamp + 60 days);
        vm.assertEq(licenses.issueOf(printing).unitsReported, 7);
        vm.assertEq(licenses.issueOf(printing).unitPrice, 2e6);
        vm.assertEq(abi.encode(market.consentOf(monthly, buyer)), abi.encode(consent));
    }
}
