// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RoyaltyInbox} from "../../../src/RoyaltyInbox.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

/// @dev That a payer with 2,300 gas can pay is in test/attack/InboxSpendsGas.t.sol.
contract CloneTest is LedgerTest {
    function testFuzz_each_entry_has_an_inbox_of_its_own_at_a_known_address(uint128 first, uint128 second) public {
        vm.assume(first != second);
        address expected = licenses.inboxOf(first);
        vm.assertEq(expected.code.length, 0);
        RoyaltyInbox inbox = licenses.createInbox(first);
        vm.assertEq(address(inbox), expected);
        vm.assertEq(licenses.inboxOf(first), expected);
        vm.assertTrue(licenses.inboxOf(second) != expected);
        vm.assertEq(inbox.entryId(), first);
        vm.assertEq(licenses.createInbox(second).entryId(), second);
        vm.assertEq(inbox.shares(), address(shares));
    }

    function test_it_is_created_once() public {
        licenses.createInbox(ENTRY);
        vm.expectRevert();
        licenses.createInbox(ENTRY);
    }

    /// @dev Its code is 51 bytes that tell everything, and the entry.
    function test_its_code_is_the_documented_one() public {
        RoyaltyInbox inbox = licenses.createInbox(ENTRY);
        address implementation = licenses.implementation();
        vm.assertEq(
            address(inbox).code,
            abi.encodePacked(
                hex"36600557005b363d3d373d3d3d363d73", implementation, hex"5af43d82803e903d91603157fd5bf3", ENTRY
            )
        );
    }

    function test_money_that_came_before_its_code_is_there_after() public {
        registerAlone(ENTRY);
        vm.deal(licenses.inboxOf(ENTRY), 70);
        dollar.mint(licenses.inboxOf(ENTRY), 30);
        RoyaltyInbox inbox = licenses.createInbox(ENTRY);
        vm.assertEq(inbox.sweep(NATIVE), 70);
        vm.assertEq(inbox.sweep(address(dollar)), 30);
    }

    function test_reasons_of_a_revert_and_answers_pass_through() public {
        RoyaltyInbox inbox = licenses.createInbox(ENTRY);
        vm.expectRevert(abi.encodeWithSignature("RoyaltyInbox__Empty(address)", address(dollar)));
        inbox.sweep(address(dollar));
        (bool succeeded, bytes memory answer) = address(inbox).call(abi.encodeCall(RoyaltyInbox.entryId, ()));
        vm.assertTrue(succeeded);
        vm.assertEq(answer, abi.encode(ENTRY));
        (succeeded,) = address(inbox).call("unknown function");
        vm.assertFalse(succeeded);
    }

    /// @dev What the clones stand for is no entry's inbox.
    function test_the_implementation_brings_nothing() public {
        RoyaltyInbox implementation = RoyaltyInbox(payable(licenses.implementation()));
        vm.deal(address(implementation), 10);
        vm.expectRevert();
        implementation.sweep(NATIVE);
        vm.assertEq(address(implementation).balance, 10);
    }
}
