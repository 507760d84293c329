// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignShares} from "../../../src/DesignShares.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {System} from "../../support/System.sol";

contract AllocateTest is System {
    function test_only_the_registry_allocates() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__NotRegistry.selector, operator));
        vm.prank(operator);
        shares.allocate(1, solely(operator));
        vm.assertEq(shares.balanceOf(operator, 1), 0);
    }

    function test_a_holder_who_stands_in_the_entry_already_is_refused() public {
        vm.startPrank(address(registry));
        shares.allocate(1, solely(alice));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__DuplicateHolder.selector, alice));
        shares.allocate(1, solely(alice));
        vm.stopPrank();
        vm.assertEq(shares.balanceOf(alice, 1), 1_000_000);
    }

    function test_the_constructor_refuses_zero_addresses_and_a_fee_above_ten_percent() public {
        expectError(IDesignShares.DesignShares__ZeroAddress.selector);
        new DesignShares(address(manager), address(0), treasury, 0);
        expectError(IDesignShares.DesignShares__ZeroAddress.selector);
        new DesignShares(address(manager), address(1), address(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__FeeAboveCeiling.selector, 100_001));
        new DesignShares(address(manager), address(1), treasury, 100_001);
        vm.assertEq(new DesignShares(address(manager), address(1), treasury, 100_000).feePpm(), 100_000);
    }
}
