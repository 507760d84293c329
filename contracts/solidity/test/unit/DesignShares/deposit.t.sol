// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract DepositTest is LedgerTest {
    uint128 private constant CHILD = 0x2222;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 700_000);
        registerShared(CHILD, 700_000);
    }

    function test_revenue_is_credited_at_once_by_units_after_the_fee() public {
        for (uint256 i = 0; i < 2; ++i) {
            address currency = i == 0 ? address(dollar) : NATIVE;
            bytes32 ref = bytes32(i + 1);
            vm.expectEmit(address(shares));
            emit IDesignShares.RevenueReceived(ENTRY, currency, ref, 10e6, 500_000, 0, 9_500_000, 1);
            source.depositFrom(ENTRY, currency, 10e6, 1, ref);
            vm.assertTrue(shares.refUsed(ref));
            vm.assertEq(shares.claimable(ENTRY, currency, alice), 6_650_000);
            vm.assertEq(shares.claimable(ENTRY, currency, bob), 2_850_000);
            vm.assertEq(shares.feesHeld(currency), 500_000);
            (uint256 net, uint256 own, uint256 reserved, uint256 inbound) = shares.totals(ENTRY, currency);
            vm.assertEq(net, 9_500_000);
            vm.assertEq(own, 9_500_000);
            vm.assertEq(reserved, 0);
            vm.assertEq(inbound, 0);
            vm.assertEq(balanceOf(currency, address(shares)), 10e6);
        }
    }

    function test_a_reference_pays_once_in_any_currency_for_any_entry() public {
        source.depositFrom(ENTRY, address(dollar), 10e6, 1, "ref");
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__RefUsed.selector, bytes32("ref")));
        source.depositFrom(CHILD, NATIVE, 10e6, 1, "ref");
        source.depositFrom(CHILD, NATIVE, 10e6, 1, "other");
        source.depositFrom(CHILD, NATIVE, 10e6, 1, 0);
        source.depositFrom(CHILD, NATIVE, 10e6, 1, 0);
        vm.assertFalse(shares.refUsed(0));
    }

    function test_the_ancestors_part_is_reserved_after_the_fee() public {
        registry.link(CHILD, ENTRY, 100_000);
        registry.link(CHILD, 0x3333, 150_000);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(CHILD, NATIVE, 0, 10e6, 500_000, 2_375_000, 7_125_000, 1);
        source.deposit(CHILD, NATIVE, 10e6);
        (uint256 net, uint256 own, uint256 reserved,) = shares.totals(CHILD, NATIVE);
        vm.assertEq(net, 9_500_000);
        vm.assertEq(own, 7_125_000);
        vm.assertEq(reserved, 2_375_000);
        vm.assertEq(shares.claimable(CHILD, NATIVE, alice), 4_987_500);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 0); // not before it is settled
    }

    /// @dev Sales, renewals and unit reports pay the fee; resales do not, and leave the remainder alone.
    function test_the_fee_is_a_matter_of_the_source() public {
        source.depositFrom(ENTRY, NATIVE, 19, 1, 0); // 0.95
        source.depositFrom(ENTRY, NATIVE, 1_000_000, 4, 0);
        vm.assertEq(shares.feesHeld(NATIVE), 0);
        source.depositFrom(ENTRY, NATIVE, 1, 2, 0);
        vm.assertEq(shares.feesHeld(NATIVE), 1);
        source.depositFrom(ENTRY, NATIVE, 20, 3, 0);
        vm.assertEq(shares.feesHeld(NATIVE), 2);
    }

    function test_one_unit_is_credited_too() public {
        source.deposit(ENTRY, address(dollar), 1);
        (uint256 net, uint256 own,,) = shares.totals(ENTRY, address(dollar));
        vm.assertEq(net, 1);
        vm.assertEq(own, 1);
        // 0.7 and 0.3 of a base unit are kept, not lost: three more and each has whole ones.
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 0);
        for (uint256 i = 0; i < 9; ++i) {
            source.deposit(ENTRY, address(dollar), 1);
        }
        vm.assertEq(shares.claimable(ENTRY, address(dollar), alice), 7);
        vm.assertEq(shares.claimable(ENTRY, address(dollar), bob), 3);
    }

    /// @dev docs/contracts/README.md tells these figures.
    function test_two_sales_at_an_awkward_price_leave_no_unit_without_an_owner() public {
        uint128 id = registerShared(0x4444, 333_333);
        source.deposit(id, address(dollar), 9_999_999);
        vm.assertEq(shares.feesHeld(address(dollar)), 499_999);
        vm.assertEq(claimed(id, alice), 3_166_663);
        vm.assertEq(claimed(id, bob), 6_333_336);
        vm.assertEq(dollar.balanceOf(address(shares)), 499_999 + 1);
        source.deposit(id, address(dollar), 9_999_999);
        vm.assertEq(shares.feesHeld(address(dollar)), 499_999 + 500_000);
        vm.assertEq(claimed(id, alice), 3_166_663);
        vm.assertEq(claimed(id, bob), 6_333_336);
        vm.assertEq(dollar.balanceOf(address(shares)), 499_999 + 500_000 + 1);
    }

    function test_only_an_allowed_depositor_brings_money() public {
        shares.setDepositor(address(source), false);
        refuse(address(dollar), 1e6, abi.encodeWithSelector(IDesignShares.DesignShares__NotDepositor.selector, source));
    }

    function test_too_little_and_too_much_are_refused() public {
        int256[3] memory lies = [int256(-1), 1, -1e6];
        for (uint256 i = 0; i < 3; ++i) {
            source.lie(lies[i]);
            bytes memory reason = abi.encodeWithSelector(
                IDesignShares.DesignShares__PaymentMismatch.selector, 1e6, uint256(1e6 + lies[i])
            );
            refuse(address(dollar), 1e6, reason);
            refuse(NATIVE, 1e6, reason);
        }
    }

    function test_native_coin_with_a_deposit_of_tokens_is_refused() public {
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 0, 1);
        source.depositWithValue(1, ENTRY, address(dollar), 1e6);
    }

    function test_nothing_unknown_entry_currency_and_source_are_refused() public {
        refuse(address(dollar), 0, abi.encodePacked(IDesignShares.DesignShares__NothingDeposited.selector));
        refuse(NATIVE, 0, abi.encodePacked(IDesignShares.DesignShares__NothingDeposited.selector));
        refuse(alice, 1, abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, alice));
        expectError(IDesignShares.DesignShares__UnknownEntry.selector, ENTRY + 1);
        source.deposit(ENTRY + 1, address(dollar), 1);
        expectError(IDesignShares.DesignShares__UnknownEntry.selector, ENTRY + 1);
        source.deposit(ENTRY + 1, NATIVE, 1);
        uint8[4] memory sources = [0, 5, 6, 255];
        for (uint256 i = 0; i < 4; ++i) {
            expectError(IDesignShares.DesignShares__UnknownSource.selector, sources[i]);
            source.depositFrom(ENTRY, address(dollar), 1, sources[i], 0);
        }
    }

    function test_lifetime_revenue_ends_below_two_to_the_96() public {
        source.depositFrom(ENTRY, NATIVE, type(uint96).max, 4, 0);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice) + shares.claimable(ENTRY, NATIVE, bob) + 1, type(uint96).max);
        refuse(NATIVE, 1, abi.encodePacked(IDesignShares.DesignShares__RevenueLimit.selector));
        dollar.mint(address(source), type(uint128).max);
        refuse(address(dollar), 1 << 96, abi.encodePacked(IDesignShares.DesignShares__RevenueLimit.selector));
        // What was credited is still paid in full.
        uint256 credited = shares.claimable(ENTRY, NATIVE, alice);
        vm.prank(alice);
        vm.assertEq(shares.claim(ENTRY, NATIVE), credited);
    }

    /// @dev Full sums on both sides of the word, and all units in one hand: nothing spills into its neighbor.
    function test_the_largest_sums_fit_their_words() public {
        uint128 parent = registerAlone(0x5555);
        registry.link(CHILD, parent, 500_000);
        registry.link(ENTRY, parent, 500_000);
        source.depositFrom(CHILD, NATIVE, type(uint96).max, 4, 0);
        source.depositFrom(ENTRY, NATIVE, type(uint96).max, 4, 0);
        source.depositFrom(parent, NATIVE, type(uint96).max, 4, 0);
        vm.assertEq(shares.settle(parent, NATIVE, idsOf(CHILD, ENTRY)), type(uint96).max - 1);
        (uint256 net, uint256 own,, uint256 inbound) = shares.totals(parent, NATIVE);
        vm.assertEq(net, type(uint96).max);
        vm.assertEq(inbound, type(uint96).max - 1);
        vm.assertEq(own, 2 * uint256(type(uint96).max) - 1);
        move(alice, carol, parent, 1e6); // settles all of it into one word
        vm.assertEq(shares.balanceOf(carol, parent), 1e6);
        vm.assertEq(shares.claimable(parent, NATIVE, alice), own);
        vm.prank(alice);
        shares.claim(parent, NATIVE);
        vm.assertEq(alice.balance, own);
    }

    /// @dev Invariants 3 and 5: however a sum is cut, fee, reserve and holders get what one deposit gives them.
    function testFuzz_the_cut_of_deposits_changes_nothing(uint256 seed, uint256 count, uint32 ppm) public {
        ppm = uint32(bound(ppm, 0, 500_000));
        count = bound(count, 1, 12);
        uint128 cut = registerShared(0x6661, 333_333);
        uint128 whole = registerShared(0x6662, 333_333);
        registry.link(cut, ENTRY, ppm);
        registry.link(whole, ENTRY, ppm);
        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = seed % 2 == 0 ? bound(seed >> 8, 1, 40) : bound(seed >> 8, 1, 1e24);
            source.deposit(cut, NATIVE, amount);
            sum += amount;
        }
        uint256 fees = shares.feesHeld(NATIVE);
        source.deposit(whole, NATIVE, sum);
        vm.assertEq(shares.feesHeld(NATIVE), 2 * fees);
        (uint256 net, uint256 own, uint256 reserved,) = shares.totals(cut, NATIVE);
        (uint256 net2, uint256 own2, uint256 reserved2,) = shares.totals(whole, NATIVE);
        vm.assertTrue(net == net2 && own == own2 && reserved == reserved2);
        vm.assertEq(fees + own + reserved, sum);
        vm.assertEq(shares.claimable(cut, NATIVE, alice), shares.claimable(whole, NATIVE, alice));
        vm.assertEq(shares.claimable(cut, NATIVE, bob), shares.claimable(whole, NATIVE, bob));
        (uint256 earned,) = shares.ancestorAccount(cut, ENTRY, NATIVE);
        vm.assertEq(earned, reserved);
    }

    function claimed(uint128 id, address holder) private returns (uint256) {
        vm.prank(holder);
        return shares.claim(id, address(dollar));
    }

    function refuse(address currency, uint256 gross, bytes memory reason) private {
        vm.expectRevert(reason);
        source.deposit(ENTRY, currency, gross);
    }
}
