// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ContractWallet} from "../../support/Accounts.sol";
import {System} from "../../support/System.sol";

contract RegisterTest is System {
    bytes32 private constant OUTPUT = keccak256("output");

    function test_a_sole_creators_entry_is_recorded_with_all_its_facts() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.kind = IDesignRegistry.EntryKind.Program;
        bytes[] memory signatures = signedBy("alice", r);
        address[] memory signers = new address[](1);
        signers[0] = alice;
        uint128 expected = uint128(uint256(keccak256(abi.encode(alice, OUTPUT))) >> 128);

        vm.expectEmit(address(registry));
        emit IDesignRegistry.EntryRegistered(
            expected, alice, OUTPUT, IDesignRegistry.EntryKind.Program, RECORD_ROOT, 1, signers, 1
        );
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 1);

        vm.assertEq(id, expected);
        (address creator, IDesignRegistry.EntryKind kind, uint32 order, uint40 moment, bytes32 root) =
            registry.entry(id);
        vm.assertEq(creator, alice);
        vm.assertEq(uint8(kind), 2);
        vm.assertEq(order, 1);
        vm.assertEq(moment, block.timestamp);
        vm.assertEq(root, RECORD_ROOT);
        vm.assertTrue(registry.isRegistered(id));
        vm.assertEq(registry.claimCount(OUTPUT), 1);
        vm.assertEq(shares.balanceOf(alice, id), 1_000_000);
    }

    function test_co_creators_sign_the_same_digest_in_order_and_get_their_units() public {
        uint128 id = registerShared(OUTPUT, 700_000);
        vm.assertEq(shares.balanceOf(alice, id), 700_000);
        vm.assertEq(shares.balanceOf(bob, id), 300_000);
        (address currency, uint128 price, uint32 supply, uint32 sold, bool open) = market.offer(id, COMMERCIAL);
        vm.assertEq(currency, address(dollar));
        vm.assertEq(price, 40e6);
        vm.assertEq(supply, 3);
        vm.assertEq(sold, 0);
        vm.assertTrue(open);
    }

    function test_a_creator_without_shares_signs_first() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(bob));
        bytes[] memory signatures = signedBy("alice", "bob", r);
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 3);
        vm.assertEq(shares.balanceOf(bob, id), 1_000_000);
        vm.assertEq(shares.balanceOf(alice, id), 0);
    }

    function test_a_contract_wallet_signs_by_erc1271_and_holds_shares() public {
        ContractWallet wallet = new ContractWallet(bob);
        IDesignRegistry.Registration memory r = registrationOf(address(wallet), OUTPUT, solely(address(wallet)));
        bytes[] memory signatures = signedBy("bob", r);
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 0);
        vm.assertEq(shares.balanceOf(address(wallet), id), 1_000_000);
    }

    function test_a_contract_wallets_wrong_signature_is_refused() public {
        ContractWallet wallet = new ContractWallet(bob);
        IDesignRegistry.Registration memory r = registrationOf(address(wallet), OUTPUT, solely(address(wallet)));
        refuse(
            r,
            signedBy("carol", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, wallet)
        );
    }

    function test_claims_of_one_output_by_several_creators_are_ordered() public {
        uint128 first = registerAlone(OUTPUT);
        IDesignRegistry.Registration memory r = registrationOf(bob, OUTPUT, solely(bob));
        bytes[] memory signatures = signedBy("bob", r);
        vm.prank(operator);
        uint128 second = registry.register(r, signatures, 0);
        (,, uint32 order,,) = registry.entry(second);
        vm.assertEq(order, 2);
        (,, order,,) = registry.entry(first);
        vm.assertEq(order, 1);
        vm.assertEq(registry.claimCount(OUTPUT), 2);
    }

    function test_the_same_creator_cannot_claim_the_same_output_twice() public {
        uint128 id = registerAlone(OUTPUT);
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, bob));
        r.recordRoot = keccak256("another record");
        bytes[] memory signatures = signedBy("alice", "bob", r);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__AlreadyRegistered.selector, id));
        vm.prank(operator);
        registry.register(r, signatures, 0);
        (,,,, bytes32 root) = registry.entry(id);
        vm.assertEq(root, RECORD_ROOT);
        vm.assertEq(registry.claimCount(OUTPUT), 1);
        vm.assertEq(shares.balanceOf(alice, id), 1_000_000);
    }

    function test_only_the_operator_relays() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        expectUnauthorized(alice);
        vm.prank(alice);
        registry.register(r, signatures, 0);
    }

    function test_at_the_deadline_it_still_counts_and_a_second_later_no_more() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.warp(r.deadline + 1);
        refuse(r, signatures, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Expired.selector, r.deadline));
        vm.warp(r.deadline);
        vm.prank(operator);
        registry.register(r, signatures, 0);
    }

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

    function test_a_holder_without_units_is_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1_000_000, bob));
        refuse(
            r,
            signedBy("alice", "bob", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NoUnits.selector, bob)
        );
    }

    function test_a_holder_named_twice_is_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(bob, 400_000, bob));
        bytes[] memory signatures = new bytes[](3);
        bytes32 digest = registry.digestOf(r);
        signatures[0] = signatureOf(keyOf("alice"), digest);
        signatures[1] = signatureOf(keyOf("bob"), digest);
        signatures[2] = signatures[1];
        refuse(r, signatures, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__DuplicateHolder.selector, bob));
        // The creator needs to sign only once, but cannot hold twice either.
        r = registrationOf(alice, OUTPUT, between(alice, 400_000, alice));
        refuse(
            r,
            signedBy("alice", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__DuplicateHolder.selector, alice)
        );
    }

    function test_our_own_contracts_and_zero_hold_no_shares() public {
        address[4] memory refused = [address(0), address(registry), address(shares), address(licenses)];
        for (uint256 i = 0; i < refused.length; ++i) {
            IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, refused[i]));
            refuse(
                r,
                signedBy("alice", "bob", r),
                abi.encodeWithSelector(IDesignRegistry.DesignRegistry__HolderNotAllowed.selector, refused[i])
            );
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

    function test_any_changed_field_spoils_the_signature() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.offers = twoOffers();
        bytes[] memory signatures = signedBy("alice", r);
        bytes memory reason = abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice);
        IDesignRegistry.Registration memory changed = copyOf(r);
        changed.kind = IDesignRegistry.EntryKind.Model;
        refuse(changed, signatures, reason);
        changed = copyOf(r);
        changed.outputHash = keccak256("another output");
        refuse(changed, signatures, reason);
        changed = copyOf(r);
        changed.recordRoot = keccak256("another record");
        refuse(changed, signatures, reason);
        changed = copyOf(r);
        changed.deadline += 1;
        refuse(changed, signatures, reason);
        changed = copyOf(r);
        changed.offers[1].price -= 1;
        refuse(changed, signatures, reason);
        changed = copyOf(r);
        changed.offers[0].supply = 1;
        refuse(changed, signatures, reason);
        changed = copyOf(r);
        changed.offers = new IDesignRegistry.FirstOffer[](0);
        refuse(changed, signatures, reason);
    }

    function test_custodial_bits_beyond_the_last_signer_are_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadCustodialBits.selector, 2));
        vm.prank(operator);
        registry.register(r, signatures, 2);
    }

    function test_more_signers_than_custodial_bits_are_refused() public {
        IDesignRegistry.Registration memory r =
            registrationOf(alice, OUTPUT, new IDesignRegistry.ShareAllocation[](256));
        for (uint256 i = 0; i < 256; ++i) {
            r.shares[i] = IDesignRegistry.ShareAllocation(address(uint160(0x10000 + i)), 3906);
        }
        r.shares[0].units += 1_000_000 - 256 * 3906;
        refuse(
            r, new bytes[](257), abi.encodeWithSelector(IDesignRegistry.DesignRegistry__TooManySigners.selector, 257)
        );
    }

    function test_a_holder_contract_that_takes_no_erc1155_stops_the_registration() public {
        // Signs by ERC-1271, but has no receiver hook.
        WalletWithoutHook wallet = new WalletWithoutHook();
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, address(wallet)));
        refuse(
            r,
            signedBy("alice", "bob", r),
            abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, wallet)
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
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.register(r, signatures, 0);
        uint128 id = registry.entryIdOf(r.creator, r.outputHash);
        vm.assertFalse(registry.isRegistered(id));
        vm.assertEq(registry.claimCount(r.outputHash), 0);
        vm.assertEq(shares.balanceOf(alice, id), 0);
    }

    function refuseUnits(IDesignRegistry.Registration memory r, uint256 units) private {
        refuse(
            r,
            signedBy("alice", "bob", r),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__SharesDoNotAddUp.selector, units)
        );
    }

    function copyOf(IDesignRegistry.Registration memory r) private pure returns (IDesignRegistry.Registration memory) {
        return abi.decode(abi.encode(r), (IDesignRegistry.Registration));
    }

    function marketSlot() private view returns (bytes32) {
        for (uint256 i = 0; i < 16; ++i) {
            if (uint256(vm.load(address(registry), bytes32(i))) == uint160(address(market))) return bytes32(i);
        }
        revert("market not found in storage");
    }
}

contract WalletWithoutHook {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}
