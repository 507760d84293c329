// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract CommitClaimTest is RegistrySystem {
    function testFuzz_a_commitment_keeps_its_time(bytes32 commitment, uint40 now_) public {
        vm.assertEq(uint256(registry.commitments(commitment)), 0);
        vm.warp(bound(now_, 1, type(uint40).max));
        vm.expectEmit(address(registry));
        emit IDesignRegistry.ClaimCommitted(commitment, stranger);
        vm.prank(stranger);
        registry.commitClaim(commitment);
        vm.assertEq(uint256(registry.commitments(commitment)), block.timestamp);
    }

    function test_nobody_commits_the_same_again() public {
        registry.commitClaim(OUTPUT);
        uint256 first = block.timestamp;
        vm.warp(first + 100);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__CommitmentKnown.selector, OUTPUT));
        vm.prank(stranger);
        registry.commitClaim(OUTPUT);
        vm.assertEq(uint256(registry.commitments(OUTPUT)), first);
    }
}
