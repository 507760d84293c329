// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {System} from "../support/System.sol";

/// @dev A change written to a memory copy of a struct and never stored.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/378
///  Every struct that a call changes is read again here, in a later call.
contract MemoryCopyNotStorageTest is System {
    function test_every_change_is_there_in_the_next_call() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        (address creator,,,, bytes32 root) = registry.entry(id);
        vm.assertEq(creator, alice);
        vm.assertEq(root, RECORD_ROOT);

        vm.startPrank(operator);
        market.buyFor(intentOf(id, COMMERCIAL, 1), "first");
        market.buyFor(intentOf(id, COMMERCIAL, 1), "second");
        vm.stopPrank();
        (,, uint32 supply, uint32 sold,) = market.offer(id, COMMERCIAL);
        vm.assertEq(sold, 2);
        vm.assertEq(supply, 3);
        (uint256 gross, uint256 own, uint256 fees) = shares.totals(id, address(dollar));
        vm.assertEq(gross, 80e6);
        vm.assertEq(own, 76e6);
        vm.assertEq(fees, 4e6);
        vm.assertEq(shares.feesHeld(address(dollar)), 4e6);
        vm.assertTrue(market.refUsed("first"));
        vm.assertTrue(market.refUsed("second"));

        vm.prank(alice);
        shares.claim(id, address(dollar));
        vm.assertEq(shares.claimable(id, address(dollar), alice), 0);
        shares.withdrawFees(address(dollar));
        vm.assertEq(shares.feesHeld(address(dollar)), 0);
        vm.assertEq(shares.currencyIndex(address(dollar)), 0); // stands in the word that was just changed
    }
}
