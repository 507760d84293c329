// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {NoReturnToken} from "../../support/Tokens.sol";
import {System} from "../../support/System.sol";

contract ClaimTest is System {
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _id = registerShared(keccak256("output"), 333_333);
    }

    function test_the_caller_gets_all_whole_units_and_keeps_the_rest_as_credit() public {
        source.deposit(_id, address(dollar), 100);
        vm.expectEmit(address(shares));
        emit IDesignShares.Claimed(_id, address(dollar), alice, 31);
        vm.prank(alice);
        vm.assertEq(shares.claim(_id, address(dollar)), 31); // 333,333 of 95 = 31.666635
        vm.assertEq(dollar.balanceOf(alice), 31);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 0);
        vm.assertEq(shares.claimable(_id, address(dollar), bob), 63);
        source.deposit(_id, address(dollar), 20); // 333,333 of 114 = 37.999962
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 6);
        source.deposit(_id, address(dollar), 20); // of 133 = 44.333289
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 13);
    }

    function test_with_nothing_to_claim_it_reverts() public {
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        vm.prank(alice);
        shares.claim(_id, address(dollar));
        source.deposit(_id, address(dollar), 1e6);
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        vm.prank(stranger);
        shares.claim(_id, address(dollar));
        vm.startPrank(alice);
        shares.claim(_id, address(dollar));
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        shares.claim(_id, address(dollar));
        vm.stopPrank();
        vm.assertEq(dollar.balanceOf(alice), 316_666);
    }

    function test_an_unknown_currency_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, bob));
        vm.prank(alice);
        shares.claim(_id, bob);
    }

    function test_currencies_are_claimed_apart_also_one_that_returns_nothing() public {
        NoReturnToken second = new NoReturnToken();
        shares.addCurrency(address(second));
        second.mint(address(source), 1e9);
        source.deposit(_id, address(dollar), 3000);
        source.deposit(_id, address(second), 6000);
        vm.startPrank(alice);
        vm.assertEq(shares.claim(_id, address(second)), 1899);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 949);
        vm.assertEq(shares.claim(_id, address(dollar)), 949);
        vm.stopPrank();
        vm.assertEq(second.balanceOf(alice), 1899);
        vm.assertEq(dollar.balanceOf(alice), 949);
        vm.assertEq(shares.claimable(_id, address(second), bob), 3800);
    }
}
