// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ContractWallet} from "../../support/Accounts.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract RegisterTest is RegistrySystem {
    bytes32 private constant SALT = keccak256("salt");

    function test_a_sole_creators_entry_is_recorded_with_all_its_facts() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.kind = IDesignRegistry.EntryKind.Program;
        bytes[] memory signatures = signedBy("alice", r);
        address[] memory signers = new address[](1);
        signers[0] = alice;
        uint128 expected = uint128(uint256(keccak256(abi.encode(alice, OUTPUT))) >> 128);

        vm.expectEmit(address(registry));
        emit IDesignRegistry.EntryRegistered(
            expected, alice, OUTPUT, IDesignRegistry.EntryKind.Program, RECORD_ROOT, 1_800_000_000, signers, 1
        );
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 1, 0);

        vm.assertEq(uint256(id), expected);
        IDesignRegistry.Entry memory e = registry.entry(id);
        vm.assertEq(e.creator, alice);
        vm.assertEq(uint8(e.kind), 2);
        vm.assertEq(uint8(e.status), 0);
        vm.assertFalse(e.frozen);
        vm.assertEq(uint256(e.versions), 1);
        vm.assertEq(uint256(e.claimedAt), block.timestamp);
        vm.assertEq(e.recordRoot, RECORD_ROOT);
        vm.assertTrue(registry.isRegistered(id));
        vm.assertEq(registry.controllerOf(id), alice);
        vm.assertEq(registry.recordRootOf(id, 1), RECORD_ROOT);
        vm.assertEq(shares.units(id, alice), 1_000_000);
        vm.assertEq(registry.ancestorsOf(id).length, 0);
        (uint32 stack, IDesignRegistry.Status status) = registry.ledgerFacts(id);
        vm.assertEq(uint256(stack), 0);
        vm.assertEq(uint8(status), 0);
    }

    function testFuzz_every_fact_comes_back(uint8 kind, bytes32 outputHash, bytes32 root, uint40 now_) public {
        vm.assume(outputHash != 0 && root != 0);
        now_ = uint40(bound(now_, block.timestamp, type(uint40).max));
        vm.warp(now_);
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, solely(alice));
        r.kind = IDesignRegistry.EntryKind(kind % 4);
        r.recordRoot = root;
        IDesignRegistry.Entry memory e = registry.entry(register("alice", r));
        vm.assertEq(e.creator, alice);
        vm.assertEq(uint8(e.kind), kind % 4);
        vm.assertEq(uint8(e.status), 0);
        vm.assertFalse(e.frozen);
        vm.assertEq(uint256(e.versions), 1);
        vm.assertEq(uint256(e.claimedAt), now_);
        vm.assertEq(e.recordRoot, root);
    }

    function test_co_creators_sign_the_same_digest_in_order_and_get_their_units() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 700_000, bob));
        r.offers = twoOffers();
        bytes[] memory signatures = signedBy("alice", "bob", r);
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (alice, bob);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.EntryRegistered(
            registry.entryIdOf(alice, OUTPUT),
            alice,
            OUTPUT,
            IDesignRegistry.EntryKind.Design,
            RECORD_ROOT,
            uint40(block.timestamp),
            signers,
            2
        );
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 2, 0);
        vm.assertEq(shares.units(id, alice), 700_000);
        vm.assertEq(shares.units(id, bob), 300_000);
        vm.assertEq(market.offersOf(id), 2);
    }

    function test_a_creator_without_shares_signs_first() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(bob));
        bytes[] memory signatures = signedBy("alice", "bob", r);
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 3, 0);
        vm.assertEq(shares.units(id, bob), 1_000_000);
        vm.assertEq(shares.units(id, alice), 0);
    }

    function test_a_creator_in_the_middle_of_the_allocation_signs_once() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, new IDesignRegistry.ShareAllocation[](3));
        r.shares[0] = IDesignRegistry.ShareAllocation(bob, 1);
        r.shares[1] = IDesignRegistry.ShareAllocation(alice, 999_998);
        r.shares[2] = IDesignRegistry.ShareAllocation(carol, 1);
        bytes32 digest = registry.digestOf(r);
        bytes[] memory signatures = new bytes[](3);
        signatures[0] = signatureOf(keyOf("alice"), digest);
        signatures[1] = signatureOf(keyOf("bob"), digest);
        signatures[2] = signatureOf(keyOf("carol"), digest);
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 7, 0);
        vm.assertEq(shares.units(id, alice), 999_998);
        vm.assertEq(shares.units(id, carol), 1);
    }

    function test_a_contract_wallet_signs_by_erc1271() public {
        ContractWallet wallet = new ContractWallet(bob);
        IDesignRegistry.Registration memory r = registrationOf(address(wallet), OUTPUT, solely(address(wallet)));
        refuse(
            r,
            signedBy("carol", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, wallet)
        );
        uint128 id = register("bob", r);
        vm.assertEq(shares.units(id, address(wallet)), 1_000_000);
    }

    function test_claims_of_one_output_by_several_creators_stand_beside_each_other() public {
        uint128 first = registerAlone(OUTPUT);
        vm.warp(block.timestamp + 1);
        IDesignRegistry.Registration memory r = registrationOf(bob, OUTPUT, solely(bob));
        uint128 second = register("bob", r);
        vm.assertEq(registry.entry(first).creator, alice);
        vm.assertEq(registry.entry(second).creator, bob);
        vm.assertLt(registry.entry(first).claimedAt, registry.entry(second).claimedAt, "order");
    }

    function test_the_same_creator_cannot_claim_the_same_output_twice() public {
        uint128 id = registerAlone(OUTPUT);
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, bob));
        r.recordRoot = keccak256("another record");
        bytes[] memory signatures = signedBy("alice", "bob", r);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__AlreadyRegistered.selector, id));
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        vm.assertEq(registry.entry(id).recordRoot, RECORD_ROOT);
        vm.assertEq(shares.units(id, alice), 1_000_000);
    }

    function test_at_the_deadline_it_still_counts_and_a_second_later_no_more() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.warp(r.deadline + 1);
        refuse(r, signatures, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Expired.selector, r.deadline));
        vm.warp(r.deadline);
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
    }

    // ------------------------------------------------------------------ who brings it

    function test_only_the_operator_comes_without_a_commitment() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        expectUnauthorized(alice);
        vm.prank(alice);
        registry.register(r, signatures, 0, 0);
        expectUnauthorized(alice);
        vm.prank(alice);
        registry.register(r, signatures, 0, SALT);
    }

    function test_the_operators_unknown_salt_counts_as_none() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 1, SALT);
        vm.assertEq(uint256(registry.entry(id).claimedAt), block.timestamp);
    }

    function test_anyone_brings_it_with_a_commitment_of_age_whose_time_counts() public {
        uint256 committed = block.timestamp;
        registry.commitClaim(keccak256(abi.encode(alice, OUTPUT, SALT)));
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.warp(committed + registry.COMMITMENT_AGE() - 1);
        bytes memory reason = abi.encodeWithSelector(
            IDesignRegistry.DesignRegistry__CommitmentTooYoung.selector, committed + registry.COMMITMENT_AGE()
        );
        vm.expectRevert(reason);
        vm.prank(stranger);
        registry.register(r, signatures, 0, SALT);
        // The operator may skip a commitment, but not use one that is too young.
        refuse(r, signatures, reason, 0, SALT);
        vm.warp(committed + registry.COMMITMENT_AGE());
        vm.prank(stranger);
        uint128 id = registry.register(r, signatures, 0, SALT);
        vm.assertEq(uint256(registry.entry(id).claimedAt), committed);
    }

    function test_only_the_operator_attests_custody_also_with_a_commitment() public {
        registry.commitClaim(keccak256(abi.encode(alice, OUTPUT, SALT)));
        vm.warp(block.timestamp + 60);
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadCustodialBits.selector, 1));
        vm.prank(alice);
        registry.register(r, signatures, 1, SALT);
        vm.prank(operator);
        registry.register(r, signatures, 1, SALT);
    }

    function test_a_commitment_of_someone_else_or_of_another_output_reveals_nothing() public {
        registry.commitClaim(keccak256(abi.encode(bob, OUTPUT, SALT)));
        registry.commitClaim(keccak256(abi.encode(alice, keccak256("another"), SALT)));
        vm.warp(block.timestamp + 60);
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        expectUnauthorized(alice);
        vm.prank(alice);
        registry.register(r, signatures, 0, SALT);
    }
}
