// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {System} from "../../support/System.sol";

contract WithdrawFeesTest is System {
    function test_fees_go_to_the_treasury_whoever_calls_and_nobodys_claim_changes() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        source.deposit(id, address(dollar), 10e6);
        vm.expectEmit(address(shares));
        emit IDesignShares.FeesWithdrawn(address(dollar), treasury, 500_000);
        vm.prank(stranger);
        vm.assertEq(shares.withdrawFees(address(dollar)), 500_000);
        vm.assertEq(dollar.balanceOf(treasury), 500_000);
        vm.assertEq(shares.feesHeld(address(dollar)), 0);
        vm.assertEq(shares.claimable(id, address(dollar), alice), 5_700_000);
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        shares.withdrawFees(address(dollar));
    }

    function test_an_unknown_currency_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, alice));
        shares.withdrawFees(alice);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, alice));
        shares.feesHeld(alice);
    }
}
