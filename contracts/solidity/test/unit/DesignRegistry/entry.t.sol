// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {System} from "../../support/System.sol";

contract EntryTest is System {
    function test_an_unknown_entry_reverts_and_is_not_registered() public {
        vm.assertFalse(registry.isRegistered(7));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        registry.entry(7);
    }

    function test_the_registry_names_its_other_contracts() public view {
        vm.assertEq(registry.shares(), address(shares));
        vm.assertEq(registry.licenses(), address(licenses));
        vm.assertEq(registry.market(), address(market));
        vm.assertEq(shares.registry(), address(registry));
        vm.assertEq(registry.authority(), address(manager));
    }

    function testFuzz_the_id_is_the_top_half_of_the_hash(address creator, bytes32 outputHash) public view {
        vm.assertEq(registry.entryIdOf(creator, outputHash), uint256(keccak256(abi.encode(creator, outputHash))) >> 128);
    }
}
