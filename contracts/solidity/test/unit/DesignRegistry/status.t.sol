// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev setStatus and setWithdrawn.
contract StatusTest is RegistrySystem {
    bytes32 private constant REASON = keccak256("reason");
    IDesignRegistry.Status private constant ACTIVE = IDesignRegistry.Status.Active;
    IDesignRegistry.Status private constant CONTESTED = IDesignRegistry.Status.Contested;
    IDesignRegistry.Status private constant SUSPENDED = IDesignRegistry.Status.Suspended;
    IDesignRegistry.Status private constant WITHDRAWN = IDesignRegistry.Status.Withdrawn;
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _id = registerAlone(OUTPUT);
    }

    function test_the_moderator_sets_each_status_from_each_other() public {
        set(CONTESTED, CONTESTED);
        set(SUSPENDED, SUSPENDED);
        set(CONTESTED, CONTESTED);
        set(ACTIVE, ACTIVE);
        set(SUSPENDED, SUSPENDED);
        set(ACTIVE, ACTIVE);
        vm.assertEq(shares.pushes(), 6);
    }

    function test_the_same_status_again_and_withdrawn_are_refused() public {
        refuse(ACTIVE, ACTIVE);
        refuse(ACTIVE, WITHDRAWN);
        set(SUSPENDED, SUSPENDED);
        refuse(SUSPENDED, SUSPENDED);
        refuse(SUSPENDED, WITHDRAWN);
    }

    function test_nobody_but_the_moderator_sets_it() public {
        address[3] memory others = [operator, alice, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            expectUnauthorized(others[i]);
            vm.prank(others[i]);
            registry.setStatus(_id, SUSPENDED, REASON);
        }
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        vm.prank(moderator);
        registry.setStatus(7, SUSPENDED, REASON);
    }

    function test_the_controller_withdraws_and_returns() public {
        withdraw(true, WITHDRAWN);
        withdraw(false, ACTIVE);
        set(CONTESTED, CONTESTED);
        withdraw(true, WITHDRAWN);
        // What it was is not forgotten.
        withdraw(false, CONTESTED);
    }

    function test_withdrawing_twice_or_returning_without_is_refused() public {
        refuseWithdrawn(false, ACTIVE, ACTIVE);
        withdraw(true, WITHDRAWN);
        refuseWithdrawn(true, WITHDRAWN, WITHDRAWN);
    }

    function test_nobody_else_withdraws() public {
        address[3] memory others = [operator, moderator, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, others[i]));
            vm.prank(others[i]);
            registry.setWithdrawn(_id, true);
        }
    }

    function test_a_suspended_entry_is_not_withdrawn_or_returned() public {
        set(SUSPENDED, SUSPENDED);
        refuseWithdrawn(true, SUSPENDED, WITHDRAWN);
        refuseWithdrawn(false, SUSPENDED, ACTIVE);
    }

    function test_of_a_withdrawn_entry_the_moderator_can_suspend_only_and_it_stays_withdrawn() public {
        withdraw(true, WITHDRAWN);
        refuse(WITHDRAWN, ACTIVE);
        refuse(WITHDRAWN, CONTESTED);
        refuse(WITHDRAWN, WITHDRAWN);
        set(SUSPENDED, SUSPENDED);
        set(CONTESTED, WITHDRAWN);
        withdraw(false, CONTESTED);
    }

    function set(IDesignRegistry.Status to, IDesignRegistry.Status told) private {
        vm.expectEmit(address(registry));
        emit IDesignRegistry.StatusChanged(_id, told, REASON, moderator);
        vm.prank(moderator);
        registry.setStatus(_id, to, REASON);
        check(told);
    }

    function withdraw(bool withdrawn, IDesignRegistry.Status told) private {
        vm.expectEmit(address(registry));
        emit IDesignRegistry.StatusChanged(_id, told, 0, alice);
        vm.prank(alice);
        registry.setWithdrawn(_id, withdrawn);
        check(told);
    }

    function check(IDesignRegistry.Status told) private view {
        vm.assertEq(uint8(registry.entry(_id).status), uint8(told));
        vm.assertEq(uint8(shares.statusOf(_id)), uint8(told));
        (, IDesignRegistry.Status status) = registry.ledgerFacts(_id);
        vm.assertEq(uint8(status), uint8(told));
        // Nothing else of the entry moves.
        vm.assertEq(registry.entry(_id).creator, alice);
        vm.assertEq(uint256(registry.entry(_id).versions), 1);
    }

    function refuse(IDesignRegistry.Status from, IDesignRegistry.Status to) private {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongStatus.selector, from, to));
        vm.prank(moderator);
        registry.setStatus(_id, to, REASON);
    }

    function refuseWithdrawn(bool withdrawn, IDesignRegistry.Status from, IDesignRegistry.Status to) private {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongStatus.selector, from, to));
        vm.prank(alice);
        registry.setWithdrawn(_id, withdrawn);
    }
}
