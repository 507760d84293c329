// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract TransferControlTest is RegistrySystem {
    function test_control_passes_on_and_back() public {
        uint128 id = registerAlone(OUTPUT);
        uint128 other = registerAlone(keccak256("other"));
        vm.expectEmit(address(registry));
        emit IDesignRegistry.ControllerChanged(id, alice, bob);
        vm.prank(alice);
        registry.transferControl(id, bob);
        vm.assertEq(registry.controllerOf(id), bob);
        vm.assertEq(registry.controllerOf(other), alice);
        // Who claimed it, and what it is, stay.
        vm.assertEq(registry.entry(id).creator, alice);
        vm.assertEq(registry.entry(id).recordRoot, RECORD_ROOT);
        vm.assertEq(shares.units(id, alice), 1_000_000);

        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, alice));
        vm.prank(alice);
        registry.freeze(id);
        vm.prank(bob);
        registry.freeze(id);
        vm.prank(bob);
        registry.transferControl(id, alice);
        vm.assertEq(registry.controllerOf(id), alice);
    }

    function test_zero_and_our_own_contracts_control_nothing() public {
        uint128 id = registerAlone(OUTPUT);
        address[6] memory refused =
            [address(0), address(registry), address(shares), address(licenses), address(market), address(forwarder)];
        vm.startPrank(alice);
        for (uint256 i = 0; i < refused.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IDesignRegistry.DesignRegistry__HolderNotAllowed.selector, refused[i])
            );
            registry.transferControl(id, refused[i]);
        }
    }

    function test_nobody_else_hands_it_over() public {
        uint128 id = registerAlone(OUTPUT);
        address[3] memory others = [operator, moderator, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, others[i]));
            vm.prank(others[i]);
            registry.transferControl(id, stranger);
        }
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        registry.transferControl(7, alice);
    }

    function test_an_unknown_entry_has_no_controller() public view {
        vm.assertEq(registry.controllerOf(7), address(0));
    }
}
