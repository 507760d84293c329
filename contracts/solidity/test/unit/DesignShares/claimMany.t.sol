// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract ClaimManyTest is LedgerTest {
    uint128 private constant SECOND = 0x2222;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        registerShared(SECOND, 333_333);
        source.donate(ENTRY, address(dollar), 1000);
        source.donate(SECOND, address(dollar), 1000);
        source.donate(SECOND, NATIVE, 10);
    }

    function test_all_entries_are_paid_in_one_transfer() public {
        vm.recordLogs();
        vm.prank(alice);
        vm.assertEq(shares.claimMany(idsOf(ENTRY, SECOND), address(dollar)), 933);
        vm.assertEq(vm.getRecordedLogs().length, 3); // two Claimed, one Transfer
        vm.assertEq(dollar.balanceOf(alice), 933);
        vm.assertEq(shares.claimable(SECOND, address(dollar), bob), 666);
    }

    function test_entries_that_owe_nothing_and_repeated_ones_are_passed_over() public {
        uint128[] memory ids = new uint128[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (ENTRY, SECOND, SECOND, 0x9999);
        vm.expectEmit(address(shares));
        emit IDesignShares.Claimed(SECOND, NATIVE, alice, 3);
        vm.recordLogs();
        vm.prank(alice);
        vm.assertEq(shares.claimMany(ids, NATIVE), 3);
        vm.assertEq(vm.getRecordedLogs().length, 1);
        vm.assertEq(alice.balance, 3);
    }

    function test_with_nothing_at_all_it_reverts() public {
        vm.startPrank(alice);
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        shares.claimMany(idsOf(ENTRY), NATIVE);
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        shares.claimMany(new uint128[](0), NATIVE);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, bob);
        shares.claimMany(idsOf(ENTRY), bob);
        vm.stopPrank();
    }

    function testFuzz_it_pays_what_single_claims_pay(uint96 first, uint96 second, uint32 units) public {
        units = uint32(bound(units, 1, 999_999));
        uint128 a = registerShared(0x771, units);
        uint128 b = registerShared(0x772, 1_000_000 - units);
        source.donate(a, NATIVE, bound(first, 1, 1e28));
        source.donate(b, NATIVE, bound(second, 1, 1e28));
        uint256 due = shares.claimable(a, NATIVE, alice) + shares.claimable(b, NATIVE, alice);
        vm.assume(due != 0);
        vm.prank(alice);
        vm.assertEq(shares.claimMany(idsOf(a, b), NATIVE), due);
        vm.assertEq(alice.balance, due);
    }
}
