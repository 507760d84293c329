// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../support/RegistryDoubles.sol";

/// @dev Who sees a registration on its way could register first and lock the author out (ERC-7007 warns of it and asks
///  for commit and reveal: https://eips.ethereum.org/EIPS/eip-7007#security-considerations). Here the operator relays,
///  or a commitment comes first whose time is the claim's; and no claim of someone else takes anything from the author.
contract RegisterFrontRunTest is RegistrySystem {
    bytes32 private constant SALT = keccak256("salt");

    function test_a_thief_cannot_relay_what_they_saw() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        expectUnauthorized(stranger);
        vm.prank(stranger);
        registry.register(r, signatures, 0, 0);
    }

    function test_a_thief_cannot_put_themselves_in_the_authors_place() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        r.creator = stranger;
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongSignatureCount.selector, 2, 1));
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        r.shares = solely(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, stranger));
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
    }

    function test_a_thief_who_sees_the_reveal_claims_later_than_the_author() public {
        // The author commits, waits, and reveals; the thief learns the output from the reveal, before it is mined.
        registry.commitClaim(commitmentOf(alice, SALT));
        uint256 committed = block.timestamp;
        vm.warp(committed + 60);
        IDesignRegistry.Registration memory own = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", own);
        IDesignRegistry.Registration memory stolen = registrationOf(stranger, OUTPUT, solely(stranger));
        bytes[] memory stolenSignatures = signedBy("stranger", stolen);

        // At once: only the operator can.
        expectUnauthorized(stranger);
        vm.prank(stranger);
        registry.register(stolen, stolenSignatures, 0, 0);
        // With the author's salt: the commitment names its creator.
        expectUnauthorized(stranger);
        vm.prank(stranger);
        registry.register(stolen, stolenSignatures, 0, SALT);
        // With a commitment of their own: too young, and by then the author's claim stands.
        vm.prank(stranger);
        registry.commitClaim(commitmentOf(stranger, SALT));
        vm.expectRevert(
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__CommitmentTooYoung.selector, committed + 120)
        );
        vm.prank(stranger);
        registry.register(stolen, stolenSignatures, 0, SALT);

        uint128 first = registry.register(own, signatures, 0, SALT);
        vm.warp(committed + 120);
        vm.prank(stranger);
        uint128 second = registry.register(stolen, stolenSignatures, 0, SALT);
        vm.assertEq(uint256(registry.entry(first).claimedAt), committed);
        vm.assertEq(uint256(registry.entry(second).claimedAt), committed + 60);
    }

    function test_a_thief_who_copies_the_commitment_works_for_the_author() public {
        // Sees it on its way and sends it first: the author's own call fails, and the commitment is as good.
        vm.prank(stranger);
        registry.commitClaim(commitmentOf(alice, SALT));
        vm.expectRevert(
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__CommitmentKnown.selector, commitmentOf(alice, SALT))
        );
        vm.prank(alice);
        registry.commitClaim(commitmentOf(alice, SALT));
        vm.warp(block.timestamp + 60);
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        uint128 id = registry.register(r, signedBy("alice", r), 0, SALT);
        vm.assertEq(uint256(registry.entry(id).claimedAt), block.timestamp - 60);
    }

    function test_an_earlier_claim_of_another_does_not_lock_the_author_out() public {
        IDesignRegistry.Registration memory stolen = registrationOf(stranger, OUTPUT, solely(stranger));
        bytes[] memory signatures = signedBy("stranger", stolen);
        vm.prank(operator);
        uint128 theirs = registry.register(stolen, signatures, 0, 0);
        vm.warp(block.timestamp + 1);
        uint128 own = registerAlone(OUTPUT);
        vm.assertNotEq(uint256(own), theirs);
        vm.assertEq(registry.entry(own).creator, alice);
        vm.assertEq(shares.units(own, alice), 1_000_000);
        vm.assertEq(shares.units(own, stranger), 0);
        // And the author can dispute it.
        vm.prank(alice);
        registry.contest(theirs, own, OUTPUT, keccak256("it is mine"));
        vm.prank(moderator);
        registry.resolveContest(own, theirs, OUTPUT, keccak256("it is hers"));
    }

    function commitmentOf(address creator, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(creator, OUTPUT, salt));
    }
}
