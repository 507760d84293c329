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

    // ------------------------------------------------------------------ what is refused

    function test_units_that_do_not_add_up_are_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 400_000, bob));
        r.shares[1].units -= 1;
        refuseUnits(r, 999_999);
        r.shares[1].units += 2;
        refuseUnits(r, 1_000_001);
        r.shares[0].units = type(uint32).max;
        refuseUnits(r, uint256(type(uint32).max) + 600_001);
        r.shares = new IDesignRegistry.ShareAllocation[](0);
        refuseUnits(r, 0);
    }

    function test_units_beyond_their_type_are_refused_before_they_are_added() public {
        // 2^256 - 1 and 1,000,001 units would add up to 1,000,000.
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 999_999, bob));
        r.shares[0].units = 1_000_001;
        bytes memory request =
            abi.encodeCall(IDesignRegistry.register, (r, signedBy("alice", "bob", r), uint256(0), bytes32(0)));
        uint256 place = wordOf(request, 1_000_001) + 64; // units of the second holder
        assembly {
            mstore(add(add(request, 0x20), place), not(0))
        }
        vm.prank(operator);
        (bool succeeded, bytes memory reason) = address(registry).call(request);
        vm.assertFalse(succeeded);
        vm.assertEq(reason, "");
    }

    function test_a_holder_beyond_an_address_is_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 999_999, bob));
        bytes memory request =
            abi.encodeCall(IDesignRegistry.register, (r, signedBy("alice", "bob", r), uint256(0), bytes32(0)));
        uint256 place = wordOf(request, 999_999) + 32;
        assembly {
            let word := add(add(request, 0x20), place)
            mstore(word, or(mload(word), shl(160, 1)))
        }
        vm.prank(operator);
        (bool succeeded, bytes memory reason) = address(registry).call(request);
        vm.assertFalse(succeeded);
        vm.assertEq(reason, "");
    }

    function test_a_holder_without_units_is_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1_000_000, bob));
        refuse(
            r,
            signedBy("alice", "bob", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NoUnits.selector, bob)
        );
    }

    function test_a_holder_named_twice_is_refused_by_the_ledger() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(bob, 400_000, bob));
        bytes[] memory signatures = new bytes[](3);
        bytes32 digest = registry.digestOf(r);
        signatures[0] = signatureOf(keyOf("alice"), digest);
        signatures[1] = signatureOf(keyOf("bob"), digest);
        signatures[2] = signatures[1];
        refuse(r, signatures, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__DuplicateHolder.selector, bob));
        // That the one before was his does not make the next one his.
        signatures[2] = new bytes(65);
        refuse(r, signatures, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, bob));
    }

    function test_our_own_contracts_and_zero_cannot_sign_and_so_hold_no_shares() public {
        address[5] memory refused =
            [address(0), address(registry), address(shares), address(licenses), address(forwarder)];
        for (uint256 i = 0; i < refused.length; ++i) {
            IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, refused[i]));
            bytes[] memory signatures = signedBy("alice", "bob", r);
            bytes memory reason =
                abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, refused[i]);
            refuse(r, signatures, reason);
            // What the precompile answers nothing to is not zero's signature either.
            signatures[1] = new bytes(65);
            refuse(r, signatures, reason);
            signatures[1] = "";
            refuse(r, signatures, reason);
        }
    }

    function test_a_zero_creator_hash_or_root_is_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(address(0), OUTPUT, solely(alice));
        refuse(r, signedBy("alice", r), abi.encodePacked(IDesignRegistry.DesignRegistry__NoCreator.selector));
        r = registrationOf(alice, 0, solely(alice));
        refuse(r, signedBy("alice", r), abi.encodePacked(IDesignRegistry.DesignRegistry__EmptyHash.selector));
        r = registrationOf(alice, OUTPUT, solely(alice));
        r.recordRoot = 0;
        refuse(r, signedBy("alice", r), abi.encodePacked(IDesignRegistry.DesignRegistry__EmptyHash.selector));
    }

    function test_missing_surplus_swapped_and_foreign_signatures_are_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, bob));
        refuse(
            r,
            signedBy("alice", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongSignatureCount.selector, 2, 1)
        );
        refuse(
            r,
            signedBy("bob", "alice", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice)
        );
        refuse(
            r,
            signedBy("alice", "carol", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, bob)
        );
        r = registrationOf(alice, OUTPUT, solely(alice));
        refuse(
            r,
            signedBy("alice", "bob", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongSignatureCount.selector, 1, 2)
        );
    }

    function test_malleated_compact_long_and_zero_based_signatures_are_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes32 digest = registry.digestOf(r);
        bytes[3] memory forms = formsOf(keyOf("alice"), digest);
        (uint8 v, bytes32 x, bytes32 s) = vm.sign(keyOf("alice"), digest);
        bytes memory reason = abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = forms[1];
        refuse(r, signatures, reason);
        signatures[0] = forms[2];
        refuse(r, signatures, reason);
        signatures[0] = abi.encodePacked(x, s, v - 27);
        refuse(r, signatures, reason);
        signatures[0] = abi.encodePacked(x, s, v, uint8(0));
        refuse(r, signatures, reason);
        signatures[0] = forms[0];
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
    }

    function testFuzz_only_the_right_signature_counts(bytes32 x, bytes32 s, uint8 v) public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = abi.encodePacked(x, s, v % 2 == 0 ? v : 27 + v / 2 % 2);
        refuse(r, signatures, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
    }

    function test_any_changed_field_spoils_the_signature() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.offers = twoOffers();
        r.parents = parentsOf(registerOpen(keccak256("parent"), 10_000, true), 20_000);
        r.minimums = minimum(DOLLAR, 7);
        bytes[] memory signatures = signedBy("alice", r);
        for (uint256 field = 0; field < 13; ++field) {
            IDesignRegistry.Registration memory changed = abi.decode(abi.encode(r), (IDesignRegistry.Registration));
            if (field == 0) changed.kind = IDesignRegistry.EntryKind.Model;
            if (field == 1) changed.outputHash = keccak256("another output");
            if (field == 2) changed.recordRoot = keccak256("another record");
            if (field == 3) changed.deadline += 1;
            if (field == 4) changed.offers[1].price -= 1;
            if (field == 5) changed.offers[0].supply = 1;
            if (field == 6) changed.offers = new IDesignRegistry.FirstOffer[](0);
            if (field == 7) changed.parents = new IDesignRegistry.Parent[](0);
            if (field == 8) changed.parents[0].maxPpm += 1;
            if (field == 9) changed.standing.open = true;
            if (field == 10) changed.standing.ppm = 1;
            if (field == 11) changed.minimums[0].amount -= 1;
            if (field == 12) changed.minimums[0].currency = EURO;
            refuse(
                changed,
                signatures,
                abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice)
            );
        }
    }

    function test_custodial_bits_beyond_the_last_signer_are_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        refuse(
            r,
            signedBy("alice", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadCustodialBits.selector, 2),
            2,
            0
        );
    }

    function test_256_signers_have_a_custodial_bit_each_and_257_are_refused() public {
        IDesignRegistry.Registration memory r =
            registrationOf(alice, OUTPUT, new IDesignRegistry.ShareAllocation[](256));
        for (uint256 i = 0; i < 256; ++i) {
            r.shares[i] = IDesignRegistry.ShareAllocation(address(uint160(0x10000 + i)), 3906);
        }
        r.shares[0].units += 1_000_000 - 256 * 3906;
        refuse(
            r, new bytes[](257), abi.encodeWithSelector(IDesignRegistry.DesignRegistry__TooManySigners.selector, 257)
        );
        r.shares[255].holder = alice;
        // All bits may be set; what fails is the first signature.
        refuse(
            r,
            new bytes[](256),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice),
            type(uint256).max,
            0
        );
    }

    function test_offers_need_a_market() public {
        vm.store(address(registry), marketSlot(), 0);
        vm.assertEq(registry.market(), address(0));
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.offers = twoOffers();
        refuse(r, signedBy("alice", r), abi.encodePacked(IDesignRegistry.DesignRegistry__NoMarket.selector));
    }

    function refuse(IDesignRegistry.Registration memory r, bytes[] memory signatures, bytes memory reason) private {
        refuse(r, signatures, reason, 0, 0);
    }

    function refuse(
        IDesignRegistry.Registration memory r,
        bytes[] memory signatures,
        bytes memory reason,
        uint256 custodial,
        bytes32 salt
    ) private {
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.register(r, signatures, custodial, salt);
        uint128 id = registry.entryIdOf(r.creator, r.outputHash);
        vm.assertFalse(registry.isRegistered(id));
        vm.assertEq(shares.units(id, alice), 0);
    }

    function refuseUnits(IDesignRegistry.Registration memory r, uint256 units) private {
        refuse(
            r,
            signedBy("alice", "bob", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__SharesDoNotAddUp.selector, units)
        );
    }

    /// @dev Where a word stands in a request, counted in bytes.
    function wordOf(bytes memory request, uint256 word) private pure returns (uint256) {
        for (uint256 place = 4; place + 32 <= request.length; place += 32) {
            uint256 found;
            assembly {
                found := mload(add(add(request, 0x20), place))
            }
            if (found == word) return place;
        }
        revert("not in the request");
    }
}
