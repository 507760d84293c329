// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {PlainToken} from "../../support/Tokens.sol";
import {System} from "../../support/System.sol";

contract AddCurrencyTest is System {
    function test_currencies_keep_their_order() public {
        PlainToken token = new PlainToken();
        vm.expectEmit(address(shares));
        emit IDesignShares.CurrencyAdded(address(token), 1);
        shares.addCurrency(address(token));
        address[] memory expected = new address[](2);
        (expected[0], expected[1]) = (address(dollar), address(token));
        vm.assertEq(shares.currencies(), expected);
        vm.assertEq(shares.currencyIndex(address(dollar)), 0);
        vm.assertEq(shares.currencyIndex(address(token)), 1);
    }

    function test_the_native_coins_place_accounts_and_known_currencies_are_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__NotACurrency.selector, 0));
        shares.addCurrency(address(0));
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__NotACurrency.selector, alice));
        shares.addCurrency(alice);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__CurrencyKnown.selector, dollar));
        shares.addCurrency(address(dollar));
        vm.assertEq(shares.currencies().length, 1);
    }

    function test_depositors_are_set_by_the_administrator_alone() public {
        vm.expectEmit(address(shares));
        emit IDesignShares.DepositorChanged(alice, true);
        shares.setDepositor(alice, true);
        vm.assertTrue(shares.isDepositor(alice));
        shares.setDepositor(alice, false);
        vm.assertFalse(shares.isDepositor(alice));
        expectUnauthorized(operator);
        vm.prank(operator);
        shares.setDepositor(operator, true);
        vm.assertFalse(shares.isDepositor(operator));
    }
}
