// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ContractWallet} from "../../support/Accounts.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract AddVersionTest is RegistrySystem {
    bytes32 private constant NEXT = keccak256("next output");
    bytes32 private constant ROOT = keccak256("next root");
    uint64 private constant DEADLINE = 1_800_000_500;
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _id = registerAlone(OUTPUT);
    }

    function test_the_controller_adds_versions_in_order() public {
        vm.startPrank(alice);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.VersionAdded(_id, NEXT, 2, ROOT);
        registry.addVersion(_id, 2, NEXT, ROOT, DEADLINE, "");
        registry.addVersion(_id, 3, OUTPUT, RECORD_ROOT, DEADLINE, "");
        vm.stopPrank();
        vm.assertEq(uint256(registry.entry(_id).versions), 3);
        vm.assertEq(registry.entry(_id).recordRoot, RECORD_ROOT);
        vm.assertEq(registry.recordRootOf(_id, 1), RECORD_ROOT);
        vm.assertEq(registry.recordRootOf(_id, 2), ROOT);
        vm.assertEq(registry.recordRootOf(_id, 3), RECORD_ROOT);
        vm.assertEq(uint256(market.versionOf(_id)), 3);
        vm.assertEq(registry.entry(_id).creator, alice);
        vm.assertEq(uint256(registry.entry(_id).claimedAt), block.timestamp);
    }

    function test_anyone_relays_what_the_controller_signed_once() public {
        bytes memory signature = signed("alice", 2, NEXT, ROOT, DEADLINE);
        vm.prank(stranger);
        registry.addVersion(_id, 2, NEXT, ROOT, DEADLINE, signature);
        vm.assertEq(registry.recordRootOf(_id, 2), ROOT);
        refuse(2, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongVersion.selector, 3, 2), signature);
    }

    function test_a_contract_wallet_that_controls_signs_by_erc1271() public {
        ContractWallet wallet = new ContractWallet(bob);
        vm.prank(alice);
        registry.transferControl(_id, address(wallet));
        refuse(
            2,
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, wallet),
            signed("alice", 2, NEXT, ROOT, DEADLINE)
        );
        registry.addVersion(_id, 2, NEXT, ROOT, DEADLINE, signed("bob", 2, NEXT, ROOT, DEADLINE));
    }

    function test_nobody_else_adds_and_nothing_else_counts_as_signed() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, stranger));
        vm.prank(stranger);
        registry.addVersion(_id, 2, NEXT, ROOT, DEADLINE, "");
        bytes memory reason = abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice);
        refuse(2, reason, signed("bob", 2, NEXT, ROOT, DEADLINE));
        refuse(2, reason, signed("alice", 3, NEXT, ROOT, DEADLINE));
        refuse(2, reason, signed("alice", 2, OUTPUT, ROOT, DEADLINE));
        refuse(2, reason, signed("alice", 2, NEXT, RECORD_ROOT, DEADLINE));
        refuse(2, reason, signed("alice", 2, NEXT, ROOT, DEADLINE + 1));
    }

    function test_a_number_out_of_order_is_refused() public {
        vm.startPrank(alice);
        uint32[4] memory wrong = [0, 1, 3, type(uint32).max];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongVersion.selector, 2, wrong[i]));
            registry.addVersion(_id, wrong[i], NEXT, ROOT, DEADLINE, "");
        }
    }

    function test_zero_hashes_and_unknown_entries_are_refused() public {
        vm.startPrank(alice);
        expectError(IDesignRegistry.DesignRegistry__EmptyHash.selector);
        registry.addVersion(_id, 2, 0, ROOT, DEADLINE, "");
        expectError(IDesignRegistry.DesignRegistry__EmptyHash.selector);
        registry.addVersion(_id, 2, NEXT, 0, DEADLINE, "");
        bytes memory unknown = abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7);
        vm.expectRevert(unknown);
        registry.addVersion(7, 2, NEXT, ROOT, DEADLINE, "");
        vm.expectRevert(unknown);
        registry.addVersion(7, 2, NEXT, ROOT, DEADLINE, new bytes(65));
    }

    function test_after_the_deadline_nothing_is_added() public {
        bytes memory signature = signed("alice", 2, NEXT, ROOT, DEADLINE);
        vm.warp(DEADLINE + 1);
        refuse(2, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Expired.selector, DEADLINE), signature);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Expired.selector, DEADLINE));
        vm.prank(alice);
        registry.addVersion(_id, 2, NEXT, ROOT, DEADLINE, "");
        vm.warp(DEADLINE);
        registry.addVersion(_id, 2, NEXT, ROOT, DEADLINE, signature);
    }

    function test_without_a_market_nobody_is_told() public {
        vm.store(address(registry), marketSlot(), 0);
        vm.prank(alice);
        registry.addVersion(_id, 2, NEXT, ROOT, DEADLINE, "");
        vm.assertEq(uint256(market.versionOf(_id)), 0);
        vm.assertEq(uint256(registry.entry(_id).versions), 2);
    }

    /// @dev freeze.
    function test_a_frozen_entry_gets_no_further_version() public {
        bytes memory signature = signed("alice", 2, NEXT, ROOT, DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, stranger));
        vm.prank(stranger);
        registry.freeze(_id);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.EntryFrozen(_id);
        vm.prank(alice);
        registry.freeze(_id);
        vm.assertTrue(registry.entry(_id).frozen);
        bytes memory reason = abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Frozen.selector, _id);
        refuse(2, reason, signature);
        vm.expectRevert(reason);
        vm.prank(alice);
        registry.freeze(_id);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        registry.freeze(7);
    }

    function refuse(uint32 number, bytes memory reason, bytes memory signature) private {
        vm.expectRevert(reason);
        vm.prank(stranger);
        registry.addVersion(_id, number, NEXT, ROOT, DEADLINE, signature);
    }

    function signed(string memory by, uint32 number, bytes32 outputHash, bytes32 root, uint64 deadline)
        private
        view
        returns (bytes memory)
    {
        return signatureOf(keyOf(by), registry.versionDigestOf(_id, number, outputHash, root, deadline));
    }
}
