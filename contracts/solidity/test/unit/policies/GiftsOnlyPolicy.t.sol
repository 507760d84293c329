// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITransferPolicy} from "../../../src/interfaces/ITransferPolicy.sol";
import {GiftsOnlyPolicy} from "../../../src/policies/GiftsOnlyPolicy.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract GiftsOnlyPolicyTest is LedgerTest {
    function setUp() public override {
        vm.warp(1_800_000_000);
        deploy(address(new GiftsOnlyPolicy()));
        shares.addCurrency(NATIVE);
        vm.deal(address(source), 1e9);
        registerShared(ENTRY, 600_000);
    }

    function test_a_holder_gives_shares_away() public {
        move(alice, carol, ENTRY, 100_000);
        vm.assertEq(shares.balanceOf(carol, ENTRY), 100_000);
    }

    function test_nobody_else_moves_them_whoever_is_approved() public {
        vm.prank(alice);
        shares.setApprovalForAll(stranger, true);
        bytes memory reason =
            abi.encodeWithSelector(ITransferPolicy.TransferPolicy__NotAllowed.selector, stranger, alice, carol);
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        (ids[0], values[0]) = (ENTRY, 1);
        vm.startPrank(stranger);
        vm.expectRevert(reason);
        shares.safeTransferFrom(alice, carol, ENTRY, 1, "");
        vm.expectRevert(reason);
        shares.safeBatchTransferFrom(alice, carol, ids, values, "");
        vm.stopPrank();
    }

    function test_money_is_not_its_business() public {
        source.donate(ENTRY, NATIVE, 1000);
        shares.claimFor(ENTRY, NATIVE, listOf(alice, bob));
        vm.assertEq(alice.balance, 600);
    }
}
