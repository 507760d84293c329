// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {ReentrantToken} from "../support/Tokens.sol";
import {System} from "../support/System.sol";

/// @dev https://github.com/0xSplits/splits-contracts-monorepo/pull/80 (a payout that can be disturbed by re-entering)
///  A token with hooks calls back in the middle of a payment. Also what is read there is never too much.
contract ReentrancyFromCurrencyTest is System {
    ReentrantToken private _token;
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _token = new ReentrantToken();
        shares.addCurrency(address(_token));
        _token.mint(address(source), 1e12);
        _id = registerShared(keccak256("output"), 600_000);
        source.deposit(_id, address(_token), 1000);
    }

    function test_the_ledgers_money_functions_are_closed_during_a_payout() public {
        address[] memory holders = new address[](1);
        holders[0] = bob;
        uint128[] memory ids = new uint128[](1);
        ids[0] = _id;
        IDesignShares.ClaimOrder memory order;
        bytes[8] memory requests = [
            abi.encodeCall(IDesignShares.claim, (_id, address(_token))),
            abi.encodeCall(IDesignShares.claimFor, (_id, address(_token), holders)),
            abi.encodeCall(IDesignShares.withdrawFees, (address(_token))),
            abi.encodeCall(IDesignShares.deposit, (_id, address(_token), 1, 1, 0, "")),
            abi.encodeCall(IDesignShares.claimMany, (ids, address(_token))),
            abi.encodeCall(IDesignShares.donate, (_id, address(_token), 1)),
            abi.encodeCall(IDesignShares.settle, (_id, address(_token), ids)),
            abi.encodeCall(IDesignShares.claimWithSig, (order, ""))
        ];
        shares.setDepositor(address(_token), true);
        for (uint256 i = 0; i < requests.length; ++i) {
            uint256 due = shares.claimable(_id, address(_token), alice);
            uint256 had = _token.balanceOf(alice);
            _token.arm(address(shares), requests[i], true, false);
            vm.prank(alice);
            shares.claim(_id, address(_token));
            vm.assertFalse(_token.called());
            vm.assertEq(bytes32(_token.answer()), bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
            vm.assertEq(_token.balanceOf(alice) - had, due);
            source.deposit(_id, address(_token), 1000);
        }
    }

    function test_they_are_closed_during_a_deposit_too() public {
        bytes memory claim = abi.encodeCall(IDesignShares.withdrawFees, (address(_token)));
        source.arm(address(shares), claim);
        vm.expectRevert(abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        source.deposit(_id, address(_token), 1000);
        source.arm(address(0), "");
        _token.arm(address(shares), claim, false, false);
        vm.expectRevert();
        source.deposit(_id, address(_token), 1000);
        vm.assertEq(shares.claimable(_id, address(_token), alice), 570);
    }

    /// @dev A skipped transfer that ran foreign code meanwhile: the credit is added back to the word as it is then.
    function test_shares_moved_during_a_failing_payout_are_not_undone() public {
        address[] memory holders = new address[](1);
        holders[0] = alice;
        vm.prank(alice);
        shares.setApprovalForAll(address(_token), true);
        _token.arm(
            address(shares), abi.encodeCall(shares.safeTransferFrom, (alice, carol, _id, 600_000, "")), false, true
        );
        vm.expectEmit(address(shares));
        emit IDesignShares.ClaimSkipped(_id, address(_token), alice);
        shares.claimFor(_id, address(_token), holders);
        vm.assertTrue(_token.called());
        vm.assertEq(shares.balanceOf(alice, _id), 0);
        vm.assertEq(shares.balanceOf(carol, _id), 600_000);
        vm.assertEq(shares.claimable(_id, address(_token), alice), 570);
        vm.assertEq(shares.claimable(_id, address(_token), carol), 0);
    }

    /// @dev Read in the middle of a deposit, `claimable` does not yet know the money that is on its way.
    function test_during_a_deposit_claimable_is_that_of_before() public {
        source.arm(address(this), abi.encodeCall(this.lookAround, ()));
        source.deposit(_id, address(_token), 1_000_000);
        vm.assertEq(_seen, 570);
        vm.assertEq(shares.claimable(_id, address(_token), alice), 570_570);
    }

    /// @dev Read in the middle of a payout, it does not count the money twice.
    function test_during_a_payout_claimable_is_that_of_after() public {
        _token.arm(address(this), abi.encodeCall(this.lookAround, ()), false, false);
        _seen = 1;
        vm.prank(alice);
        shares.claim(_id, address(_token));
        vm.assertEq(_seen, 0);
    }

    /// @dev Money that arrives by another way while a payment is asked for would be counted twice: all ways are closed,
    ///  and what is sent plainly makes the amounts differ.
    function test_one_payment_cannot_be_credited_twice() public {
        _token.mint(address(this), 1000);
        _token.approve(address(shares), 1000);
        source.arm(address(this), abi.encodeCall(this.donateMeanwhile, ()));
        vm.expectRevert(abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        source.deposit(_id, address(_token), 1000);
        source.arm(address(_token), abi.encodeCall(_token.transfer, (address(shares), 1)));
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__PaymentMismatch.selector, 1000, 1001));
        source.deposit(_id, address(_token), 1000);
    }

    function donateMeanwhile() external {
        shares.donate(_id, address(_token), 1000);
    }

    uint256 private _seen;

    function lookAround() external {
        _seen = shares.claimable(_id, address(_token), alice);
    }
}
