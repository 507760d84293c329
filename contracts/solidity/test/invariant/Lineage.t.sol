// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {Campaign} from "../support/Campaign.sol";
import {NaiveLineage} from "../support/NaiveLineage.sol";
import {SharesDouble} from "../support/RegistryDoubles.sol";
import {LineageHandler} from "./handlers/LineageHandler.sol";

/// @dev Numbers are those of the invariants in docs/contracts/invariants.md.
contract LineageInvariants is Campaign {
    LineageHandler private _handler;
    DesignRegistry private _registry;
    SharesDouble private _shares;
    NaiveLineage private _naive;

    function setUp() public override {
        _handler = new LineageHandler();
        _handler.setUp();
        campaignOf(address(_handler));
        action(LineageHandler.actRegister.selector, 3);
        action(LineageHandler.actReveal.selector, 2);
        action(LineageHandler.actCommit.selector, 1);
        action(LineageHandler.actSteal.selector, 1);
        action(LineageHandler.actCancel.selector, 1);
        action(LineageHandler.actSetStanding.selector, 1);
        action(LineageHandler.actAddVersion.selector, 1);
        action(LineageHandler.actFreeze.selector, 1);
        action(LineageHandler.actTransferControl.selector, 1);
        action(LineageHandler.actSetStatus.selector, 1);
        action(LineageHandler.actSetWithdrawn.selector, 1);
        action(LineageHandler.actWait.selector, 2);
        (_registry, _shares) = _handler.deployed();
        _naive = _handler.naive();
    }

    /// @dev What the last action touched after each call, everything at the end.
    function invariant_records_stand_and_families_hold() public view {
        checkRecord(_handler.touched());
        checkFamily(_handler.touched());
    }

    function afterInvariant() public view override {
        for (uint256 i = 0; i < _handler.count(); ++i) {
            checkRecord(i);
            checkFamily(i);
        }
        for (uint256 output = 0; output < 7; ++output) {
            checkOrder(output);
        }
    }

    function test_every_action_succeeds_now_and_then() public {
        live(10);
        hasHappened("registered");
        hasHappened("revealed");
        hasHappened("revealed too early");
        hasHappened("derived");
        hasHappened("claim refused");
        hasHappened("canceled");
        hasHappened("version added");
        hasHappened("frozen");
        hasHappened("control transferred");
        hasHappened("status set");
        hasHappened("status refused");
        hasHappened("withdrawn or back");
    }

    function checkRecord(uint256 i) private view {
        LineageHandler.Record memory one = _handler.record(i);
        IDesignRegistry.Entry memory e = _registry.entry(one.id);
        vm.assertEq(e.creator, one.creator);
        vm.assertEq(uint8(e.kind), uint8(one.kind));
        vm.assertEq(uint256(e.claimedAt), one.claimedAt, "15: a claim's time changed");
        vm.assertEq(e.recordRoot, one.roots[0], "15: a record was written again");
        vm.assertEq(uint256(_registry.entryIdOf(e.creator, one.outputHash)), one.id);
        vm.assertEq(uint256(e.versions), one.roots.length);
        for (uint256 v = 0; v < one.roots.length; ++v) {
            vm.assertEq(_registry.recordRootOf(one.id, uint32(v + 1)), one.roots[v], "15: a version was written again");
        }
        vm.assertEq(e.frozen, one.frozen);
        vm.assertEq(_registry.controllerOf(one.id), one.controller);
        vm.assertEq(uint8(e.status), uint8(_handler.statusOf(i)));
        vm.assertEq(uint8(_shares.statusOf(one.id)), uint8(e.status), "the ledger has another status");
        vm.assertEq(_shares.units(one.id, one.creator), 1_000_000);
    }

    function checkFamily(uint256 i) private view {
        uint128 id = _handler.record(i).id;
        IDesignRegistry.Ancestor[] memory table = _registry.ancestorsOf(id);
        vm.assertEq(keccak256(abi.encode(table)), _handler.record(i).table, "8: an ancestors' table changed");
        vm.assertLe(table.length, 64, "8: too many ancestors");
        (uint32 stack,) = _registry.ledgerFacts(id);
        vm.assertLe(stack, 500_000, "8: the stack is too high");
        uint256 sum = 0;
        uint256 parents = 0;
        for (uint256 k = 0; k < table.length; ++k) {
            uint256 x = _handler.indexOf(table[k].entryId);
            vm.assertEq(uint256(_handler.record(x).id), table[k].entryId, "8: an ancestor that is no entry");
            vm.assertLt(x, i, "8: an ancestor is not earlier than its descendant");
            vm.assertLe(table[k].bindingPpm, table[k].ppm, "8: more binds than is owed");
            vm.assertEq(uint256(table[k].ppm), _naive.part(i, x), "8: not what the parents demand");
            vm.assertEq(uint256(table[k].bindingPpm), _naive.bindingPart(i, x), "8: not what binds");
            vm.assertEq(uint256(_registry.partOf(id, table[k].entryId)), table[k].ppm);
            sum += table[k].ppm;
            if (table[k].direct) ++parents;
        }
        vm.assertEq(sum, stack, "8: the stack is not the sum of its parts");
        checkDemands(i, id, stack, parents);
    }

    /// @dev What each parent demanded is covered: by its own part and what its ancestors get out of it; and all that
    ///  binds comes on top.
    function checkDemands(uint256 i, uint128 id, uint256 stack, uint256 parents) private view {
        NaiveLineage.Node memory n = _naive.node(i);
        vm.assertEq(n.parents.length, parents, "8: parents were lost");
        uint256 demanded = 0;
        for (uint256 k = 0; k < n.parents.length; ++k) {
            uint128 parentId = _handler.record(n.parents[k]).id;
            uint256 covered = _registry.partOf(id, parentId);
            demanded += n.demands[k];
            IDesignRegistry.Ancestor[] memory above = _registry.ancestorsOf(parentId);
            for (uint256 a = 0; a < above.length; ++a) {
                uint256 part = _registry.partOf(id, above[a].entryId);
                vm.assertGe(part, above[a].bindingPpm, "8: what binds was lost");
                covered += (above[a].ppm - above[a].bindingPpm) * n.demands[k] / 1_000_000;
                demanded += above[a].bindingPpm;
            }
            vm.assertGe(covered, n.demands[k], "8: a parent's demand is not covered");
        }
        vm.assertEq(stack, demanded, "8: the stack is not what was demanded");
    }

    /// @dev Sorted by the registry's times, with the place on the chain where they are equal, the claims of one output
    ///  stand as they were ranked when each of them was made.
    function checkOrder(uint256 output) private view {
        uint256[] memory list = _handler.ranked(output);
        for (uint256 k = 1; k < list.length; ++k) {
            uint256 before = _registry.entry(_handler.record(list[k - 1]).id).claimedAt;
            uint256 later = _registry.entry(_handler.record(list[k]).id).claimedAt;
            vm.assertLe(before, later, "15: claims changed their order");
            if (before == later) vm.assertLt(list[k - 1], list[k], "15: claims of one time changed their order");
        }
    }
}
