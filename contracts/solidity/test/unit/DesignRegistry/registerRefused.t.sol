// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract RegisterRefusedTest is RegistrySystem {
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
        refuse(r, abi.encodePacked(IDesignRegistry.DesignRegistry__NoCreator.selector));
        r = registrationOf(alice, 0, solely(alice));
        refuse(r, abi.encodePacked(IDesignRegistry.DesignRegistry__EmptyHash.selector));
        r = registrationOf(alice, OUTPUT, solely(alice));
        r.recordRoot = 0;
        refuse(r, abi.encodePacked(IDesignRegistry.DesignRegistry__EmptyHash.selector));
    }

    function test_missing_surplus_swapped_and_foreign_signatures_are_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, bob));
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongSignatureCount.selector, 2, 1));
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
        refuse(r, abi.encodePacked(IDesignRegistry.DesignRegistry__NoMarket.selector));
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
