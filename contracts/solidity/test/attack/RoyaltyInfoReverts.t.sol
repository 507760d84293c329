// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {IRoyaltyInbox} from "../../src/interfaces/IRoyaltyInbox.sol";
import {MarketSystem} from "../support/MarketSystem.sol";

/// @dev ERC-2981 names one receiver: collections of several owners reverted, or named one of them, or one who had gone.
///  https://github.com/dievardump/EIP2981-implementation/issues/7
///  and what it said did not follow what was set elsewhere.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/258
contract RoyaltyInfoRevertsTest is MarketSystem {
    function testFuzz_asking_never_fails(uint256 id, uint256 price) public view {
        (address receiver, uint256 amount) = licenses.royaltyInfo(id, price);
        vm.assertEq(receiver, address(0));
        vm.assertEq(amount, 0);
        (receiver, amount) = shares.royaltyInfo(id, price);
        vm.assertEq(receiver, address(0));
        vm.assertEq(amount, 0);
        // Terms that are known, of any entry, registered or not.
        uint128 entryId = uint128(id);
        (receiver, amount) = licenses.royaltyInfo(licenses.licenseIdOf(entryId, COMMERCIAL, uint32(id)), price);
        vm.assertEq(receiver, licenses.inboxOf(entryId));
        vm.assertEq(amount, price / 10);
    }

    /// @dev However many hold shares, and whoever holds them later, the receiver is one, and pays them all.
    function test_with_several_holders_it_is_one_inbox_that_pays_them_all() public {
        (address receiver, uint256 amount) = licenses.royaltyInfo(licenses.licenseIdOf(_id, COMMERCIAL, 0), 100e6);
        vm.assertEq(amount, 10e6);
        // Paid before the inbox has code, by whoever respects the standard.
        vm.prank(buyer);
        dollar.transfer(receiver, amount);
        vm.prank(bob);
        shares.safeTransferFrom(bob, carol, _id, 400_000, "");
        (address later,) = licenses.royaltyInfo(licenses.licenseIdOf(_id, COMMERCIAL, 0), 100e6);
        vm.assertEq(later, receiver);
        licenses.createInbox(_id);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), 0, 10e6, 0, 0, 10e6, 5);
        IRoyaltyInbox(payable(receiver)).sweep(address(dollar));
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 6e6);
        vm.assertEq(shares.claimable(_id, address(dollar), carol), 4e6);
        vm.assertEq(shares.claimable(_id, address(dollar), bob), 0);
    }

    /// @dev What a license's terms say is in its id: other terms, or a new market, change nothing of it.
    function test_no_key_changes_what_it_says() public {
        uint256 id = licenses.licenseIdOf(_id, COMMERCIAL, 0);
        (address receiver, uint256 amount) = licenses.royaltyInfo(id, 50e6);
        vm.startPrank(operator);
        licenses.setURI(id, "ipfs://other", true);
        licenses.setContractURI("ipfs://other");
        vm.stopPrank();
        vm.prank(treasurer);
        shares.scheduleFee(100_000);
        licenses.setMinter(address(market), false);
        vm.warp(block.timestamp + 30 days);
        (address after_, uint256 same) = licenses.royaltyInfo(id, 50e6);
        vm.assertEq(after_, receiver);
        vm.assertEq(same, amount);
    }
}
