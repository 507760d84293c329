// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract ScheduleFeeTest is LedgerTest {
    function test_the_first_fee_holds_at_once() public view {
        vm.assertEq(shares.feePpm(), FEE_PPM);
        (uint256 ppm, uint40 from) = shares.scheduledFee();
        vm.assertEq(ppm, FEE_PPM);
        vm.assertEq(from, 0);
    }

    function test_another_fee_holds_fourteen_days_later_and_not_a_second_before() public {
        registerAlone(ENTRY);
        uint40 from = uint40(block.timestamp + 14 days);
        vm.expectEmit(address(shares));
        emit IDesignShares.FeeScheduled(100_000, from);
        vm.prank(treasurer);
        shares.scheduleFee(100_000);
        (uint256 ppm, uint40 effectiveAt) = shares.scheduledFee();
        vm.assertEq(ppm, 100_000);
        vm.assertEq(effectiveAt, from);

        vm.warp(from - 1);
        vm.assertEq(shares.feePpm(), 50_000);
        source.deposit(ENTRY, address(dollar), 1e6);
        source.deposit(ENTRY, NATIVE, 1e6);
        vm.assertEq(shares.feesHeld(address(dollar)), 50_000);
        vm.warp(from);
        vm.assertEq(shares.feePpm(), 100_000);
        source.deposit(ENTRY, address(dollar), 1e6);
        source.deposit(ENTRY, NATIVE, 1e6);
        vm.assertEq(shares.feesHeld(address(dollar)), 150_000);
        vm.assertEq(shares.feesHeld(NATIVE), 150_000);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 1_850_000);
    }

    /// @dev A later announcement replaces an earlier one that does not hold yet; what holds meanwhile stays.
    function test_what_was_announced_last_holds() public {
        vm.startPrank(treasurer);
        shares.scheduleFee(90_000);
        vm.warp(block.timestamp + 13 days);
        shares.scheduleFee(10_000);
        vm.warp(block.timestamp + 2 days);
        vm.assertEq(shares.feePpm(), 50_000);
        vm.warp(block.timestamp + 12 days);
        vm.assertEq(shares.feePpm(), 10_000);
        shares.scheduleFee(0);
        vm.assertEq(shares.feePpm(), 10_000);
        vm.warp(block.timestamp + 14 days);
        vm.assertEq(shares.feePpm(), 0);
        vm.stopPrank();
        registerAlone(ENTRY);
        source.deposit(ENTRY, NATIVE, 1e6);
        vm.assertEq(shares.feesHeld(NATIVE), 0);
    }

    /// @dev The fraction of a fee that was carried at the old rate is paid at the new one, and no more.
    function test_the_remainder_survives_a_change() public {
        registerAlone(ENTRY);
        source.deposit(ENTRY, NATIVE, 19); // 0.95
        vm.prank(treasurer);
        shares.scheduleFee(10_000);
        vm.warp(block.timestamp + 14 days);
        source.deposit(ENTRY, NATIVE, 4); // 0.99
        vm.assertEq(shares.feesHeld(NATIVE), 0);
        source.deposit(ENTRY, NATIVE, 1);
        vm.assertEq(shares.feesHeld(NATIVE), 1);
    }

    function test_the_ceiling_and_others_than_the_treasurer_are_refused() public {
        expectError(IDesignShares.DesignShares__FeeAboveCeiling.selector, 100_001);
        vm.prank(treasurer);
        shares.scheduleFee(100_001);
        expectUnauthorized(alice);
        vm.prank(alice);
        shares.scheduleFee(0);
    }
}
