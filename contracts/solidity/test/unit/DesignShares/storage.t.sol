// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Holding} from "../../../src/lib/Holding.sol";
import {PlainToken} from "../../support/Tokens.sol";
import {LedgerWords} from "../../support/LedgerWords.sol";
import {System} from "../../support/System.sol";

contract StorageTest is System, LedgerWords {
    function test_units_index_and_debt_stand_in_the_documented_words() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        PlainToken second = new PlainToken();
        shares.addCurrency(address(second));
        second.mint(address(source), 1e9);
        source.deposit(id, address(dollar), 10e6);
        source.deposit(id, address(second), 1001);

        Holding word = wordOf(address(shares), id, 0, alice);
        vm.assertEq(Holding.unwrap(word), uint256(600_000) << 232); // nothing is written for a deposit
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, id, 100_000, "");

        word = wordOf(address(shares), id, 0, alice);
        vm.assertEq(word.units(), 500_000);
        vm.assertEq(word.index(), 9_500_000);
        vm.assertEq(word.owed(), 9_500_000 * 600_000);
        word = wordOf(address(shares), id, 0, carol);
        vm.assertEq(Holding.unwrap(word), (uint256(100_000) << 232) | (uint256(9_500_000) << 128));
        word = wordOf(address(shares), id, 2, alice);
        vm.assertEq(Holding.unwrap(word), (uint256(951) << 128) | (951 * 600_000));
        word = wordOf(address(shares), id, 2, carol);
        vm.assertEq(Holding.unwrap(word), uint256(951) << 128);
    }
}
