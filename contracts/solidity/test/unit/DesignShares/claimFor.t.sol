// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {HostileHolder} from "../../support/Holders.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

/// @dev Tokens that refuse a holder are in test/attack/BlockedClaimer.t.sol.
contract ClaimForTest is LedgerTest {
    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        source.deposit(ENTRY, address(dollar), 10e6);
        source.deposit(ENTRY, NATIVE, 10e6);
    }

    function test_anyone_pays_each_holder_to_their_own_address() public {
        for (uint256 i = 0; i < 2; ++i) {
            address currency = i == 0 ? address(dollar) : NATIVE;
            vm.expectEmit(address(shares));
            emit IDesignShares.Claimed(ENTRY, currency, alice, 5_700_000);
            vm.expectEmit(address(shares));
            emit IDesignShares.Claimed(ENTRY, currency, bob, 3_800_000);
            vm.prank(stranger);
            shares.claimFor(ENTRY, currency, listOf(alice, bob));
            vm.assertEq(balanceOf(currency, alice), 5_700_000);
            vm.assertEq(balanceOf(currency, bob), 3_800_000);
            vm.assertEq(balanceOf(currency, stranger), 0);
        }
    }

    function test_who_has_nothing_or_stands_twice_is_passed_over_in_silence() public {
        address[] memory holders = new address[](4);
        (holders[0], holders[1], holders[2], holders[3]) = (stranger, alice, alice, address(0));
        vm.recordLogs();
        shares.claimFor(ENTRY, NATIVE, holders);
        vm.assertEq(vm.getRecordedLogs().length, 1);
        vm.assertEq(alice.balance, 5_700_000);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, bob), 3_800_000);
        shares.claimFor(ENTRY, NATIVE, new address[](0));
    }

    function test_too_little_gas_reverts_instead_of_skipping() public {
        expectError(IDesignShares.DesignShares__NotEnoughGas.selector);
        shares.claimFor{gas: 220_000}(ENTRY, address(dollar), listOf(alice, bob));
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 5_700_000);
    }

    function testFuzz_with_any_gas_all_are_paid_or_nobody(uint256 gas, bool native) public {
        gas = bound(gas, 30_000, 600_000);
        address currency = native ? NATIVE : address(dollar);
        (bool succeeded,) = address(shares).call{gas: gas}(
            abi.encodeCall(IDesignShares.claimFor, (ENTRY, currency, listOf(alice, bob)))
        );
        vm.assertEq(balanceOf(currency, alice), succeeded ? 5_700_000 : 0);
        vm.assertEq(balanceOf(currency, bob), succeeded ? 3_800_000 : 0);
    }

    /// @dev A holder that needs nearly all of CLAIM_GAS is paid with any gas, or nothing happens: the estimate of a
    ///  relayer cannot settle on an amount at which that holder is skipped.
    function testFuzz_a_holder_who_needs_much_gas_is_not_skipped_for_want_of_it(uint256 gas) public {
        gas = bound(gas, 200_000, 700_000);
        ThriftlessHolder holder = new ThriftlessHolder();
        move(alice, address(holder), ENTRY, 600_000);
        source.deposit(ENTRY, NATIVE, 10e6);
        (bool succeeded,) = address(shares).call{gas: gas}(
            abi.encodeCall(IDesignShares.claimFor, (ENTRY, NATIVE, listOf(address(holder), bob)))
        );
        vm.assertEq(address(holder).balance, succeeded ? 5_700_000 : 0);
    }

    /// @dev Invariant 10, in native coin.
    function test_whatever_a_holder_does_the_others_are_paid() public {
        HostileHolder holder = new HostileHolder();
        move(alice, address(holder), ENTRY, 600_000);
        shares.claimFor(ENTRY, NATIVE, listOf(bob, bob));
        HostileHolder.Mode[3] memory modes =
            [HostileHolder.Mode.Revert, HostileHolder.Mode.BurnGas, HostileHolder.Mode.RevertBomb];
        for (uint256 i = 0; i < modes.length; ++i) {
            holder.setMode(modes[i]);
            source.deposit(ENTRY, NATIVE, 10_000);
            uint256 owed = shares.claimable(ENTRY, NATIVE, address(holder));
            uint256 had = bob.balance;
            vm.expectEmit(address(shares));
            emit IDesignShares.ClaimSkipped(ENTRY, NATIVE, address(holder));
            uint256 gas = gasleft();
            shares.claimFor(ENTRY, NATIVE, listOf(address(holder), bob));
            vm.assertLt(gas - gasleft(), 240_000, "one holder burned the gas of all");
            vm.assertEq(bob.balance - had, 3800);
            vm.assertEq(shares.claimable(ENTRY, NATIVE, address(holder)), owed);
            vm.assertEq(address(holder).balance, 0);
        }
        holder.setMode(HostileHolder.Mode.ReturnBomb);
        shares.claimFor(ENTRY, NATIVE, listOf(address(holder), bob));
        vm.assertEq(address(holder).balance, 3 * 5700);
    }

    /// @dev A holder who sends their shares away and then refuses the money: both stand.
    function test_shares_moved_during_a_failing_payout_are_not_undone() public {
        MovingRefuser holder = new MovingRefuser(shares, carol);
        move(alice, address(holder), ENTRY, 600_000);
        source.deposit(ENTRY, NATIVE, 10_000);
        vm.expectEmit(address(shares));
        emit IDesignShares.ClaimSkipped(ENTRY, NATIVE, address(holder));
        shares.claimFor(ENTRY, NATIVE, listOf(address(holder), bob));
        vm.assertEq(shares.claimable(ENTRY, NATIVE, address(holder)), 5700);
        vm.assertEq(shares.balanceOf(address(holder), ENTRY), 600_000); // its own revert undid the transfer
        holder.moveInstead();
        shares.claimFor(ENTRY, NATIVE, listOf(address(holder), bob));
        vm.assertEq(shares.balanceOf(carol, ENTRY), 600_000);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, carol), 0);
        vm.assertEq(address(holder).balance, 5700);
    }

    function test_an_unknown_currency_is_refused() public {
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, bob);
        shares.claimFor(ENTRY, bob, listOf(alice, bob));
    }
}

/// @dev Uses 130,000 gas when it is paid.
contract ThriftlessHolder is ERC1155Holder {
    receive() external payable {
        uint256 until = gasleft() - 130_000;
        while (gasleft() > until) {}
    }
}

contract MovingRefuser is ERC1155Holder {
    IDesignShares private immutable _shares;
    address private immutable _to;
    bool private _accepting;

    constructor(IDesignShares shares, address to) {
        (_shares, _to) = (shares, to);
    }

    function moveInstead() external {
        _accepting = true;
    }

    receive() external payable {
        _shares.safeTransferFrom(address(this), _to, 0x1111, 600_000, "");
        require(_accepting, "no");
    }
}
