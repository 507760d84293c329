// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract ViewsTest is LedgerTest {
    uint128 private constant CHILD = 0x2222;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        registerShared(CHILD, 333_333);
        registry.link(CHILD, ENTRY, 100_000);
        source.donate(CHILD, NATIVE, 1000);
        source.donate(CHILD, address(dollar), 2000);
        source.donate(ENTRY, NATIVE, 50);
        shares.settle(ENTRY, NATIVE, idsOf(CHILD));
    }

    function test_accounts_tell_everything_of_an_entry_and_a_holder() public view {
        IDesignShares.Account[] memory lines = shares.accounts(ENTRY, alice);
        vm.assertEq(lines.length, 2);
        vm.assertEq(lines[0].currency, address(dollar));
        vm.assertEq(lines[0].claimable + lines[0].net + lines[0].reserved + lines[0].inbound + lines[0].own, 0);
        vm.assertEq(lines[1].currency, NATIVE);
        vm.assertEq(lines[1].claimable, 90);
        vm.assertEq(lines[1].net, 50);
        vm.assertEq(lines[1].reserved, 0);
        vm.assertEq(lines[1].inbound, 100);
        vm.assertEq(lines[1].own, 150);
        lines = shares.accounts(CHILD, bob);
        vm.assertEq(lines[0].claimable, 1200);
        vm.assertEq(lines[0].net, 2000);
        vm.assertEq(lines[0].reserved, 200);
        vm.assertEq(lines[0].own, 1800);
    }

    function test_claimables_are_a_table_of_entries_and_currencies() public view {
        uint256[][] memory rows = shares.claimables(alice, idsOf(ENTRY, CHILD));
        vm.assertEq(rows.length, 2);
        vm.assertEq(rows[0].length, 2);
        vm.assertEq(rows[0][0], 0);
        vm.assertEq(rows[0][1], 90);
        vm.assertEq(rows[1][0], 599);
        vm.assertEq(rows[1][1], 299);
        vm.assertEq(shares.claimable(CHILD, NATIVE, alice), 299);
        vm.assertEq(shares.claimables(alice, new uint128[](0)).length, 0);
    }

    function test_an_ancestors_account_knows_what_waits() public {
        source.donate(CHILD, NATIVE, 500);
        (uint256 earned, uint256 settled) = shares.ancestorAccount(CHILD, ENTRY, NATIVE);
        vm.assertEq(earned, 150);
        vm.assertEq(settled, 100);
        (earned, settled) = shares.ancestorAccount(ENTRY, CHILD, NATIVE);
        vm.assertEq(earned + settled, 0);
    }

    function test_unknown_currencies_are_told() public {
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.claimable(ENTRY, alice, alice);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.totals(ENTRY, alice);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.currencyIndex(alice);
    }

    function testFuzz_share_ids_have_no_royalty(uint256 id, uint256 price) public view {
        (address receiver, uint256 amount) = shares.royaltyInfo(id, price);
        vm.assertEq(receiver, address(0));
        vm.assertEq(amount, 0);
    }

    function test_interfaces_are_told() public view {
        vm.assertTrue(shares.supportsInterface(type(IERC1155).interfaceId));
        vm.assertTrue(shares.supportsInterface(type(IERC2981).interfaceId));
        vm.assertTrue(shares.supportsInterface(type(IERC165).interfaceId));
        vm.assertFalse(shares.supportsInterface(0xffffffff));
    }
}
