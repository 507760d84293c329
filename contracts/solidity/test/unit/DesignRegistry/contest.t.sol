// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev contest and resolveContest.
contract ContestTest is RegistrySystem {
    bytes32 private constant STATEMENT = keccak256("statement");
    uint128 private _first;
    uint128 private _second;

    function setUp() public override {
        super.setUp();
        _first = registerAlone(OUTPUT);
        IDesignRegistry.Registration memory r = registrationOf(bob, OUTPUT, solely(bob));
        _second = register("bob", r);
    }

    function test_either_claims_controller_disputes_the_other() public {
        vm.expectEmit(address(registry));
        emit IDesignRegistry.ClaimContested(_first, _second, OUTPUT, STATEMENT);
        vm.prank(bob);
        registry.contest(_first, _second, OUTPUT, STATEMENT);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.ClaimContested(_second, _first, OUTPUT, STATEMENT);
        vm.prank(alice);
        registry.contest(_second, _first, OUTPUT, STATEMENT);
        // Only a moderator's decision is a status.
        vm.assertEq(uint8(registry.entry(_first).status), 0);
    }

    function test_only_the_controller_of_the_other_claim_disputes() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, alice));
        vm.prank(alice);
        registry.contest(_first, _second, OUTPUT, STATEMENT);
        vm.prank(bob);
        registry.transferControl(_second, carol);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, bob));
        vm.prank(bob);
        registry.contest(_first, _second, OUTPUT, STATEMENT);
        vm.prank(carol);
        registry.contest(_first, _second, OUTPUT, STATEMENT);
    }

    function test_two_claims_of_one_output_are_needed() public {
        vm.startPrank(bob);
        refuse(_first, _second, keccak256("another"));
        refuse(_second, _second, OUTPUT);
        vm.stopPrank();
        uint128 other = registerAlone(keccak256("another"));
        vm.startPrank(bob);
        refuse(other, _second, OUTPUT);
        refuse(other, _second, keccak256("another"));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        registry.contest(7, _second, OUTPUT, STATEMENT);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        registry.contest(_first, 7, OUTPUT, STATEMENT);
        vm.stopPrank();
    }

    function test_the_moderator_decides() public {
        vm.expectEmit(address(registry));
        emit IDesignRegistry.ContestResolved(_second, _first, STATEMENT);
        vm.prank(moderator);
        registry.resolveContest(_second, _first, OUTPUT, STATEMENT);
        // What follows for each is a status of its own.
        vm.assertEq(uint8(registry.entry(_first).status), 0);
        vm.assertEq(uint8(registry.entry(_second).status), 0);
    }

    function test_nobody_else_decides_and_only_between_claims_of_one_output() public {
        expectUnauthorized(operator);
        vm.prank(operator);
        registry.resolveContest(_second, _first, OUTPUT, STATEMENT);
        bytes memory reason =
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotTheSameOutput.selector, _second, _first);
        vm.expectRevert(reason);
        vm.prank(moderator);
        registry.resolveContest(_second, _first, keccak256("another"), STATEMENT);
    }

    function refuse(uint128 entryId, uint128 byEntryId, bytes32 outputHash) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotTheSameOutput.selector, entryId, byEntryId)
        );
        registry.contest(entryId, byEntryId, outputHash, STATEMENT);
    }
}
