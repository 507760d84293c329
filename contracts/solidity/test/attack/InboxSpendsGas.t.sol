// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRoyaltyInbox} from "../../src/interfaces/IRoyaltyInbox.sol";
import {System} from "../support/System.sol";

/// @dev A receiver that spends gas when it is paid breaks payers that give 2,300 gas (`transfer` and `send`).
///  https://github.com/ProjectOpenSea/opensea-sdk/issues/74
///  An ordinary minimal proxy delegates a plain payment too, and the cold account of its implementation alone is 2,600.
contract InboxSpendsGasTest is System {
    function test_2300_gas_are_enough_before_and_after_it_has_code() public {
        uint128 id = registerAlone(keccak256("output"));
        address inbox = licenses.inboxOf(id);
        vm.deal(address(this), 1 ether);
        payWith2300(inbox, 0.1 ether);
        licenses.createInbox(id);
        vm.assertTrue(inbox.code.length != 0);
        vm.cool(implementationOf(inbox));
        payWith2300(inbox, 0.2 ether);
        payWith2300(inbox, 0);
        vm.assertEq(inbox.balance, 0.3 ether);
        IRoyaltyInbox(payable(inbox)).sweep(NATIVE);
        vm.assertEq(shares.claimable(id, NATIVE, alice), 0.3 ether);
        payWith2300(inbox, 1);
    }

    /// @dev With so little that anything but stopping would fail.
    function test_being_paid_costs_the_inbox_next_to_nothing() public {
        uint128 id = registerAlone(keccak256("output"));
        address inbox = licenses.createInbox(id);
        vm.cool(implementationOf(inbox));
        (bool succeeded,) = inbox.call{gas: 20}("");
        vm.assertTrue(succeeded);
    }

    /// @dev A call that brings value has 2,300 gas beside the gas that it is given.
    function payWith2300(address to, uint256 amount) private {
        uint256 given = amount == 0 ? 2300 : 0;
        (bool succeeded,) = to.call{value: amount, gas: given}("");
        vm.assertTrue(succeeded);
    }

    function implementationOf(address inbox) private view returns (address) {
        bytes memory code = inbox.code;
        address implementation;
        assembly {
            implementation := mload(add(code, 0x24)) // its bytes 16 to 35: see lib/InboxClone.sol
        }
        return implementation;
    }
}
