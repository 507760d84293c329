// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract SetDepositorTest is LedgerTest {
    function test_depositors_are_set_by_the_administrator_alone() public {
        vm.expectEmit(address(shares));
        emit IDesignShares.DepositorChanged(alice, true);
        shares.setDepositor(alice, true);
        vm.assertTrue(shares.isDepositor(alice));
        shares.setDepositor(alice, false);
        vm.assertFalse(shares.isDepositor(alice));
        expectUnauthorized(treasurer);
        vm.prank(treasurer);
        shares.setDepositor(treasurer, true);
        vm.assertFalse(shares.isDepositor(treasurer));
    }

    /// @dev A market is replaced by another in the middle of an entry's life, and nothing that was earned moves.
    function test_a_second_depositor_goes_on_where_the_first_stopped() public {
        registerShared(ENTRY, 600_000);
        source.deposit(ENTRY, address(dollar), 19);
        shares.setDepositor(address(source), false);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__NotDepositor.selector, source));
        source.deposit(ENTRY, address(dollar), 1);
        shares.setDepositor(stranger, true);
        vm.deal(stranger, 1);
        vm.prank(stranger);
        shares.deposit{value: 1}(ENTRY, NATIVE, 1, 1, 0, "");
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 11);
        (uint256 net,,,) = shares.totals(ENTRY, NATIVE);
        vm.assertEq(net, 1);
    }
}
