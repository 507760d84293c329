// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract VerifyFieldTest is RegistrySystem {
    bytes32 private constant SALT = keccak256("salt");

    function test_one_field_of_three_is_proved_and_nothing_else() public {
        bytes32 first = leafOf(1, "prompt", bytes('"a gyroid"'), SALT);
        bytes32 second = leafOf(1, "seed", "7", keccak256("second salt"));
        bytes32 third = leafOf(1, "steps", "30", keccak256("third salt"));
        bytes32 root = pair(pair(first, second), third);
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.recordRoot = root;
        uint128 id = register("alice", r);
        bytes32[] memory proof = new bytes32[](2);
        (proof[0], proof[1]) = (second, third);
        vm.assertTrue(registry.verifyField(id, 1, 1, "prompt", bytes('"a gyroid"'), SALT, proof));
        vm.assertFalse(registry.verifyField(id, 1, 2, "prompt", bytes('"a gyroid"'), SALT, proof));
        vm.assertFalse(registry.verifyField(id, 1, 1, "prompts", bytes('"a gyroid"'), SALT, proof));
        vm.assertFalse(registry.verifyField(id, 1, 1, "prompt", bytes('"a gyroids"'), SALT, proof));
        vm.assertFalse(registry.verifyField(id, 1, 1, "prompt", bytes('"a gyroid"'), 0, proof));
        proof[1] = first;
        vm.assertFalse(registry.verifyField(id, 1, 1, "prompt", bytes('"a gyroid"'), SALT, proof));
        vm.assertFalse(registry.verifyField(id, 1, 1, "prompt", bytes('"a gyroid"'), SALT, new bytes32[](0)));
    }

    function testFuzz_a_record_of_one_field(uint16 schema, string memory key, bytes memory value, bytes32 salt) public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.recordRoot = leafOf(schema, key, value, salt);
        uint128 id = register("alice", r);
        vm.assertTrue(registry.verifyField(id, 1, schema, key, value, salt, new bytes32[](0)));
    }

    function test_each_version_has_a_record_of_its_own() public {
        uint128 id = registerAlone(OUTPUT);
        bytes32 root = leafOf(1, "seed", "7", SALT);
        vm.prank(alice);
        registry.addVersion(id, 2, keccak256("next"), root, type(uint64).max, "");
        vm.assertTrue(registry.verifyField(id, 2, 1, "seed", "7", SALT, new bytes32[](0)));
        vm.assertFalse(registry.verifyField(id, 1, 1, "seed", "7", SALT, new bytes32[](0)));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownVersion.selector, id, 3));
        registry.verifyField(id, 3, 1, "seed", "7", SALT, new bytes32[](0));
    }

    function leafOf(uint16 schema, string memory key, bytes memory value, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(abi.encode(schema, key, value, salt))));
    }

    function pair(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return left < right ? keccak256(abi.encodePacked(left, right)) : keccak256(abi.encodePacked(right, left));
    }
}
