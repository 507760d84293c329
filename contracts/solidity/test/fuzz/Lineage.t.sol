// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {NaiveLineage} from "../support/NaiveLineage.sol";
import {RegistrySystem} from "../support/RegistryDoubles.sol";

/// @dev Families of random shape: diamonds, mixed terms, parents that are grandparents too, minimums, and what must not
///  be registered. Every table, stack and floor is compared with a naive reckoning.
contract LineageFuzzTest is RegistrySystem {
    NaiveLineage private _naive;
    uint128[] private _ids;
    uint256 private _seed;
    uint256 private _tried;

    function setUp() public override {
        super.setUp();
        shares.addCurrency(address(4));
        _naive = new NaiveLineage();
    }

    function testFuzz_small_rates_deep_families(uint256 seed) public {
        grow(seed, 14, 60_000, 4, false);
    }

    function testFuzz_rates_up_to_the_limit(uint256 seed) public {
        grow(seed, 12, 500_000, 3, false);
    }

    function testFuzz_rates_of_a_few_millionths(uint256 seed) public {
        grow(seed, 12, 40, 4, false);
    }

    function testFuzz_minimums(uint256 seed) public {
        grow(seed, 12, 60_000, 3, true);
    }

    function testFuzz_many_parents(uint256 seed) public {
        grow(seed, 14, 20_000, 8, false);
    }

    function grow(uint256 seed, uint256 attempts, uint256 maxRate, uint256 maxParents, bool withMinimums) private {
        _seed = seed;
        for (uint256 i = 0; i < attempts; ++i) {
            attempt(maxRate, maxParents, withMinimums);
        }
        for (uint256 i = 0; i < _ids.length; ++i) {
            check(i);
        }
    }

    function attempt(uint256 maxRate, uint256 maxParents, bool withMinimums) private {
        uint256[4] memory minimums;
        if (withMinimums && random(3) == 0) {
            for (uint256 c = 0; c < 4; ++c) {
                // A currency that none states ends every family soon; the first is stated by all.
                if (c == 0 || random(3) != 0) minimums[c] = 1 + random(random(9) == 0 ? type(uint96).max : 1e9);
            }
        }
        IDesignRegistry.Standing memory terms =
            IDesignRegistry.Standing(random(12) != 0, random(2) == 0, uint32(random(maxRate + 1)));
        uint256[] memory parents = pick(random(maxParents + 1));
        NaiveLineage.Outcome outcome = _naive.add(terms.open, terms.binding, terms.ppm, minimums, parents);
        register(outcome, terms, minimums, parents);
        if (_ids.length != 0 && random(4) == 0) changeTerms(random(_ids.length), maxRate);
    }

    function register(
        NaiveLineage.Outcome outcome,
        IDesignRegistry.Standing memory terms,
        uint256[4] memory minimums,
        uint256[] memory parents
    ) private {
        IDesignRegistry.Registration memory r =
            registrationOf(alice, keccak256(abi.encode("node", ++_tried)), solely(alice));
        r.standing = terms;
        r.minimums = told(minimums);
        r.parents = new IDesignRegistry.Parent[](parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            r.parents[i] = IDesignRegistry.Parent(_ids[parents[i]], 0, 500_000);
        }
        bytes[] memory signatures = signedBy("alice", r);
        vm.prank(operator);
        (bool succeeded, bytes memory answer) =
            address(registry).call(abi.encodeCall(IDesignRegistry.register, (r, signatures, 0, 0)));
        vm.assertEq(succeeded, outcome == NaiveLineage.Outcome.Fine);
        if (succeeded) {
            _ids.push(abi.decode(answer, (uint128)));
            return;
        }
        bytes4 expected = outcome == NaiveLineage.Outcome.StackTooHigh
            ? IDesignRegistry.DesignRegistry__StackTooHigh.selector
            : outcome == NaiveLineage.Outcome.NoCurrency
                ? IDesignRegistry.DesignRegistry__NoCurrencyLeft.selector
                : IDesignRegistry.DesignRegistry__NotPermitted.selector;
        // A stack is found too high while the lines are added up, before a parent that does not permit at all is met.
        if (outcome == NaiveLineage.Outcome.NotPermitted && bytes4(answer) != expected) {
            expected = IDesignRegistry.DesignRegistry__StackTooHigh.selector;
        }
        vm.assertEq(bytes32(bytes4(answer)), bytes32(expected));
    }

    function changeTerms(uint256 i, uint256 maxRate) private {
        IDesignRegistry.Standing memory terms =
            IDesignRegistry.Standing(random(12) != 0, random(2) == 0, uint32(random(maxRate + 1)));
        _naive.setTerms(i, terms.open, terms.binding, terms.ppm);
        vm.prank(alice);
        registry.setStanding(_ids[i], terms);
    }

    function check(uint256 child) private view {
        IDesignRegistry.Ancestor[] memory table = registry.ancestorsOf(_ids[child]);
        uint256 found = 0;
        for (uint256 x = 0; x < _ids.length; ++x) {
            vm.assertEq(uint256(registry.partOf(_ids[child], _ids[x])), _naive.part(child, x), "part");
            if (_naive.listed(child, x)) ++found;
            for (uint256 i = 0; i < table.length; ++i) {
                if (table[i].entryId != _ids[x]) continue;
                vm.assertTrue(_naive.listed(child, x), "listed");
                vm.assertEq(uint256(table[i].ppm), _naive.part(child, x), "ppm");
                vm.assertEq(uint256(table[i].bindingPpm), _naive.bindingPart(child, x), "bindingPpm");
                vm.assertTrue(table[i].direct == _naive.isParent(child, x), "direct");
            }
        }
        vm.assertEq(table.length, found, "lines");
        NaiveLineage.Node memory n = _naive.node(child);
        (uint32 stack,) = registry.ledgerFacts(_ids[child]);
        vm.assertEq(uint256(stack), n.stack, "stack");
        address[] memory currencies = shares.currencies();
        for (uint256 c = 0; c < 4; ++c) {
            (bool allowed, uint256 floor) = registry.floorOf(_ids[child], currencies[c]);
            vm.assertEq(floor, n.floors[c], "floor");
            vm.assertTrue(allowed == (!n.floored || n.floors[c] != 0), "allowed");
        }
    }

    function told(uint256[4] memory minimums) private view returns (IDesignRegistry.Minimum[] memory list) {
        address[] memory currencies = shares.currencies();
        uint256 count = 0;
        for (uint256 c = 0; c < 4; ++c) {
            if (minimums[c] != 0) ++count;
        }
        list = new IDesignRegistry.Minimum[](count);
        for (uint256 c = 4; c != 0; --c) {
            if (minimums[c - 1] != 0) {
                list[--count] = IDesignRegistry.Minimum(currencies[c - 1], uint96(minimums[c - 1]));
            }
        }
    }

    /// @dev Different earlier entries, the later ones more often.
    function pick(uint256 wanted) private returns (uint256[] memory list) {
        if (wanted > _ids.length) wanted = _ids.length;
        list = new uint256[](wanted);
        bool[] memory taken = new bool[](_ids.length);
        for (uint256 i = 0; i < wanted; ++i) {
            uint256 one = _ids.length - 1 - random(random(2) == 0 ? _ids.length : (_ids.length + 1) / 2);
            while (taken[one]) one = (one + 1) % _ids.length;
            taken[one] = true;
            list[i] = one;
        }
    }

    function random(uint256 below) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % below;
    }
}
