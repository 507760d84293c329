// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {HostileHolder} from "../../support/Holders.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract ClaimTest is LedgerTest {
    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 333_333);
    }

    function test_the_caller_gets_all_whole_units_and_keeps_the_rest_as_credit() public {
        for (uint256 i = 0; i < 2; ++i) {
            address currency = i == 0 ? address(dollar) : NATIVE;
            source.deposit(ENTRY, currency, 100);
            vm.expectEmit(address(shares));
            emit IDesignShares.Claimed(ENTRY, currency, alice, 31);
            vm.prank(alice);
            vm.assertEq(shares.claim(ENTRY, currency), 31); // 333,333 of 95 = 31.666635
            vm.assertEq(balanceOf(currency, alice), 31);
            vm.assertEq(shares.claimable(ENTRY, currency, alice), 0);
            vm.assertEq(shares.claimable(ENTRY, currency, bob), 63);
            source.deposit(ENTRY, currency, 20); // 333,333 of 114 = 37.999962
            vm.assertEq(shares.claimable(ENTRY, currency, alice), 6);
            source.deposit(ENTRY, currency, 20); // of 133 = 44.333289
            vm.assertEq(shares.claimable(ENTRY, currency, alice), 13);
        }
    }

    function test_with_nothing_to_claim_it_reverts() public {
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        vm.prank(alice);
        shares.claim(ENTRY, NATIVE);
        source.deposit(ENTRY, NATIVE, 1e6);
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        vm.prank(stranger);
        shares.claim(ENTRY, NATIVE);
        vm.startPrank(alice);
        shares.claim(ENTRY, NATIVE);
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        shares.claim(ENTRY, NATIVE);
        vm.stopPrank();
        vm.assertEq(alice.balance, 316_666);
    }

    function test_an_unknown_currency_is_refused() public {
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, bob);
        vm.prank(alice);
        shares.claim(ENTRY, bob);
    }

    function test_currencies_are_claimed_apart() public {
        source.deposit(ENTRY, address(dollar), 3000);
        source.deposit(ENTRY, NATIVE, 6000);
        vm.startPrank(alice);
        vm.assertEq(shares.claim(ENTRY, NATIVE), 1899);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 949);
        vm.assertEq(shares.claim(ENTRY, address(dollar)), 949);
        vm.stopPrank();
        vm.assertEq(shares.claimable(ENTRY, NATIVE, bob), 3800);
    }

    /// @dev A contract that refuses coin keeps its credit, and can have it later.
    function test_native_coin_that_is_refused_stays_credited() public {
        HostileHolder holder = new HostileHolder();
        move(alice, address(holder), ENTRY, 333_333);
        source.deposit(ENTRY, NATIVE, 1e6);
        HostileHolder.Mode[3] memory modes =
            [HostileHolder.Mode.Revert, HostileHolder.Mode.BurnGas, HostileHolder.Mode.RevertBomb];
        for (uint256 i = 0; i < modes.length; ++i) {
            holder.setMode(modes[i]);
            expectError(IDesignShares.DesignShares__TransferFailed.selector, address(holder));
            vm.prank(address(holder));
            shares.claim(ENTRY, NATIVE);
            vm.assertEq(shares.claimable(ENTRY, NATIVE, address(holder)), 316_666);
        }
        // What it answers when all went well is not even read.
        holder.setMode(HostileHolder.Mode.ReturnBomb);
        vm.prank(address(holder));
        shares.claim(ENTRY, NATIVE);
        vm.assertEq(address(holder).balance, 316_666);
    }

    /// @dev Invariant 11: all gas, and nothing to gain by it.
    function test_a_claimer_that_comes_back_while_it_is_paid_gets_nothing_more() public {
        HostileHolder holder = new HostileHolder();
        move(alice, address(holder), ENTRY, 333_333);
        holder.setMode(HostileHolder.Mode.Reenter);
        address[] memory list = listOf(bob, address(holder));
        bytes[7] memory requests = [
            abi.encodeCall(IDesignShares.claim, (ENTRY, NATIVE)),
            abi.encodeCall(IDesignShares.claimMany, (idsOf(ENTRY), NATIVE)),
            abi.encodeCall(IDesignShares.claimFor, (ENTRY, NATIVE, list)),
            abi.encodeCall(IDesignShares.withdrawFees, (NATIVE)),
            abi.encodeCall(IDesignShares.donate, (ENTRY, NATIVE, 1)),
            abi.encodeCall(IDesignShares.settle, (ENTRY, NATIVE, idsOf(ENTRY))),
            abi.encodeCall(
                IDesignShares.claimWithSig,
                (IDesignShares.ClaimOrder(alice, alice, NATIVE, idsOf(ENTRY), type(uint64).max, 0), "")
            )
        ];
        for (uint256 i = 0; i < requests.length; ++i) {
            source.deposit(ENTRY, NATIVE, 1e6);
            uint256 due = shares.claimable(ENTRY, NATIVE, address(holder));
            uint256 had = address(holder).balance;
            holder.arm(address(shares), requests[i]);
            vm.prank(address(holder));
            shares.claim(ENTRY, NATIVE);
            vm.assertFalse(holder.succeeded());
            vm.assertEq(holder.answer(), REENTRANT);
            vm.assertEq(address(holder).balance - had, due);
        }
    }

    /// @dev Share transfers are open to it, and take no money along.
    function test_a_claimer_can_move_shares_while_it_is_paid() public {
        HostileHolder holder = new HostileHolder();
        move(alice, address(holder), ENTRY, 333_333);
        source.deposit(ENTRY, NATIVE, 1e6);
        holder.setMode(HostileHolder.Mode.Reenter);
        holder.arm(
            address(shares), abi.encodeCall(shares.safeTransferFrom, (address(holder), carol, ENTRY, 333_333, ""))
        );
        vm.prank(address(holder));
        shares.claim(ENTRY, NATIVE);
        vm.assertTrue(holder.succeeded());
        vm.assertEq(shares.balanceOf(carol, ENTRY), 333_333);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, carol), 0);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, address(holder)), 0);
        vm.assertEq(address(holder).balance, 316_666);
    }

    /// @dev Invariant 1 for one holder: what is paid and what is still owed is all that was earned, at any time.
    function testFuzz_nothing_is_lost_between_claims(uint256 seed, uint32 units) public {
        units = uint32(bound(units, 1, 999_999));
        uint128 id = registerShared(0x7777, units);
        uint256 paid = 0;
        for (uint256 i = 0; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            source.donate(id, NATIVE, seed % 2 == 0 ? bound(seed >> 8, 1, 9) : bound(seed >> 8, 1, 1e20));
            if (shares.claimable(id, NATIVE, alice) == 0) continue;
            vm.prank(alice);
            paid += shares.claim(id, NATIVE);
        }
        (, uint256 own,,) = shares.totals(id, NATIVE);
        vm.assertEq(paid + shares.claimable(id, NATIVE, alice), own * units / 1e6);
    }
}
