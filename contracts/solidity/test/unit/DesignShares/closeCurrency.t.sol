// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RoyaltyInbox} from "../../../src/RoyaltyInbox.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract CloseCurrencyTest is LedgerTest {
    uint128 private constant CHILD = 0x2222;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        registerAlone(CHILD);
        registry.link(CHILD, ENTRY, 100_000);
        source.deposit(ENTRY, NATIVE, 1e6);
        source.deposit(CHILD, NATIVE, 1e6);
    }

    function test_a_closed_currency_takes_nothing_and_pays_everything() public {
        vm.assertFalse(shares.isClosed(NATIVE));
        vm.expectEmit(address(shares));
        emit IDesignShares.CurrencyClosed(NATIVE, true);
        vm.prank(treasurer);
        shares.closeCurrency(NATIVE, true);
        vm.assertTrue(shares.isClosed(NATIVE));

        expectError(IDesignShares.DesignShares__CurrencyIsClosed.selector, NATIVE);
        source.deposit(ENTRY, NATIVE, 1);
        expectError(IDesignShares.DesignShares__CurrencyIsClosed.selector, NATIVE);
        source.donate(ENTRY, NATIVE, 1);
        RoyaltyInbox inbox = licenses.createInbox(ENTRY);
        vm.deal(address(inbox), 5);
        expectError(IDesignShares.DesignShares__CurrencyIsClosed.selector, NATIVE);
        inbox.sweep(NATIVE);
        source.deposit(ENTRY, address(dollar), 1);

        vm.assertEq(shares.settle(ENTRY, NATIVE, idsOf(CHILD)), 95_000);
        shares.claimFor(ENTRY, NATIVE, listOf(alice, bob));
        vm.assertEq(alice.balance, (950_000 + 95_000) * 6 / 10);
        vm.assertEq(shares.withdrawFees(NATIVE), 100_000);
    }

    function test_it_can_be_opened_again() public {
        vm.startPrank(treasurer);
        shares.closeCurrency(NATIVE, true);
        vm.expectEmit(address(shares));
        emit IDesignShares.CurrencyClosed(NATIVE, false);
        shares.closeCurrency(NATIVE, false);
        vm.stopPrank();
        source.deposit(ENTRY, NATIVE, 1e6);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 1_140_000);
    }

    function test_others_and_unknown_currencies_are_refused() public {
        expectUnauthorized(alice);
        vm.prank(alice);
        shares.closeCurrency(NATIVE, true);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        vm.prank(treasurer);
        shares.closeCurrency(alice, true);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.isClosed(alice);
    }
}
