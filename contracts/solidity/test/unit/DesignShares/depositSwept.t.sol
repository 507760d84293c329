// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

/// @dev The inbox's side is under test/unit/RoyaltyInbox.
contract DepositSweptTest is LedgerTest {
    function setUp() public override {
        super.setUp();
        registerAlone(ENTRY);
        registerAlone(ENTRY + 1);
    }

    function test_only_the_entrys_own_inbox_brings_it() public {
        address inbox = licenses.inboxOf(ENTRY);
        vm.deal(inbox, 20);
        vm.prank(inbox);
        expectError(IDesignShares.DesignShares__NotInbox.selector, inbox);
        shares.depositSwept{value: 10}(ENTRY + 1, NATIVE, 10);
        expectError(IDesignShares.DesignShares__NotInbox.selector, address(source));
        vm.prank(address(source));
        shares.depositSwept{value: 10}(ENTRY, NATIVE, 10);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(ENTRY, NATIVE, 0, 10, 0, 0, 10, 5);
        vm.prank(inbox);
        shares.depositSwept{value: 10}(ENTRY, NATIVE, 10);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 10);
        vm.assertEq(shares.feesHeld(NATIVE), 0);
    }

    function test_the_rules_of_a_donation_hold() public {
        address inbox = licenses.inboxOf(ENTRY);
        vm.deal(inbox, 20);
        vm.startPrank(inbox);
        expectError(IDesignShares.DesignShares__NothingDeposited.selector);
        shares.depositSwept(ENTRY, NATIVE, 0);
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 10, 9);
        shares.depositSwept{value: 9}(ENTRY, NATIVE, 10);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.depositSwept(ENTRY, alice, 1);
        vm.stopPrank();
        inbox = licenses.inboxOf(7);
        vm.deal(inbox, 20);
        vm.prank(inbox);
        expectError(IDesignShares.DesignShares__UnknownEntry.selector, 7);
        shares.depositSwept{value: 10}(7, NATIVE, 10);
    }
}
