// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITransferPolicy} from "../../../src/interfaces/ITransferPolicy.sol";
import {AllowListPolicy} from "../../../src/policies/AllowListPolicy.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract AllowListPolicyTest is LedgerTest {
    AllowListPolicy private _policy;

    function setUp() public override {
        vm.warp(1_800_000_000);
        _policy = new AllowListPolicy(listOf(carol, bob));
        deploy(address(_policy));
        shares.addCurrency(NATIVE);
        vm.deal(address(source), 1e9);
        registerShared(ENTRY, 600_000);
    }

    function test_the_list_is_told_by_events_and_can_be_asked() public {
        vm.expectEmit();
        emit AllowListPolicy.ReceiverAllowed(alice);
        vm.expectEmit();
        emit AllowListPolicy.ReceiverAllowed(carol);
        AllowListPolicy other = new AllowListPolicy(listOf(alice, carol));
        vm.assertTrue(other.isAllowed(alice));
        vm.assertTrue(_policy.isAllowed(carol));
        vm.assertFalse(_policy.isAllowed(alice));
    }

    function test_who_is_on_the_list_receives_from_anyone_through_anyone() public {
        move(alice, carol, ENTRY, 100_000);
        vm.prank(alice);
        shares.setApprovalForAll(stranger, true);
        vm.prank(stranger);
        shares.safeTransferFrom(alice, bob, ENTRY, 1, "");
        vm.assertEq(shares.balanceOf(carol, ENTRY), 100_000);
        vm.assertEq(shares.balanceOf(bob, ENTRY), 400_001);
    }

    function test_who_is_not_receives_nothing() public {
        vm.expectRevert(abi.encodeWithSelector(ITransferPolicy.TransferPolicy__NotAllowed.selector, bob, bob, alice));
        move(bob, alice, ENTRY, 1);
    }

    function test_first_holders_need_not_stand_on_it_and_are_paid() public {
        source.donate(ENTRY, NATIVE, 1000);
        vm.prank(alice);
        vm.assertEq(shares.claim(ENTRY, NATIVE), 600);
    }
}
