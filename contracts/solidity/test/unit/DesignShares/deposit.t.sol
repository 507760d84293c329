// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {FeeOnTransferToken} from "../../support/Tokens.sol";
import {System} from "../../support/System.sol";

contract DepositTest is System {
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _id = registerShared(keccak256("output"), 700_000);
    }

    function test_revenue_is_credited_at_once_by_units_after_the_fee() public {
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), keccak256("ref"), 10e6, 500_000, 0, 9_500_000, 1);
        source.depositFrom(_id, address(dollar), 10e6, 1, keccak256("ref"));
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 6_650_000);
        vm.assertEq(shares.claimable(_id, address(dollar), bob), 2_850_000);
        vm.assertEq(shares.feesHeld(address(dollar)), 500_000);
        (uint256 gross, uint256 own, uint256 fees) = shares.totals(_id, address(dollar));
        vm.assertEq(gross, 10e6);
        vm.assertEq(own, 9_500_000);
        vm.assertEq(fees, 500_000);
        vm.assertEq(dollar.balanceOf(address(shares)), 10e6);
    }

    function test_one_unit_is_credited_too() public {
        source.deposit(_id, address(dollar), 1);
        (uint256 gross, uint256 own, uint256 fees) = shares.totals(_id, address(dollar));
        vm.assertEq(gross, 1);
        vm.assertEq(own, 1);
        vm.assertEq(fees, 0);
        // 0.7 and 0.3 of a base unit are kept, not lost: three more and each has whole ones.
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 0);
        for (uint256 i = 0; i < 9; ++i) {
            source.deposit(_id, address(dollar), 1);
        }
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 7);
        vm.assertEq(shares.claimable(_id, address(dollar), bob), 3);
    }

    /// @dev docs/contracts/README.md tells these figures.
    function test_two_sales_at_an_awkward_price_leave_no_unit_without_an_owner() public {
        uint128 id = registerShared(keccak256("awkward"), 333_333);
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
        source.lie(-1);
        refuse(
            address(dollar),
            1e6,
            abi.encodeWithSelector(IDesignShares.DesignShares__PaymentMismatch.selector, 1e6, 999_999)
        );
        source.lie(1);
        refuse(
            address(dollar),
            1e6,
            abi.encodeWithSelector(IDesignShares.DesignShares__PaymentMismatch.selector, 1e6, 1_000_001)
        );
        source.lie(-1e6);
        refuse(
            address(dollar), 1e6, abi.encodeWithSelector(IDesignShares.DesignShares__PaymentMismatch.selector, 1e6, 0)
        );
    }

    function test_a_token_that_takes_a_fee_on_transfer_is_refused() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        shares.addCurrency(address(token));
        token.mint(address(source), 1e9);
        refuse(
            address(token),
            1000,
            abi.encodeWithSelector(IDesignShares.DesignShares__PaymentMismatch.selector, 1000, 989)
        );
    }

    function test_nothing_unknown_entry_currency_and_source_are_refused() public {
        refuse(address(dollar), 0, abi.encodePacked(IDesignShares.DesignShares__NothingDeposited.selector));
        refuse(alice, 1, abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, alice));
        refuse(address(0), 1, abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, 0));
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__UnknownEntry.selector, _id + 1));
        source.deposit(_id + 1, address(dollar), 1);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__UnknownSource.selector, 2));
        source.depositFrom(_id, address(dollar), 1, 2, 0);
    }

    function test_lifetime_revenue_ends_below_two_to_the_96() public {
        dollar.mint(address(source), type(uint128).max);
        source.deposit(_id, address(dollar), type(uint96).max);
        vm.assertEq(
            shares.claimable(_id, address(dollar), alice) + shares.claimable(_id, address(dollar), bob) + 1
                + shares.feesHeld(address(dollar)),
            type(uint96).max
        );
        vm.expectRevert(abi.encodePacked(IDesignShares.DesignShares__RevenueLimit.selector));
        source.deposit(_id, address(dollar), 1);
        // What was credited is still paid in full.
        uint256 credited = shares.claimable(_id, address(dollar), alice);
        vm.prank(alice);
        shares.claim(_id, address(dollar));
        vm.assertEq(dollar.balanceOf(alice), credited);
    }

    /// @dev Invariant 5: cut into pieces in any way, the same money credits everyone the same.
    function testFuzz_one_deposit_or_many_credit_the_same(uint256[8] memory pieces, uint32 units) public {
        units = uint32(bound(units, 1, 999_999));
        uint128 whole = registerShared(keccak256("whole"), units);
        uint128 cut = registerShared(keccak256("cut"), units);
        uint256 sum = 0;
        for (uint256 i = 0; i < pieces.length; ++i) {
            uint256 piece = bound(pieces[i], 1, i % 2 == 0 ? 40 : 1e12);
            sum += piece;
            source.deposit(cut, address(dollar), piece);
        }
        source.deposit(whole, address(dollar), sum);
        assertSameClaims(whole, cut);
        (uint256 gross, uint256 own, uint256 fees) = shares.totals(cut, address(dollar));
        vm.assertEq(gross, sum);
        vm.assertEq(fees, sum * FEE_PPM / 1e6);
        vm.assertEq(own, sum - fees);
    }

    function claimed(uint128 id, address holder) private returns (uint256) {
        vm.prank(holder);
        return shares.claim(id, address(dollar));
    }

    function assertSameClaims(uint128 one, uint128 other) private view {
        vm.assertEq(shares.claimable(one, address(dollar), alice), shares.claimable(other, address(dollar), alice));
        vm.assertEq(shares.claimable(one, address(dollar), bob), shares.claimable(other, address(dollar), bob));
    }

    function refuse(address currency, uint256 gross, bytes memory reason) private {
        vm.expectRevert(reason);
        source.deposit(_id, currency, gross);
        vm.assertEq(dollar.balanceOf(address(shares)), 0);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 0);
        vm.assertEq(shares.feesHeld(address(dollar)), 0);
    }
}
