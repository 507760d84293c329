// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {System} from "../support/System.sol";

/// @dev One signature was good for an action and for its opposite, because the typed struct did not name the action.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/138
contract OneSignatureTwoActionsTest is System {
    function test_a_co_creators_signature_is_none_for_a_claim_of_their_own() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), between(alice, 1, bob));
        bytes[] memory bobs = new bytes[](1);
        bobs[0] = signedBy("alice", "bob", r)[1];
        r = registrationOf(bob, keccak256("output"), solely(bob));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, bob));
        vm.prank(operator);
        registry.register(r, bobs, 0);
    }

    /// @dev Two holders with their parts swapped, or a larger part: what a co-creator signed is the whole table.
    function test_consent_to_one_share_table_is_none_to_another() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), between(alice, 400_000, bob));
        bytes[] memory signatures = signedBy("alice", "bob", r);
        (r.shares[0].units, r.shares[1].units) = (600_000, 400_000);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        vm.prank(operator);
        registry.register(r, signatures, 0);
    }

    /// @dev Arrays of structs are hashed element by element: no other cut of the same bytes gives the same digest.
    function testFuzz_the_digest_tells_tables_apart(uint32 first, uint32 second) public view {
        vm.assume(first != second);
        IDesignRegistry.Registration memory r =
            registrationOf(alice, keccak256("output"), between(alice, uint32(bound(first, 0, 1e6)), bob));
        IDesignRegistry.Registration memory other =
            registrationOf(alice, keccak256("output"), between(alice, uint32(bound(second, 0, 1e6)), bob));
        vm.assume(r.shares[0].units != other.shares[0].units);
        vm.assertNotEq(registry.digestOf(r), registry.digestOf(other));
    }
}
