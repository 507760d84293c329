// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract SetStandingTest is RegistrySystem {
    function testFuzz_the_controller_changes_the_terms(bool open, bool binding, uint32 ppm) public {
        uint128 id = registerAlone(OUTPUT);
        checkStanding(id, false, false, 0);
        ppm = uint32(bound(ppm, 0, 500_000));
        vm.expectEmit(address(registry));
        emit IDesignRegistry.StandingChanged(id, open, binding, ppm);
        vm.prank(alice);
        registry.setStanding(id, IDesignRegistry.Standing(open, binding, ppm));
        checkStanding(id, open, binding, ppm);
    }

    function test_terms_are_told_with_the_registration_only_if_there_are_any() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.recordLogs();
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        vm.assertEq(vm.getRecordedLogs().length, 2); // the claim, and the ledger's

        r.outputHash = keccak256("open");
        r.standing = IDesignRegistry.Standing(true, true, 3);
        signatures = signedBy("alice", r);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.StandingChanged(registry.entryIdOf(alice, r.outputHash), true, true, 3);
        vm.prank(operator);
        checkStanding(registry.register(r, signatures, 0, 0), true, true, 3);

        // Terms that are not open are kept as they were signed.
        r.outputHash = keccak256("closed");
        r.standing = IDesignRegistry.Standing(false, false, 3);
        checkStanding(register("alice", r), false, false, 3);
        r.outputHash = keccak256("closed and binding");
        r.standing = IDesignRegistry.Standing(false, true, 0);
        checkStanding(register("alice", r), false, true, 0);
    }

    function test_more_than_half_is_refused() public {
        uint128 id = registerAlone(OUTPUT);
        bytes memory reason = abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadRate.selector, 500_001);
        vm.expectRevert(reason);
        vm.prank(alice);
        registry.setStanding(id, IDesignRegistry.Standing(false, false, 500_001));
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("open"), solely(alice));
        r.standing = IDesignRegistry.Standing(true, true, 500_001);
        bytes[] memory signatures = signedBy("alice", r);
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
    }

    function test_nobody_else_changes_them() public {
        uint128 id = registerAlone(OUTPUT);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, operator));
        vm.prank(operator);
        registry.setStanding(id, IDesignRegistry.Standing(true, false, 0));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        registry.setStanding(7, IDesignRegistry.Standing(true, false, 0));
    }

    function checkStanding(uint128 id, bool open, bool binding, uint32 ppm) private view {
        IDesignRegistry.Standing memory standing = registry.standingOf(id);
        vm.assertEq(standing.open, open);
        vm.assertEq(standing.binding, binding);
        vm.assertEq(uint256(standing.ppm), ppm);
    }
}
