// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {PlainToken} from "../support/Tokens.sol";
import {System} from "../support/System.sol";

/// @dev A list of revenue tokens that anyone can lengthen makes every share transfer dearer, up to impossible (Story's
///  vault loops over all tokens it ever got). Here only the administrator adds, four for life, and dust of a token that
///  is not in the list cannot even be deposited.
contract CurrencyListFilledTest is System {
    function test_nobody_but_the_administrator_adds_a_currency() public {
        address worthless = address(new PlainToken());
        address[3] memory others = [stranger, operator, address(market)];
        for (uint256 i = 0; i < 3; ++i) {
            expectUnauthorized(others[i]);
            vm.prank(others[i]);
            shares.addCurrency(worthless);
        }
        vm.assertEq(shares.currencies().length, 2);
    }

    function test_a_worthless_token_cannot_be_deposited() public {
        uint128 id = registerAlone(keccak256("output"));
        PlainToken worthless = new PlainToken();
        worthless.mint(address(source), 1e18);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, worthless));
        source.deposit(id, address(worthless), 1);
    }

    function test_four_are_the_end_and_a_transfer_stays_affordable() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        for (uint256 i = 0; i < 3; ++i) {
            PlainToken token = new PlainToken();
            if (i == 2) {
                expectError(IDesignShares.DesignShares__CurrencyListFull.selector);
                shares.addCurrency(address(token));
            } else {
                shares.addCurrency(address(token));
                token.mint(address(source), 1e9);
                source.deposit(id, address(token), 1e9);
            }
        }
        source.deposit(id, address(dollar), 1e9);
        vm.deal(address(source), 1e18);
        source.deposit(id, NATIVE, 1e18);
        uint256 before = gasleft();
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, id, 1, "");
        vm.assertLt(before - gasleft(), 220_000, "a transfer in four currencies costs too much");
    }
}
