// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev Minimums that an entry states, and the floors that its descendants get from them.
contract FloorsTest is RegistrySystem {
    uint256 private _number;

    function test_minimums_are_kept_and_told() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        // Told in the ledger's order, whatever the order in which they were stated.
        r.minimums = new IDesignRegistry.Minimum[](2);
        r.minimums[0] = IDesignRegistry.Minimum(EURO, type(uint96).max);
        r.minimums[1] = IDesignRegistry.Minimum(NATIVE, 1);
        bytes[] memory signatures = signedBy("alice", r);
        uint128 id = registry.entryIdOf(alice, OUTPUT);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.MinimumsStated(id, r.minimums);
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        IDesignRegistry.Minimum[] memory told = registry.minimumsOf(id);
        vm.assertEq(told.length, 2);
        vm.assertEq(told[0].currency, NATIVE);
        vm.assertEq(uint256(told[0].amount), 1);
        vm.assertEq(told[1].currency, EURO);
        vm.assertEq(uint256(told[1].amount), type(uint96).max);
        // They bind descendants, not the entry.
        checkFloor(id, DOLLAR, true, 0);
        vm.assertEq(registry.minimumsOf(registerAlone(keccak256("plain"))).length, 0);
    }

    function test_a_zero_repeated_or_unknown_minimum_is_refused() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.minimums = minimum(DOLLAR, 0);
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadMinimum.selector, DOLLAR));
        r.minimums = minimum(stranger, 1);
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadMinimum.selector, stranger));
        r.minimums = new IDesignRegistry.Minimum[](2);
        r.minimums[0] = IDesignRegistry.Minimum(DOLLAR, 1);
        r.minimums[1] = IDesignRegistry.Minimum(DOLLAR, 2);
        refuse(r, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadMinimum.selector, DOLLAR));
    }

    function test_an_entry_without_such_ancestors_sells_at_any_price_in_any_currency() public {
        uint128 original = registerAlone(OUTPUT);
        uint128 parent = registerOpen(keccak256("parent"), 10, true);
        uint128 id = register("alice", child(parent, 10));
        checkFloor(original, NATIVE, true, 0);
        checkFloor(id, DOLLAR, true, 0);
    }

    function test_an_unknown_entry_sells_in_nothing() public view {
        checkFloor(77, DOLLAR, false, 0);
    }

    function test_a_floor_is_the_least_price_that_brings_the_minimum() public {
        uint128 parent = demanding(30_000, true, minimum(DOLLAR, 100));
        IDesignRegistry.Registration memory r = child(parent, 30_000);
        bytes[] memory signatures = signedBy("alice", r);
        uint128 id = registry.entryIdOf(alice, r.outputHash);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.FloorsFixed(id, minimum(DOLLAR, 3334));
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        checkFloor(id, DOLLAR, true, 3334); // 3333 brings 99
        checkFloor(id, EURO, false, 0);
        checkFloor(id, NATIVE, false, 0);
        vm.expectRevert();
        registry.floorOf(id, stranger);
    }

    function testFuzz_a_floor_brings_the_minimum_and_one_less_does_not(uint96 amount, uint32 ppm) public {
        ppm = uint32(bound(ppm, 1, 500_000));
        amount = uint96(bound(amount, 1, type(uint96).max / 1e6 * ppm));
        uint128 parent = demanding(ppm, true, minimum(DOLLAR, amount));
        (bool allowed, uint256 floor) = registry.floorOf(register("alice", child(parent, ppm)), DOLLAR);
        vm.assertTrue(allowed);
        vm.assertGe(floor * ppm / 1e6, amount, "too low");
        vm.assertLt((floor - 1) * ppm / 1e6, amount, "too high");
    }

    function test_of_several_ancestors_the_highest_floor_and_the_common_currencies_count() public {
        IDesignRegistry.Minimum[] memory both = new IDesignRegistry.Minimum[](2);
        both[0] = IDesignRegistry.Minimum(DOLLAR, 100);
        both[1] = IDesignRegistry.Minimum(EURO, 100);
        uint128 first = demanding(100_000, true, both);
        both[0] = IDesignRegistry.Minimum(NATIVE, 100);
        both[1] = IDesignRegistry.Minimum(EURO, 1000);
        IDesignRegistry.Registration memory r = child(first, 100_000);
        r.standing = IDesignRegistry.Standing(true, true, 50_000);
        r.minimums = both;
        uint128 second = register("alice", r);
        // The first one's floor holds for the second one, whose own minimum does not.
        checkFloor(second, EURO, true, 1000);
        checkFloor(second, DOLLAR, true, 1000);
        uint128 third = register("alice", child(second, 50_000));
        checkFloor(third, EURO, true, 20_000);
        checkFloor(third, DOLLAR, false, 0);
        checkFloor(third, NATIVE, false, 0);
    }

    function test_a_diluted_ancestors_floor_rises_with_its_dilution() public {
        uint128 root = demanding(100_000, false, minimum(EURO, 100));
        IDesignRegistry.Registration memory r = child(root, 100_000);
        r.standing = IDesignRegistry.Standing(true, false, 10_000);
        uint128 middle = register("alice", r);
        checkFloor(middle, EURO, true, 1000);
        checkFloor(register("alice", child(middle, 10_000)), EURO, true, 100_000);
    }

    function test_where_no_currency_is_left_nothing_is_registered() public {
        uint128 first = demanding(10_000, true, minimum(DOLLAR, 1));
        uint128 second = demanding(10_000, true, minimum(EURO, 1));
        IDesignRegistry.Registration memory r = child(first, 10_000);
        r.parents = new IDesignRegistry.Parent[](2);
        r.parents[0] = IDesignRegistry.Parent(first, 0, 10_000);
        r.parents[1] = IDesignRegistry.Parent(second, 0, 10_000);
        refuse(r, abi.encodePacked(IDesignRegistry.DesignRegistry__NoCurrencyLeft.selector));
    }

    function test_a_floor_that_no_price_can_reach_closes_its_currency() public {
        IDesignRegistry.Minimum[] memory both = new IDesignRegistry.Minimum[](2);
        both[0] = IDesignRegistry.Minimum(DOLLAR, type(uint96).max);
        both[1] = IDesignRegistry.Minimum(EURO, type(uint96).max / 1e6);
        uint128 parent = demanding(1, true, both);
        uint128 id = register("alice", child(parent, 1));
        checkFloor(id, DOLLAR, false, 0);
        checkFloor(id, EURO, true, uint256(type(uint96).max / 1e6) * 1e6);
        parent = demanding(1, true, minimum(DOLLAR, type(uint96).max));
        refuse(child(parent, 1), abi.encodePacked(IDesignRegistry.DesignRegistry__NoCurrencyLeft.selector));
    }

    function test_an_ancestor_with_minimums_and_no_part_permits_no_child() public {
        uint128 parent = demanding(0, true, minimum(DOLLAR, 1));
        refuse(
            child(parent, 0), abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotPermitted.selector, parent, 0)
        );
        // Nor can its minimum be shaken off by dilution to nothing.
        uint128 root = demanding(999, false, minimum(DOLLAR, 1));
        IDesignRegistry.Registration memory r = child(root, 999);
        r.standing = IDesignRegistry.Standing(true, true, 1000);
        uint128 middle = register("alice", r);
        refuse(
            child(middle, 1000), abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotPermitted.selector, root, 0)
        );
        // Unless another way brings it its part.
        r = child(middle, 1000);
        r.parents = new IDesignRegistry.Parent[](2);
        r.parents[0] = IDesignRegistry.Parent(middle, 0, 1000);
        r.parents[1] = IDesignRegistry.Parent(root, 0, 999);
        checkFloor(register("alice", r), DOLLAR, true, 1002);
    }

    function demanding(uint32 ppm, bool binding, IDesignRegistry.Minimum[] memory minimums) private returns (uint128) {
        IDesignRegistry.Registration memory r =
            registrationOf(alice, keccak256(abi.encode("demanding", ++_number)), solely(alice));
        r.standing = IDesignRegistry.Standing(true, binding, ppm);
        r.minimums = minimums;
        return register("alice", r);
    }

    function child(uint128 parentId, uint32 maxPpm) private returns (IDesignRegistry.Registration memory r) {
        r = registrationOf(alice, keccak256(abi.encode("child", ++_number)), solely(alice));
        r.parents = parentsOf(parentId, maxPpm);
    }

    function checkFloor(uint128 id, address currency, bool allowed, uint256 floor) private view {
        (bool isAllowed, uint256 found) = registry.floorOf(id, currency);
        vm.assertEq(isAllowed, allowed);
        vm.assertEq(found, floor);
    }
}
