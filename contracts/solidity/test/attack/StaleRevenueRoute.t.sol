// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {System} from "../support/System.sol";

/// @dev After the sale of a work, revenue still went the old way.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/96
///  And settling one side only of a transfer gives the other what was never theirs.
///  https://github.com/sherlock-audit/2023-06-tokemak-judging/issues/203
contract StaleRevenueRouteTest is System {
    function test_from_the_transfer_on_revenue_is_the_new_holders() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        vm.startPrank(operator);
        market.buyFor(intentOf(id, PERSONAL, 1), NO_PROOF, "before");
        vm.stopPrank();
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, id, 600_000, "");
        vm.prank(operator);
        market.buyFor(intentOf(id, PERSONAL, 1), NO_PROOF, "after");
        vm.assertEq(shares.claimable(id, address(dollar), alice), 2_850_000);
        vm.assertEq(shares.claimable(id, address(dollar), carol), 2_850_000);
        vm.assertEq(shares.claimable(id, address(dollar), bob), 3_800_000);
    }

    /// @dev Units lent to a fresh account just before a sale and back after it: the account earns that sale alone.
    function test_shares_sent_round_and_round_earn_once() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        source.deposit(id, address(dollar), 10e6);
        for (uint256 i = 0; i < 10; ++i) {
            vm.prank(alice);
            shares.safeTransferFrom(alice, carol, id, 600_000, "");
            vm.prank(carol);
            shares.safeTransferFrom(carol, alice, id, 600_000, "");
        }
        vm.assertEq(shares.claimable(id, address(dollar), alice), 5_700_000);
        vm.assertEq(shares.claimable(id, address(dollar), carol), 0);
    }
}
