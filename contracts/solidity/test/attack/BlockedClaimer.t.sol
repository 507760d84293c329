// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {DenyListToken, HostileToken} from "../support/Tokens.sol";
import {HostileHolder} from "../support/Holders.sol";
import {System} from "../support/System.sol";

/// @dev One recipient on a stablecoin's deny list blocked everybody's payout.
///  https://github.com/0xSplits/splits-contracts-monorepo/pull/80
///  And a payout that fails must not cost its holder the credit.
///  https://github.com/sherlock-audit/2024-06-leveraged-vaults-judging/issues/1
contract BlockedClaimerTest is System {
    uint128 private _id;
    HostileToken private _hostile;

    function setUp() public override {
        super.setUp();
        _hostile = new HostileToken();
        shares.addCurrency(address(_hostile));
        _hostile.mint(address(source), 1e12);
        _id = registerShared(keccak256("output"), 600_000);
        source.deposit(_id, address(_hostile), 10_000);
    }

    function test_whatever_the_token_does_to_one_the_others_are_paid() public {
        for (uint8 mode = 1; mode <= uint8(HostileToken.Mode.BurnGas); ++mode) {
            _hostile.setMode(alice, HostileToken.Mode(mode));
            uint256 due = shares.claimable(_id, address(_hostile), bob);
            uint256 owed = shares.claimable(_id, address(_hostile), alice);
            uint256 had = _hostile.balanceOf(bob);
            vm.expectEmit(address(shares));
            emit IDesignShares.ClaimSkipped(_id, address(_hostile), alice);
            uint256 gas = gasleft();
            shares.claimFor(_id, address(_hostile), aliceAndBob());
            vm.assertLt(gas - gasleft(), 300_000, "one holder burned the gas of all");
            vm.assertEq(_hostile.balanceOf(bob) - had, due);
            vm.assertEq(shares.claimable(_id, address(_hostile), alice), owed);
            vm.assertEq(_hostile.balanceOf(alice), 0);
            source.deposit(_id, address(_hostile), 10_000);
        }
        _hostile.setMode(alice, HostileToken.Mode.None);
        vm.prank(alice);
        vm.assertEq(shares.claim(_id, address(_hostile)), 6 * 5700);
    }

    function test_who_is_denied_in_one_currency_is_paid_in_another_and_later_in_the_first() public {
        DenyListToken deny = new DenyListToken();
        shares.addCurrency(address(deny));
        deny.mint(address(source), 1e12);
        source.deposit(_id, address(deny), 10_000);
        source.deposit(_id, address(dollar), 10_000);
        deny.setDenied(alice, true);
        shares.claimFor(_id, address(deny), aliceAndBob());
        shares.claimFor(_id, address(dollar), aliceAndBob());
        vm.assertEq(deny.balanceOf(alice), 0);
        vm.assertEq(deny.balanceOf(bob), 3800);
        vm.assertEq(dollar.balanceOf(alice), 5700);
        vm.prank(alice);
        vm.expectRevert(bytes("denied"));
        shares.claim(_id, address(deny));
        deny.setDenied(alice, false);
        vm.prank(alice);
        vm.assertEq(shares.claim(_id, address(deny)), 5700);
    }

    /// @dev Paid in native coin, it is the holder itself that runs.
    function test_whatever_a_holder_does_when_paid_the_others_are_paid() public {
        HostileHolder hostile = new HostileHolder();
        vm.prank(alice);
        shares.safeTransferFrom(alice, address(hostile), _id, 600_000, "");
        vm.deal(address(source), 1 ether);
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (address(hostile), bob);
        for (uint8 mode = 1; mode <= uint8(HostileHolder.Mode.RevertBomb); ++mode) {
            source.deposit(_id, NATIVE, 10_000);
            hostile.setMode(HostileHolder.Mode(mode));
            bool bombs = mode == uint8(HostileHolder.Mode.ReturnBomb);
            uint256 owed = shares.claimable(_id, NATIVE, address(hostile));
            uint256 had = bob.balance;
            vm.expectEmit(address(shares));
            if (bombs) emit IDesignShares.Claimed(_id, NATIVE, address(hostile), owed);
            else emit IDesignShares.ClaimSkipped(_id, NATIVE, address(hostile));
            uint256 gas = gasleft();
            shares.claimFor(_id, NATIVE, holders);
            vm.assertLt(gas - gasleft(), 300_000, "one holder burned the gas of all");
            vm.assertEq(bob.balance - had, 3800);
            vm.assertEq(shares.claimable(_id, NATIVE, address(hostile)), bombs ? 0 : owed);
        }
        // Alone it fails, or pays for its own bomb; its credit stays, and other money is not in the way.
        hostile.setMode(HostileHolder.Mode.Revert);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__TransferFailed.selector, hostile));
        vm.prank(address(hostile));
        shares.claim(_id, NATIVE);
        hostile.setMode(HostileHolder.Mode.Accept);
        vm.prank(address(hostile));
        vm.assertEq(shares.claim(_id, NATIVE), 5700);
        vm.assertEq(address(hostile).balance, 4 * 5700);
    }

    /// @dev A first payout to an account that does not exist yet fits in the gas of a turn, as does the last one's.
    function test_native_coin_to_new_accounts_is_not_skipped() public {
        vm.deal(address(source), 1 ether);
        source.deposit(_id, NATIVE, 10_000);
        shares.claimFor(_id, NATIVE, aliceAndBob());
        vm.assertEq(alice.balance, 5700);
        vm.assertEq(bob.balance, 3800);
    }

    function aliceAndBob() private view returns (address[] memory holders) {
        holders = new address[](2);
        (holders[0], holders[1]) = (alice, bob);
    }
}
