// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITransferPolicy} from "../../../src/interfaces/ITransferPolicy.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

/// @dev The money side of transfers; the token side is under test/conformance.
contract SafeTransferFromTest is LedgerTest {
    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
    }

    function test_a_transfer_moves_future_revenue_and_nothing_earned() public {
        source.deposit(ENTRY, address(dollar), 10e6);
        source.deposit(ENTRY, NATIVE, 20e6);
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, ENTRY, 600_000, "");
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 5_700_000);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 11_400_000);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), carol), 0);

        source.deposit(ENTRY, address(dollar), 10e6);
        source.deposit(ENTRY, NATIVE, 20e6);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 5_700_000);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), carol), 5_700_000);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 11_400_000);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, carol), 11_400_000);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), bob), 7_600_000);
    }

    function test_to_oneself_of_nothing_and_with_repeatedENTRYs_no_credit_changes() public {
        source.deposit(ENTRY, address(dollar), 7);
        source.deposit(ENTRY, NATIVE, 1_000_003);
        uint256[] memory ids = new uint256[](3);
        uint256[] memory values = new uint256[](3);
        (ids[0], ids[1], ids[2]) = (ENTRY, ENTRY, ENTRY);
        (values[0], values[1], values[2]) = (600_000, 0, 600_000);
        uint256 before = shares.claimable(ENTRY, NATIVE, alice);
        vm.startPrank(alice);
        shares.safeTransferFrom(alice, alice, ENTRY, 600_000, "");
        shares.safeTransferFrom(alice, carol, ENTRY, 0, "");
        shares.safeBatchTransferFrom(alice, alice, ids, values, "");
        values[0] = 100_000;
        values[2] = 500_000;
        shares.safeBatchTransferFrom(alice, carol, ids, values, "");
        vm.stopPrank();
        vm.assertEq(shares.balanceOf(alice, ENTRY), 0);
        vm.assertEq(shares.balanceOf(carol, ENTRY), 600_000);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 4);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), before);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), carol), 0);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, carol), 0);
    }

    /// @dev Invariant 6, for any two sides and any history of deposits.
    function testFuzz_a_transfer_changes_nobodys_claim(uint256 first, uint256 second, uint256 value, bool back) public {
        source.deposit(ENTRY, address(dollar), bound(first, 1, 1e14));
        source.deposit(ENTRY, NATIVE, bound(second, 1, 1e14));
        (address from, address to) = back ? (bob, alice) : (alice, carol);
        uint256[6] memory before = claims();
        uint256 units = shares.balanceOf(from, ENTRY);
        vm.prank(from);
        shares.safeTransferFrom(from, to, ENTRY, bound(value, 0, units), "");
        uint256[6] memory afterwards = claims();
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertEq(afterwards[i], before[i]);
        }
    }

    /// @dev Invariant 4: claiming before or after further deposits and transfers pays the same in the end.
    function testFuzz_when_one_claims_does_not_matter(uint256 first, uint256 second, uint256 value) public {
        uint128 other = registerShared(0x2222, 600_000);
        uint256 a = bound(first, 1_000, 1e13);
        uint256 b = bound(second, 1_000, 1e13);
        uint256 moved = bound(value, 1, 600_000);
        source.deposit(ENTRY, address(dollar), a);
        vm.startPrank(alice);
        shares.claim(ENTRY, address(dollar));
        shares.safeTransferFrom(alice, carol, ENTRY, moved, "");
        vm.stopPrank();
        source.deposit(ENTRY, address(dollar), b);
        uint256 early = dollar.balanceOf(alice) + shares.claimable(ENTRY, address(dollar), alice);

        source.deposit(other, address(dollar), a);
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, other, moved, "");
        source.deposit(other, address(dollar), b);
        vm.assertEq(shares.claimable(other, address(dollar), alice), early);
        vm.assertEq(shares.claimable(other, address(dollar), carol), shares.claimable(ENTRY, address(dollar), carol));
    }

    /// @dev Settled money is the ancestor's holders' at that time; what is settled later is that of later holders.
    function test_what_waits_in_a_descendant_goes_to_who_holds_when_it_is_settled() public {
        registerAlone(0x2222);
        registry.link(0x2222, ENTRY, 100_000);
        source.donate(0x2222, NATIVE, 1000);
        shares.settle(ENTRY, NATIVE, idsOf(0x2222));
        source.donate(0x2222, NATIVE, 1000);
        move(alice, carol, ENTRY, 600_000);
        shares.settle(ENTRY, NATIVE, idsOf(0x2222));
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 60);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, carol), 60);
    }

    // ------------------------------------------------------------------ policy

    function test_the_policy_is_asked_for_every_transfer() public {
        PolicyDouble policy = usePolicy();
        (uint256[] memory ids, uint256[] memory values) = (new uint256[](2), new uint256[](2));
        (ids[0], ids[1]) = (ENTRY, 0x2222);
        (values[0], values[1]) = (3, 7);
        policy.refuse(alice, alice, carol, 0x2222, 7);
        vm.startPrank(alice);
        bytes memory reason =
            abi.encodeWithSelector(ITransferPolicy.TransferPolicy__NotAllowed.selector, alice, alice, carol);
        vm.expectRevert(reason);
        shares.safeBatchTransferFrom(alice, carol, ids, values, "");
        vm.expectRevert(reason);
        shares.safeTransferFrom(alice, carol, 0x2222, 7, "");
        vm.assertEq(shares.balanceOf(carol, ENTRY), 0);
        shares.safeTransferFrom(alice, carol, 0x2222, 8, "");
        shares.setApprovalForAll(stranger, true);
        vm.stopPrank();
        // Also to oneself and of nothing, and with the operator who moves.
        policy.refuse(stranger, alice, alice, ENTRY, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ITransferPolicy.TransferPolicy__NotAllowed.selector, stranger, alice, alice)
        );
        vm.prank(stranger);
        shares.safeTransferFrom(alice, alice, ENTRY, 0, "");
    }

    function test_the_policy_is_not_asked_for_allocation_and_claims() public {
        PolicyDouble policy = usePolicy();
        policy.refuseAll();
        registerShared(0x3333, 600_000);
        vm.deal(address(source), 1000);
        source.donate(0x3333, NATIVE, 1000);
        vm.prank(alice);
        vm.assertEq(shares.claim(0x3333, NATIVE), 600);
        shares.claimFor(0x3333, NATIVE, listOf(bob, bob));
        vm.assertEq(bob.balance, 400);
    }

    function usePolicy() private returns (PolicyDouble policy) {
        policy = new PolicyDouble();
        deploy(address(policy));
        shares.addCurrency(NATIVE);
        registerShared(ENTRY, 600_000);
        registerShared(0x2222, 600_000);
    }

    function claims() private view returns (uint256[6] memory list) {
        list[0] = shares.claimable(ENTRY, address(dollar), alice);
        list[1] = shares.claimable(ENTRY, address(dollar), bob);
        list[2] = shares.claimable(ENTRY, address(dollar), carol);
        list[3] = shares.claimable(ENTRY, NATIVE, alice);
        list[4] = shares.claimable(ENTRY, NATIVE, bob);
        list[5] = shares.claimable(ENTRY, NATIVE, carol);
    }
}

/// @dev Refuses one very transfer, or all.
contract PolicyDouble is ITransferPolicy {
    bytes32 private _refused;
    bool private _all;

    function refuse(address operator, address from, address to, uint256 id, uint256 units) external {
        _refused = keccak256(abi.encode(operator, from, to, id, units));
    }

    function refuseAll() external {
        _all = true;
    }

    function checkTransfer(address operator, address from, address to, uint256 id, uint256 units) external view {
        if (_all || keccak256(abi.encode(operator, from, to, id, units)) == _refused) {
            revert TransferPolicy__NotAllowed(operator, from, to);
        }
    }
}
