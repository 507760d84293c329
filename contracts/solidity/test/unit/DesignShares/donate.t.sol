// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract DonateTest is LedgerTest {
    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 700_000);
        dollar.mint(stranger, 1e12);
        vm.deal(stranger, 1e12);
        vm.prank(stranger);
        dollar.approve(address(shares), 1e12);
    }

    function test_anyone_gives_without_fee() public {
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(ENTRY, address(dollar), 0, 1e6, 0, 0, 1e6, 6);
        vm.prank(stranger);
        shares.donate(ENTRY, address(dollar), 1e6);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(ENTRY, NATIVE, 0, 1e6, 0, 0, 1e6, 6);
        vm.prank(stranger);
        shares.donate{value: 1e6}(ENTRY, NATIVE, 1e6);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 700_000);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, bob), 300_000);
        vm.assertEq(shares.feesHeld(address(dollar)), 0);
        vm.assertEq(shares.feesHeld(NATIVE), 0);
        vm.assertEq(dollar.balanceOf(address(shares)), 1e6);
        vm.assertEq(address(shares).balance, 1e6);
    }

    function test_ancestors_have_their_part_of_a_gift_too() public {
        registry.link(ENTRY, 0x9999, 200_000);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(ENTRY, NATIVE, 0, 1e6, 0, 200_000, 800_000, 6);
        vm.prank(stranger);
        shares.donate{value: 1e6}(ENTRY, NATIVE, 1e6);
    }

    function test_what_is_not_there_cannot_be_given() public {
        vm.startPrank(stranger);
        expectError(IDesignShares.DesignShares__NothingDeposited.selector);
        shares.donate(ENTRY, address(dollar), 0);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.donate(ENTRY, alice, 1);
        expectError(IDesignShares.DesignShares__UnknownEntry.selector, 5);
        shares.donate(5, address(dollar), 1);
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 2, 1);
        shares.donate{value: 1}(ENTRY, NATIVE, 2);
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 1, 2);
        shares.donate{value: 2}(ENTRY, NATIVE, 1);
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 0, 1);
        shares.donate{value: 1}(ENTRY, address(dollar), 1);
        vm.expectRevert(
            abi.encodeWithSignature("ERC20InsufficientAllowance(address,uint256,uint256)", shares, 1e12, 1e12 + 1)
        );
        shares.donate(ENTRY, address(dollar), 1e12 + 1);
        vm.stopPrank();
    }

    /// @dev Coin comes by a deposit or not at all: the ledger has nothing that would take it.
    function test_native_coin_sent_for_nothing_comes_back() public {
        vm.startPrank(stranger);
        (bool succeeded,) = address(shares).call{value: 1}("");
        vm.assertFalse(succeeded);
        (succeeded,) = address(shares).call{value: 1}(abi.encodeCall(IDesignShares.claim, (ENTRY, NATIVE)));
        vm.assertFalse(succeeded);
        vm.stopPrank();
    }
}
