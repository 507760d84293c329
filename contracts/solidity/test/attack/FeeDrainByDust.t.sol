// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {System} from "../support/System.sol";

/// @dev Many small payments of which each fee rounds to nothing: 1,000 deposits of 19 units paid 0, one of 19,000 paid
///  950. https://github.com/0xSplits/splits-contracts-monorepo/issues/21
contract FeeDrainByDustTest is System {
    function test_a_thousand_small_deposits_pay_the_fee_of_one_large() public {
        uint128 id = registerAlone(keccak256("output"));
        for (uint256 i = 0; i < 1000; ++i) {
            source.deposit(id, address(dollar), 19);
        }
        vm.assertEq(shares.feesHeld(address(dollar)), 950);
        vm.assertEq(shares.claimable(id, address(dollar), alice), 18_050);
    }

    /// @dev The remainder is each entry's own: it can be neither moved to nor taken from another.
    function test_entries_do_not_share_their_remainder() public {
        uint128 one = registerAlone(keccak256("one"));
        uint128 other = registerAlone(keccak256("other"));
        source.deposit(one, address(dollar), 19);
        source.deposit(other, address(dollar), 1);
        vm.assertEq(shares.feesHeld(address(dollar)), 0);
        source.deposit(one, address(dollar), 1);
        vm.assertEq(shares.feesHeld(address(dollar)), 1);
        vm.assertEq(shares.claimable(one, address(dollar), alice), 19);
        vm.assertEq(shares.claimable(other, address(dollar), alice), 1);
    }

    /// @dev Nor is a holder drained by claims after every cent: what does not divide stays theirs.
    function test_claiming_after_every_deposit_loses_nothing() public {
        uint128 often = registerShared(keccak256("often"), 333_333);
        uint128 once = registerShared(keccak256("once"), 333_333);
        for (uint256 i = 0; i < 100; ++i) {
            source.deposit(often, address(dollar), 7);
            source.deposit(once, address(dollar), 7);
            address[] memory holders = new address[](2);
            (holders[0], holders[1]) = (alice, bob);
            shares.claimFor(often, address(dollar), holders);
        }
        vm.assertEq(dollar.balanceOf(alice), shares.claimable(once, address(dollar), alice));
        vm.assertEq(dollar.balanceOf(bob), shares.claimable(once, address(dollar), bob));
    }
}
