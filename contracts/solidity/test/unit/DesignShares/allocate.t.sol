// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignShares} from "../../../src/DesignShares.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract AllocateTest is LedgerTest {
    function test_only_the_registry_allocates() public {
        IDesignRegistry.ShareAllocation[] memory list = new IDesignRegistry.ShareAllocation[](1);
        list[0] = IDesignRegistry.ShareAllocation(stranger, 1e6);
        expectError(IDesignShares.DesignShares__NotRegistry.selector, stranger);
        vm.prank(stranger);
        shares.allocate(ENTRY, list);
        vm.assertEq(shares.balanceOf(stranger, ENTRY), 0);
    }

    function test_a_holder_who_stands_in_the_entry_already_is_refused() public {
        registerShared(ENTRY, 600_000);
        expectError(IDesignRegistry.DesignRegistry__DuplicateHolder.selector, bob);
        register(ENTRY, bob, 1e6, address(0));
        expectError(IDesignRegistry.DesignRegistry__DuplicateHolder.selector, bob);
        register(ENTRY + 1, bob, 5, bob);
        vm.assertEq(shares.balanceOf(bob, ENTRY), 400_000);
        vm.assertEq(shares.balanceOf(bob, ENTRY + 1), 0);
    }

    /// @dev They have no hook for it.
    function test_ledger_manager_and_inboxes_can_hold_no_shares() public {
        address[3] memory ours = [address(shares), address(manager), address(licenses.createInbox(ENTRY))];
        for (uint256 i = 0; i < ours.length; ++i) {
            vm.expectRevert(abi.encodeWithSignature("ERC1155InvalidReceiver(address)", ours[i]));
            register(ENTRY, ours[i], 1e6, address(0));
        }
    }

    function test_the_constructor_refuses_zero_addresses_and_a_fee_above_ten_percent() public {
        expectError(IDesignShares.DesignShares__ZeroAddress.selector);
        new DesignShares(address(manager), address(0), treasury, 0, address(0));
        expectError(IDesignShares.DesignShares__ZeroAddress.selector);
        new DesignShares(address(manager), address(1), address(0), 0, address(0));
        expectError(IDesignShares.DesignShares__FeeAboveCeiling.selector, 100_001);
        new DesignShares(address(manager), address(1), treasury, 100_001, address(0));
        DesignShares ledger = new DesignShares(address(manager), address(1), treasury, 100_000, address(2));
        vm.assertEq(ledger.feePpm(), 100_000);
        vm.assertEq(ledger.registry(), address(1));
        vm.assertEq(ledger.treasury(), treasury);
        vm.assertEq(ledger.transferPolicy(), address(2));
    }
}
