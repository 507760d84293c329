// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev Registration with parents: what a child owes whom. See also test/fuzz/Lineage.t.sol.
contract DeriveTest is RegistrySystem {
    uint256 private _number;

    function test_a_child_owes_its_parent_what_the_standing_terms_ask() public {
        uint128 parent = registerOpen(keccak256("parent"), 50_000, true);
        IDesignRegistry.Registration memory r = child(parent, 50_000);
        uint128 id = registry.entryIdOf(alice, r.outputHash);
        IDesignRegistry.Ancestor[] memory table = new IDesignRegistry.Ancestor[](1);
        table[0] = IDesignRegistry.Ancestor(parent, 50_000, 50_000, true);
        bytes[] memory signatures = signedBy("alice", r);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.ParentLinked(id, parent, 0, 50_000, true);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.AncestorsFixed(id, table);
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        checkTable(id, table);
        (uint32 stack,) = registry.ledgerFacts(id);
        vm.assertEq(uint256(stack), 50_000);
        vm.assertEq(uint256(registry.partOf(id, parent)), 50_000);
        vm.assertEq(uint256(registry.partOf(id, id)), 0);
        vm.assertEq(uint256(registry.partOf(parent, id)), 0);
    }

    function test_binding_terms_add_to_the_stack_of_a_grandchild() public {
        (uint128 root, uint128 middle, uint128 leaf) = chain(100_000, true, 40_000, true);
        IDesignRegistry.Ancestor[] memory table = new IDesignRegistry.Ancestor[](2);
        table[0] = IDesignRegistry.Ancestor(middle, 40_000, 40_000, true);
        table[1] = IDesignRegistry.Ancestor(root, 100_000, 100_000, false);
        checkTable(leaf, table);
        (uint32 stack,) = registry.ledgerFacts(leaf);
        vm.assertEq(uint256(stack), 140_000);
    }

    function test_diluting_terms_take_the_grandparents_part_out_of_the_parents() public {
        (uint128 root, uint128 middle, uint128 leaf) = chain(100_000, false, 40_000, false);
        IDesignRegistry.Ancestor[] memory table = new IDesignRegistry.Ancestor[](2);
        table[0] = IDesignRegistry.Ancestor(middle, 36_000, 0, true);
        table[1] = IDesignRegistry.Ancestor(root, 4000, 0, false);
        checkTable(leaf, table);
        (uint32 stack,) = registry.ledgerFacts(leaf);
        vm.assertEq(uint256(stack), 40_000);
    }

    function test_what_is_diluted_out_of_a_binding_parent_binds_nobody() public {
        (uint128 root, uint128 middle, uint128 leaf) = chain(100_000, false, 40_000, true);
        IDesignRegistry.Ancestor[] memory table = new IDesignRegistry.Ancestor[](2);
        table[0] = IDesignRegistry.Ancestor(middle, 36_000, 36_000, true);
        table[1] = IDesignRegistry.Ancestor(root, 4000, 0, false);
        checkTable(leaf, table);
    }

    function test_a_diluted_part_below_one_millionth_is_the_parents() public {
        (, uint128 middle, uint128 leaf) = chain(999, false, 1000, false);
        IDesignRegistry.Ancestor[] memory table = new IDesignRegistry.Ancestor[](1);
        table[0] = IDesignRegistry.Ancestor(middle, 1000, 0, true);
        checkTable(leaf, table);
    }

    function test_the_two_ways_of_a_diamond_are_added_up() public {
        uint128 root = registerOpen(keccak256("root"), 100_000, true);
        uint128 left = register(child(root, 100_000), 30_000, true);
        uint128 right = register(child(root, 100_000), 20_000, false);
        IDesignRegistry.Registration memory r = child(left, 30_000);
        r.parents = new IDesignRegistry.Parent[](2);
        r.parents[0] = IDesignRegistry.Parent(left, 0, 30_000);
        r.parents[1] = IDesignRegistry.Parent(right, 0, 20_000);
        uint128 leaf = register("alice", r);
        IDesignRegistry.Ancestor[] memory table = new IDesignRegistry.Ancestor[](3);
        table[0] = IDesignRegistry.Ancestor(left, 30_000, 30_000, true);
        table[1] = IDesignRegistry.Ancestor(root, 200_000, 200_000, false);
        table[2] = IDesignRegistry.Ancestor(right, 20_000, 0, true);
        checkTable(leaf, table);
        (uint32 stack,) = registry.ledgerFacts(leaf);
        vm.assertEq(uint256(stack), 250_000);
    }

    function test_a_grandparent_can_also_be_a_parent_in_either_order() public {
        uint128 root = registerOpen(keccak256("root"), 100_000, false);
        uint128 middle = register(child(root, 100_000), 50_000, false);
        for (uint256 order = 0; order < 2; ++order) {
            IDesignRegistry.Registration memory r = child(root, 0);
            r.parents = new IDesignRegistry.Parent[](2);
            r.parents[order] = IDesignRegistry.Parent(root, 0, 100_000);
            r.parents[1 - order] = IDesignRegistry.Parent(middle, 0, 50_000);
            uint128 leaf = register("alice", r);
            IDesignRegistry.Ancestor[] memory table = new IDesignRegistry.Ancestor[](2);
            table[order] = IDesignRegistry.Ancestor(root, 105_000, 0, true);
            table[1 - order] = IDesignRegistry.Ancestor(middle, 45_000, 0, true);
            checkTable(leaf, table);
        }
    }

    function test_a_parent_that_asks_nothing_stands_in_the_table_and_not_in_its_grandchildrens() public {
        uint128 free = registerOpen(keccak256("free"), 0, true);
        uint128 middle = register(child(free, 0), 10, true);
        vm.assertEq(registry.ancestorsOf(middle).length, 1);
        vm.assertTrue(registry.ancestorsOf(middle)[0].direct);
        vm.assertEq(uint256(registry.partOf(middle, free)), 0);
        uint128 leaf = register("alice", child(middle, 10));
        IDesignRegistry.Ancestor[] memory table = registry.ancestorsOf(leaf);
        vm.assertEq(table.length, 1);
        vm.assertEq(uint256(table[0].entryId), middle);
    }

    function test_later_terms_of_a_parent_change_nothing_for_its_children() public {
        uint128 parent = registerOpen(keccak256("parent"), 50_000, true);
        uint128 first = register("alice", child(parent, 50_000));
        vm.prank(alice);
        registry.setStanding(parent, IDesignRegistry.Standing(true, false, 7));
        uint128 second = register("alice", child(parent, 50_000));
        vm.assertEq(uint256(registry.partOf(first, parent)), 50_000);
        vm.assertEq(uint256(registry.ancestorsOf(first)[0].bindingPpm), 50_000);
        vm.assertEq(uint256(registry.partOf(second, parent)), 7);
        vm.assertEq(uint256(registry.ancestorsOf(second)[0].bindingPpm), 0);
    }

    // ------------------------------------------------------------------ licenses

    function test_a_license_permits_what_standing_terms_do_not() public {
        uint128 parent = registerAlone(keccak256("parent"));
        uint256 license = (uint256(parent) << 128) | 5;
        IDesignRegistry.Registration memory r = child(parent, 60_000);
        r.parents[0].licenseId = license;
        bytes memory refused =
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotPermitted.selector, parent, license);
        refuse(r, refused);
        licenses.grant(license, bob, 60_000, true);
        refuse(r, refused); // the creator must hold it
        licenses.grant(license, alice, 60_000, false);
        bytes[] memory signatures = signedBy("alice", r);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.ParentLinked(registry.entryIdOf(alice, r.outputHash), parent, license, 60_000, false);
        vm.prank(operator);
        uint128 id = registry.register(r, signatures, 0, 0);
        vm.assertEq(uint256(registry.partOf(id, parent)), 60_000);
        vm.assertEq(uint256(registry.ancestorsOf(id)[0].bindingPpm), 0);
    }

    function test_a_license_of_another_entry_permits_nothing() public {
        uint128 parent = registerAlone(keccak256("parent"));
        uint128 other = registerAlone(keccak256("other"));
        uint256 license = (uint256(other) << 128) | 5;
        licenses.grant(license, alice, 0, false);
        IDesignRegistry.Registration memory r = child(parent, 0);
        r.parents[0].licenseId = license;
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotPermitted.selector, parent, license));
    }

    function test_a_license_counts_in_place_of_standing_terms() public {
        uint128 parent = registerOpen(keccak256("parent"), 50_000, true);
        uint256 license = uint256(parent) << 128;
        licenses.grant(license, alice, 1000, false);
        IDesignRegistry.Registration memory r = child(parent, 1000);
        refuse(
            r,
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__RoyaltyAboveMaximum.selector, parent, 50_000, 1000)
        );
        r.parents[0].licenseId = license;
        vm.assertEq(uint256(registry.partOf(register("alice", r), parent)), 1000);
    }

    // ------------------------------------------------------------------ what is refused

    function test_without_open_terms_nobody_derives_not_even_the_creator() public {
        uint128 parent = registerAlone(keccak256("parent"));
        refuse(
            child(parent, 500_000),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotPermitted.selector, parent, 0)
        );
        vm.prank(alice);
        registry.setStanding(parent, IDesignRegistry.Standing(false, true, 10));
        refuse(
            child(parent, 500_000),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotPermitted.selector, parent, 0)
        );
    }

    function test_a_parent_that_asks_more_than_the_signers_grant_is_refused() public {
        uint128 parent = registerOpen(keccak256("parent"), 50_000, true);
        IDesignRegistry.Registration memory r = child(parent, 50_000);
        vm.prank(alice);
        registry.setStanding(parent, IDesignRegistry.Standing(true, true, 50_001));
        refuse(
            r,
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__RoyaltyAboveMaximum.selector, parent, 50_001, 50_000)
        );
    }

    function test_an_unknown_parent_and_oneself_are_refused() public {
        refuse(child(77, 0), abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 77));
        IDesignRegistry.Registration memory r = child(0, 0);
        uint128 self = registry.entryIdOf(alice, r.outputHash);
        r.parents[0].entryId = self;
        r.standing = IDesignRegistry.Standing(true, false, 0);
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, self));
    }

    function test_the_same_parent_twice_is_refused() public {
        uint128 parent = registerOpen(keccak256("parent"), 0, false);
        IDesignRegistry.Registration memory r = child(parent, 0);
        r.parents = new IDesignRegistry.Parent[](2);
        r.parents[0] = IDesignRegistry.Parent(parent, 0, 0);
        r.parents[1] = IDesignRegistry.Parent(parent, uint256(parent) << 128, 0);
        licenses.grant(uint256(parent) << 128, alice, 0, false);
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__DuplicateParent.selector, parent));
    }

    function test_contested_parents_are_available_suspended_and_withdrawn_ones_are_not() public {
        uint128 parent = registerOpen(keccak256("parent"), 0, false);
        vm.prank(moderator);
        registry.setStatus(parent, IDesignRegistry.Status.Contested, 0);
        register("alice", child(parent, 0));
        vm.prank(moderator);
        registry.setStatus(parent, IDesignRegistry.Status.Suspended, 0);
        refuseStatus(parent, IDesignRegistry.Status.Suspended);
        vm.prank(moderator);
        registry.setStatus(parent, IDesignRegistry.Status.Active, 0);
        vm.prank(alice);
        registry.setWithdrawn(parent, true);
        refuseStatus(parent, IDesignRegistry.Status.Withdrawn);
    }

    function test_eight_parents_are_allowed_and_nine_are_refused() public {
        IDesignRegistry.Registration memory r = child(0, 0);
        r.parents = new IDesignRegistry.Parent[](9);
        for (uint256 i = 0; i < 9; ++i) {
            r.parents[i].entryId = registerOpen(keccak256(abi.encode("parent", i)), 0, false);
        }
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__TooManyParents.selector, 9));
        IDesignRegistry.Parent[] memory eight = new IDesignRegistry.Parent[](8);
        for (uint256 i = 0; i < 8; ++i) {
            eight[i] = r.parents[i];
        }
        r.parents = eight;
        vm.assertEq(registry.ancestorsOf(register("alice", r)).length, 8);
    }

    function test_the_stack_is_at_most_half() public {
        uint128 root = registerOpen(keccak256("root"), 400_000, true);
        uint128 middle = register(child(root, 400_000), 100_000, true);
        uint128 leaf = register(child(middle, 100_000), 0, true);
        (uint32 stack,) = registry.ledgerFacts(leaf);
        vm.assertEq(uint256(stack), 500_000);
        vm.prank(alice);
        registry.setStanding(middle, IDesignRegistry.Standing(true, true, 100_001));
        refuse(
            child(middle, 100_001),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__StackTooHigh.selector, 500_001)
        );
        // Also what a license asks, which is not checked here, cannot go beyond.
        licenses.grant(uint256(middle) << 128, alice, type(uint32).max, true);
        IDesignRegistry.Registration memory r = child(middle, type(uint32).max);
        r.parents[0].licenseId = uint256(middle) << 128;
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__StackTooHigh.selector, type(uint32).max));
    }

    function test_64_ancestors_are_allowed_and_65_are_refused() public {
        // Eight parents with seven parents each, and then one parent of them all.
        IDesignRegistry.Registration memory r = child(0, 0);
        r.parents = new IDesignRegistry.Parent[](8);
        for (uint256 i = 0; i < 8; ++i) {
            IDesignRegistry.Registration memory q = child(0, 0);
            q.parents = new IDesignRegistry.Parent[](7);
            for (uint256 j = 0; j < 7; ++j) {
                q.parents[j].entryId = registerOpen(keccak256(abi.encode("grandparent", i, j)), 100, true);
                q.parents[j].maxPpm = 100;
            }
            r.parents[i] = IDesignRegistry.Parent(register(q, 100, true), 0, 100);
        }
        uint128 id = register(r, 0, true);
        IDesignRegistry.Ancestor[] memory table = registry.ancestorsOf(id);
        vm.assertEq(table.length, 64);
        for (uint256 i = 0; i < 64; ++i) {
            vm.assertEq(uint256(table[i].ppm), 100);
            vm.assertEq(uint256(table[i].bindingPpm), 100);
            vm.assertEq(table[i].direct, i % 8 == 0);
            vm.assertEq(uint256(registry.partOf(id, table[i].entryId)), 100);
        }
        vm.assertEq(uint256(registry.partOf(id, id)), 0);
        refuse(child(id, 0), abi.encodeWithSelector(IDesignRegistry.DesignRegistry__TooManyAncestors.selector, 65));
    }

    /// @dev The table is data in code: nobody can run it, and it outlives everything.
    function test_a_long_tables_contract_does_nothing_when_called() public {
        (,, uint128 leaf) = chain(100_000, true, 40_000, true);
        address store = vm.computeCreateAddress(address(registry), vm.getNonce(address(registry)) - 1);
        vm.assertEq(store.code.length, 1 + 2 * 22);
        vm.assertEq(uint256(uint8(store.code[0])), 0);
        (bool succeeded, bytes memory answer) = store.call(abi.encode(leaf));
        vm.assertTrue(succeeded);
        vm.assertEq(answer, "");
    }

    // ------------------------------------------------------------------ helpers

    function child(uint128 parentId, uint32 maxPpm) private returns (IDesignRegistry.Registration memory r) {
        r = registrationOf(alice, keccak256(abi.encode("child", ++_number)), solely(alice));
        r.parents = parentsOf(parentId, maxPpm);
    }

    function register(IDesignRegistry.Registration memory r, uint32 ppm, bool binding) private returns (uint128) {
        r.standing = IDesignRegistry.Standing(true, binding, ppm);
        return register("alice", r);
    }

    function chain(uint32 rootPpm, bool rootBinds, uint32 middlePpm, bool middleBinds)
        private
        returns (uint128 root, uint128 middle, uint128 leaf)
    {
        root = registerOpen(keccak256("root"), rootPpm, rootBinds);
        middle = register(child(root, rootPpm), middlePpm, middleBinds);
        leaf = register("alice", child(middle, middlePpm));
    }

    function checkTable(uint128 id, IDesignRegistry.Ancestor[] memory expected) private view {
        vm.assertEq(abi.encode(registry.ancestorsOf(id)), abi.encode(expected));
    }

    function refuseStatus(uint128 parent, IDesignRegistry.Status status) private {
        refuse(
            child(parent, 0),
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__ParentNotAvailable.selector, parent, status)
        );
    }
}
