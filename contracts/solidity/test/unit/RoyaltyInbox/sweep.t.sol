// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RoyaltyInbox} from "../../../src/RoyaltyInbox.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {IRoyaltyInbox} from "../../../src/interfaces/IRoyaltyInbox.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";
import {FalseToken, FeeOnTransferToken, PlainToken} from "../../support/Tokens.sol";

contract SweepTest is LedgerTest {
    RoyaltyInbox private _inbox;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        _inbox = licenses.createInbox(ENTRY);
    }

    function test_anyone_brings_all_that_arrived_to_the_ledger() public {
        vm.deal(address(_inbox), 1000);
        dollar.mint(address(_inbox), 500);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(ENTRY, NATIVE, 0, 1000, 0, 0, 1000, 5);
        vm.expectEmit(address(_inbox));
        emit IRoyaltyInbox.Swept(NATIVE, 1000);
        vm.prank(stranger);
        vm.assertEq(_inbox.sweep(NATIVE), 1000);
        vm.expectEmit(address(_inbox));
        emit IRoyaltyInbox.Swept(address(dollar), 500);
        vm.assertEq(_inbox.sweep(address(dollar)), 500);
        vm.assertEq(address(_inbox).balance, 0);
        vm.assertEq(dollar.balanceOf(address(_inbox)), 0);
        vm.assertEq(dollar.allowance(address(_inbox), address(shares)), 0);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 600);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 300);
    }

    function test_where_nothing_arrived_it_reverts() public {
        expectError(IRoyaltyInbox.RoyaltyInbox__Empty.selector, NATIVE);
        _inbox.sweep(NATIVE);
        expectError(IRoyaltyInbox.RoyaltyInbox__Empty.selector, address(dollar));
        _inbox.sweep(address(dollar));
    }

    function test_while_the_entry_is_suspended_the_money_waits() public {
        vm.deal(address(_inbox), 1000);
        dollar.mint(address(_inbox), 500);
        registry.setStatus(ENTRY, IDesignRegistry.Status.Suspended);
        bytes memory reason = abi.encodeWithSelector(
            IDesignShares.DesignShares__NotAccepting.selector, ENTRY, IDesignRegistry.Status.Suspended
        );
        vm.expectRevert(reason);
        _inbox.sweep(NATIVE);
        vm.expectRevert(reason);
        _inbox.sweep(address(dollar));
        vm.assertEq(dollar.allowance(address(_inbox), address(shares)), 0);
        vm.assertEq(address(_inbox).balance, 1000);
        registry.setStatus(ENTRY, IDesignRegistry.Status.Withdrawn);
        vm.assertEq(_inbox.sweep(NATIVE), 1000);
        vm.assertEq(_inbox.sweep(address(dollar)), 500);
    }

    /// @dev Money in a currency that the ledger does not know, or does not know yet.
    function test_an_unknown_currency_waits_until_it_is_known() public {
        PlainToken token = new PlainToken();
        token.mint(address(_inbox), 7);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, address(token));
        _inbox.sweep(address(token));
        shares.addCurrency(address(token));
        vm.assertEq(_inbox.sweep(address(token)), 7);
    }

    function test_tokens_that_do_not_arrive_whole_stay() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        shares.addCurrency(address(token));
        token.mint(address(_inbox), 1000);
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 1000, 989);
        _inbox.sweep(address(token));
        FalseToken second = new FalseToken();
        shares.addCurrency(address(second));
        second.mint(address(_inbox), 1000);
        second.fail(true);
        vm.expectRevert(abi.encodeWithSignature("SafeERC20FailedOperation(address)", second));
        _inbox.sweep(address(second));
        second.fail(false);
        vm.assertEq(_inbox.sweep(address(second)), 1000);
    }

    /// @dev A token that calls back from `approve` sweeps first, and all that comes of it is that the outer call fails
    ///  or finds the rest: each base unit is credited once.
    function test_a_token_that_calls_back_credits_nothing_twice() public {
        SweepingToken token = new SweepingToken();
        shares.addCurrency(address(token));
        token.mint(address(_inbox), 1000);
        for (uint8 where = 1; where <= 3; ++where) {
            token.arm(_inbox, where);
            try _inbox.sweep(address(token)) {} catch {}
            (uint256 net,,,) = shares.totals(ENTRY, address(token));
            vm.assertEq(net + token.balanceOf(address(_inbox)), 1000);
            vm.assertEq(token.balanceOf(address(shares)), net);
        }
        token.arm(_inbox, 0);
        if (token.balanceOf(address(_inbox)) != 0) _inbox.sweep(address(token));
        vm.assertEq(shares.claimable(ENTRY, address(token), alice), 600);
    }

    /// @dev A token of the caller's own cannot move what is there in others.
    function test_a_worthless_token_reaches_nothing() public {
        vm.deal(address(_inbox), 1000);
        dollar.mint(address(_inbox), 500);
        SweepingToken token = new SweepingToken();
        token.mint(address(_inbox), 1);
        token.arm(_inbox, 1);
        vm.expectRevert();
        _inbox.sweep(address(token));
        vm.assertEq(address(_inbox).balance, 1000);
        vm.assertEq(dollar.balanceOf(address(_inbox)), 500);
        vm.assertEq(dollar.allowance(address(_inbox), address(token)), 0);
    }

    function testFuzz_everything_arrives(uint96 first, uint96 second) public {
        uint256 a = bound(first, 1, 1e28);
        uint256 b = bound(second, 1, 1e28);
        vm.deal(address(_inbox), a);
        _inbox.sweep(NATIVE);
        vm.deal(address(_inbox), b);
        _inbox.sweep(NATIVE);
        (uint256 net, uint256 own,,) = shares.totals(ENTRY, NATIVE);
        vm.assertEq(net, a + b);
        vm.assertEq(own, a + b);
        vm.assertEq(address(shares).balance, a + b);
    }
}

/// @dev Sweeps the inbox from within `approve`, or before or after `transferFrom` moves something.
contract SweepingToken is PlainToken {
    RoyaltyInbox private _inbox;
    uint8 private _where;

    function arm(RoyaltyInbox inbox, uint8 where) external {
        (_inbox, _where) = (inbox, where);
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        super.approve(spender, amount);
        reenter(1);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        reenter(2);
        super.transferFrom(from, to, amount);
        reenter(3);
        return true;
    }

    function reenter(uint8 where) private {
        if (_where != where) return;
        _where = 0;
        try _inbox.sweep(address(this)) {} catch {}
    }
}
