// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";
import {PlainToken} from "../../support/Tokens.sol";

contract AddCurrencyTest is LedgerTest {
    function test_currencies_keep_their_order() public {
        PlainToken token = new PlainToken();
        vm.expectEmit(address(shares));
        emit IDesignShares.CurrencyAdded(address(token), 2);
        shares.addCurrency(address(token));
        address[] memory expected = new address[](3);
        (expected[0], expected[1], expected[2]) = (address(dollar), NATIVE, address(token));
        vm.assertEq(shares.currencies(), expected);
        vm.assertEq(shares.currencyIndex(address(dollar)), 0);
        vm.assertEq(shares.currencyIndex(NATIVE), 1);
        vm.assertEq(shares.currencyIndex(address(token)), 2);
    }

    function test_accounts_without_code_and_known_currencies_are_refused() public {
        expectError(IDesignShares.DesignShares__NotACurrency.selector, alice);
        shares.addCurrency(alice);
        expectError(IDesignShares.DesignShares__CurrencyKnown.selector, address(dollar));
        shares.addCurrency(address(dollar));
        expectError(IDesignShares.DesignShares__CurrencyKnown.selector, NATIVE);
        shares.addCurrency(NATIVE);
        vm.assertEq(shares.currencies().length, 2);
    }

    function test_the_list_has_four_places_for_life() public {
        shares.addCurrency(address(new PlainToken()));
        shares.addCurrency(address(new PlainToken()));
        vm.prank(treasurer);
        shares.closeCurrency(NATIVE, true);
        address fifth = address(new PlainToken());
        expectError(IDesignShares.DesignShares__CurrencyListFull.selector);
        shares.addCurrency(fifth);
    }

    function test_only_the_administrator_adds() public {
        address token = address(new PlainToken());
        expectUnauthorized(treasurer);
        vm.prank(treasurer);
        shares.addCurrency(token);
    }

    function test_a_later_currency_has_the_fee_of_all_others() public {
        vm.prank(treasurer);
        shares.scheduleFee(10_000);
        PlainToken token = new PlainToken();
        shares.addCurrency(address(token));
        token.mint(address(source), 1e9);
        registerAlone(ENTRY);
        source.deposit(ENTRY, address(token), 1e6);
        vm.assertEq(shares.feesHeld(address(token)), 50_000);
        vm.warp(block.timestamp + 14 days);
        source.deposit(ENTRY, address(token), 1e6);
        vm.assertEq(shares.feesHeld(address(token)), 60_000);
    }
}
