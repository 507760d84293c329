// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PlainToken} from "../../support/Tokens.sol";
import {System} from "../../support/System.sol";

/// @dev The money side of transfers; the token side is under test/conformance.
contract SafeTransferFromTest is System {
    uint128 private _id;
    PlainToken private _second;

    function setUp() public override {
        super.setUp();
        _id = registerShared(keccak256("output"), 600_000);
        _second = new PlainToken();
        shares.addCurrency(address(_second));
        _second.mint(address(source), 1e15);
    }

    function test_a_transfer_moves_future_revenue_and_nothing_earned() public {
        source.deposit(_id, address(dollar), 10e6);
        source.deposit(_id, address(_second), 20e6);
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, _id, 600_000, "");
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 5_700_000);
        vm.assertEq(shares.claimable(_id, address(_second), alice), 11_400_000);
        vm.assertEq(shares.claimable(_id, address(dollar), carol), 0);

        source.deposit(_id, address(dollar), 10e6);
        source.deposit(_id, address(_second), 20e6);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 5_700_000);
        vm.assertEq(shares.claimable(_id, address(dollar), carol), 5_700_000);
        vm.assertEq(shares.claimable(_id, address(_second), alice), 11_400_000);
        vm.assertEq(shares.claimable(_id, address(_second), carol), 11_400_000);
        vm.assertEq(shares.claimable(_id, address(dollar), bob), 7_600_000);
    }

    function test_to_oneself_of_nothing_and_with_repeated_ids_no_credit_changes() public {
        source.deposit(_id, address(dollar), 7);
        source.deposit(_id, address(_second), 1_000_003);
        uint256[] memory ids = new uint256[](3);
        uint256[] memory values = new uint256[](3);
        (ids[0], ids[1], ids[2]) = (_id, _id, _id);
        (values[0], values[1], values[2]) = (600_000, 0, 600_000);
        uint256 before = shares.claimable(_id, address(_second), alice);
        vm.startPrank(alice);
        shares.safeTransferFrom(alice, alice, _id, 600_000, "");
        shares.safeTransferFrom(alice, carol, _id, 0, "");
        shares.safeBatchTransferFrom(alice, alice, ids, values, "");
        values[0] = 100_000;
        values[2] = 500_000;
        shares.safeBatchTransferFrom(alice, carol, ids, values, "");
        vm.stopPrank();
        vm.assertEq(shares.balanceOf(alice, _id), 0);
        vm.assertEq(shares.balanceOf(carol, _id), 600_000);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 4);
        vm.assertEq(shares.claimable(_id, address(_second), alice), before);
        vm.assertEq(shares.claimable(_id, address(dollar), carol), 0);
        vm.assertEq(shares.claimable(_id, address(_second), carol), 0);
    }

    /// @dev Invariant 6, for any two sides and any history of deposits.
    function testFuzz_a_transfer_changes_nobodys_claim(uint256 first, uint256 second, uint256 value, bool back) public {
        source.deposit(_id, address(dollar), bound(first, 1, 1e14));
        source.deposit(_id, address(_second), bound(second, 1, 1e14));
        (address from, address to) = back ? (bob, alice) : (alice, carol);
        uint256[6] memory before = claims();
        uint256 units = shares.balanceOf(from, _id);
        vm.prank(from);
        shares.safeTransferFrom(from, to, _id, bound(value, 0, units), "");
        uint256[6] memory afterwards = claims();
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertEq(afterwards[i], before[i]);
        }
    }

    /// @dev Invariant 4: claiming before or after further deposits and transfers pays the same in the end.
    function testFuzz_when_one_claims_does_not_matter(uint256 first, uint256 second, uint256 value) public {
        uint128 other = registerShared(keccak256("other"), 600_000);
        uint256 a = bound(first, 1_000, 1e13);
        uint256 b = bound(second, 1_000, 1e13);
        uint256 moved = bound(value, 1, 600_000);
        source.deposit(_id, address(dollar), a);
        vm.startPrank(alice);
        shares.claim(_id, address(dollar));
        shares.safeTransferFrom(alice, carol, _id, moved, "");
        vm.stopPrank();
        source.deposit(_id, address(dollar), b);
        uint256 early = dollar.balanceOf(alice) + shares.claimable(_id, address(dollar), alice);

        source.deposit(other, address(dollar), a);
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, other, moved, "");
        source.deposit(other, address(dollar), b);
        vm.assertEq(shares.claimable(other, address(dollar), alice), early);
        vm.assertEq(shares.claimable(other, address(dollar), carol), shares.claimable(_id, address(dollar), carol));
    }

    function claims() private view returns (uint256[6] memory list) {
        list[0] = shares.claimable(_id, address(dollar), alice);
        list[1] = shares.claimable(_id, address(dollar), bob);
        list[2] = shares.claimable(_id, address(dollar), carol);
        list[3] = shares.claimable(_id, address(_second), alice);
        list[4] = shares.claimable(_id, address(_second), bob);
        list[5] = shares.claimable(_id, address(_second), carol);
    }
}
