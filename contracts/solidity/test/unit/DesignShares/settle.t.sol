// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract SettleTest is LedgerTest {
    uint128 private constant CHILD = 0x2222;
    uint128 private constant OTHER = 0x3333;
    uint128 private constant GRANDCHILD = 0x4444;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        registerAlone(CHILD);
        registerAlone(OTHER);
        registerAlone(GRANDCHILD);
        registry.link(CHILD, ENTRY, 100_000);
        registry.link(OTHER, ENTRY, 333_333);
        registry.link(GRANDCHILD, CHILD, 200_000);
        registry.link(GRANDCHILD, ENTRY, 50_000);
    }

    function test_an_ancestors_holders_are_credited_without_fee() public {
        source.deposit(CHILD, NATIVE, 1e6);
        source.deposit(OTHER, NATIVE, 1e6);
        vm.expectEmit(address(shares));
        emit IDesignShares.AncestorSettled(CHILD, ENTRY, NATIVE, 95_000);
        vm.expectEmit(address(shares));
        emit IDesignShares.AncestorSettled(OTHER, ENTRY, NATIVE, 316_666);
        vm.prank(stranger);
        vm.assertEq(shares.settle(ENTRY, NATIVE, idsOf(CHILD, OTHER)), 411_666);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 246_999);
        vm.assertEq(shares.feesHeld(NATIVE), 100_000);
        (uint256 net, uint256 own, uint256 reserved, uint256 inbound) = shares.totals(ENTRY, NATIVE);
        vm.assertTrue(net == 0 && own == 411_666 && reserved == 0 && inbound == 411_666);
        (uint256 earned, uint256 settled) = shares.ancestorAccount(OTHER, ENTRY, NATIVE);
        vm.assertTrue(earned == 316_666 && settled == 316_666);
    }

    /// @dev Grandparents stand in the descendant's own table; what a parent gets of a child is not split again.
    function test_inbound_money_is_not_split_again() public {
        source.deposit(GRANDCHILD, NATIVE, 1e6);
        vm.assertEq(shares.settle(CHILD, NATIVE, idsOf(GRANDCHILD)), 190_000);
        vm.assertEq(shares.settle(ENTRY, NATIVE, idsOf(CHILD)), 0);
        vm.assertEq(shares.settle(ENTRY, NATIVE, idsOf(GRANDCHILD)), 47_500);
        vm.assertEq(shares.claimable(CHILD, NATIVE, alice), 190_000);
        vm.assertEq(shares.claimable(GRANDCHILD, NATIVE, alice), 712_500);
    }

    /// @dev The ancestor's first own deposit comes after its first settlement: the word keeps both.
    function test_before_and_after_its_own_first_deposit() public {
        registry.link(ENTRY, 0x9999, 250_000);
        source.deposit(CHILD, NATIVE, 1e6);
        shares.settle(ENTRY, NATIVE, idsOf(CHILD));
        source.deposit(ENTRY, NATIVE, 1e6);
        source.deposit(CHILD, NATIVE, 1e6);
        shares.settle(ENTRY, NATIVE, idsOf(CHILD));
        (uint256 net, uint256 own, uint256 reserved, uint256 inbound) = shares.totals(ENTRY, NATIVE);
        vm.assertTrue(net == 950_000 && reserved == 237_500 && inbound == 190_000 && own == 902_500);
    }

    function test_nothing_is_credited_for_what_is_no_descendant() public {
        source.deposit(CHILD, NATIVE, 1e6);
        source.deposit(ENTRY, NATIVE, 1e6);
        vm.recordLogs();
        vm.assertEq(shares.settle(CHILD, NATIVE, idsOf(ENTRY, CHILD)), 0);
        vm.assertEq(shares.settle(ENTRY, NATIVE, idsOf(ENTRY, 0x9999)), 0);
        vm.assertEq(shares.settle(0x9999, NATIVE, idsOf(CHILD)), 0);
        vm.assertEq(shares.settle(ENTRY, NATIVE, new uint128[](0)), 0);
        vm.assertEq(shares.settle(ENTRY, address(dollar), idsOf(CHILD)), 0);
        vm.assertEq(vm.getRecordedLogs().length, 0);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.settle(ENTRY, alice, idsOf(CHILD));
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.ancestorAccount(CHILD, ENTRY, alice);
    }

    /// @dev Settled after every deposit or once in the end: the ancestor has the same.
    function testFuzz_how_often_does_not_matter(uint256 seed, uint32 ppm) public {
        ppm = uint32(bound(ppm, 1, 500_000));
        registry.link(CHILD, ENTRY, ppm);
        registry.link(OTHER, ENTRY, ppm);
        for (uint256 i = 0; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = seed % 2 == 0 ? bound(seed >> 8, 1, 40) : bound(seed >> 8, 1, 1e24);
            source.deposit(CHILD, NATIVE, amount);
            source.deposit(OTHER, address(dollar), amount);
            shares.settle(ENTRY, NATIVE, idsOf(CHILD));
        }
        shares.settle(ENTRY, address(dollar), idsOf(OTHER));
        (uint256 net,,, uint256 inbound) = shares.totals(ENTRY, NATIVE);
        (,,, uint256 once) = shares.totals(ENTRY, address(dollar));
        vm.assertEq(inbound, once);
        (net,,,) = shares.totals(CHILD, NATIVE);
        vm.assertEq(inbound, net * ppm / 1e6);
    }

    /// @dev Whatever rates make up a stack, the ancestors' floors leave less dust than there are ancestors.
    function testFuzz_the_dust_is_less_than_the_ancestors(uint256 seed, uint8 count, uint256 amount) public {
        count = uint8(bound(count, 1, 64));
        amount = bound(amount, 1, 1e28);
        for (uint128 i = 1; i <= count; ++i) {
            registerAlone(0xaaaa0000 + i);
            seed = uint256(keccak256(abi.encode(seed)));
            registry.link(0x7777, 0xaaaa0000 + i, uint32(bound(seed, 1, 7812)));
        }
        registerAlone(0x7777);
        source.deposit(0x7777, NATIVE, amount);
        (,, uint256 reserved,) = shares.totals(0x7777, NATIVE);
        uint256 settled = 0;
        for (uint128 i = 1; i <= count; ++i) {
            settled += shares.settle(0xaaaa0000 + i, NATIVE, idsOf(0x7777));
        }
        vm.assertLe(settled, reserved, "ancestors got more than is reserved");
        vm.assertLe(reserved - settled, count - 1, "more dust than told");
    }

    function test_inbound_ends_below_two_to_the_96() public {
        registry.link(CHILD, ENTRY, 500_000);
        registry.link(OTHER, ENTRY, 500_000);
        registry.link(GRANDCHILD, ENTRY, 500_000);
        source.depositFrom(CHILD, NATIVE, type(uint96).max, 4, 0);
        source.depositFrom(OTHER, NATIVE, type(uint96).max, 4, 0);
        source.depositFrom(GRANDCHILD, NATIVE, 4, 4, 0);
        shares.settle(ENTRY, NATIVE, idsOf(CHILD, OTHER));
        expectError(IDesignShares.DesignShares__RevenueLimit.selector);
        shares.settle(ENTRY, NATIVE, idsOf(GRANDCHILD));
    }
}
