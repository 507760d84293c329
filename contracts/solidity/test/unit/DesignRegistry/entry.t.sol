// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev What is read of an entry. What is written is tested where it is written.
contract EntryTest is RegistrySystem {
    function test_an_unknown_entry_reverts_or_is_empty() public {
        vm.assertFalse(registry.isRegistered(7));
        bytes memory unknown = abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7);
        vm.expectRevert(unknown);
        registry.entry(7);
        vm.expectRevert(unknown);
        registry.ledgerFacts(7);
        vm.assertEq(registry.ancestorsOf(7).length, 0);
        vm.assertEq(registry.minimumsOf(7).length, 0);
        vm.assertFalse(registry.standingOf(7).open);
        vm.assertEq(uint256(registry.partOf(7, 8)), 0);
    }

    function test_an_unknown_version_reverts() public {
        uint128 id = registerAlone(OUTPUT);
        uint32[3] memory unknown = [0, 2, type(uint32).max];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownVersion.selector, id, unknown[i])
            );
            registry.recordRootOf(id, unknown[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownVersion.selector, 7, 1));
        registry.recordRootOf(7, 1);
    }

    function testFuzz_the_id_is_the_top_half_of_the_hash(address creator, bytes32 outputHash) public view {
        vm.assertEq(registry.entryIdOf(creator, outputHash), uint256(keccak256(abi.encode(creator, outputHash))) >> 128);
    }
}
