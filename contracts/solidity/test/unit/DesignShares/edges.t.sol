// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";
import {DenyListToken} from "../../support/Tokens.sol";
import {Vm} from "../../support/Vm.sol";

/// @dev Smallest amounts, largest amounts, and the first currency, whose words stand with the units.
contract EdgesTest is LedgerTest {
    uint128 private constant CHILD = 0x2222;
    uint128 private constant OTHER = 0x3333;

    function test_a_payout_that_fails_in_the_first_currency_stays_owed_to_the_unit() public {
        deploy(address(0));
        registerShared(ENTRY, 333_333);
        DenyListToken token = new DenyListToken();
        shares.addCurrency(address(token));
        token.mint(address(source), 2000);
        source.donate(ENTRY, address(token), 1000);
        token.setDenied(alice, true);
        vm.expectEmit(address(shares));
        emit IDesignShares.ClaimSkipped(ENTRY, address(token), alice);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob));
        vm.assertEq(token.balanceOf(bob), 666);
        vm.assertEq(shares.claimable(ENTRY, address(token), alice), 333);
        vm.assertEq(shares.balanceOf(alice, ENTRY), 333_333);
        token.setDenied(alice, false);
        source.donate(ENTRY, address(token), 1000);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob));
        vm.assertEq(token.balanceOf(alice), 666); // 2,000 times 333,333 millionths
        vm.assertEq(token.balanceOf(bob), 1333);
    }

    function test_the_first_units_of_each_co_creator_are_in_the_log_and_nothing_else() public {
        vm.recordLogs();
        registerShared(ENTRY, 600_000);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 2);
        for (uint256 i = 0; i < 2; ++i) {
            vm.assertEq(logs[i].emitter, address(shares));
            vm.assertEq(logs[i].topics[0], IERC1155.TransferSingle.selector);
            vm.assertEq(logs[i].topics[1], bytes32(uint256(uint160(address(registry)))));
            vm.assertEq(logs[i].topics[2], 0);
            vm.assertEq(logs[i].topics[3], bytes32(uint256(uint160(i == 0 ? alice : bob))));
            vm.assertEq(logs[i].data, abi.encode(ENTRY, i == 0 ? 600_000 : 400_000));
        }
    }

    /// @dev Alice's code keeps the gas that it finds: GAS PUSH0 SSTORE STOP. Native coin brings 2,300.
    function test_each_holder_is_given_150_000_gas_and_no_call_needs_much_more() public {
        registerShared(ENTRY, 600_000);
        source.donate(ENTRY, NATIVE, 10);
        vm.etch(alice, hex"5a5f5500");
        address[] memory holders = new address[](1);
        holders[0] = alice;
        shares.claimFor{gas: 260_000}(ENTRY, NATIVE, holders);
        vm.assertEq(alice.balance, 6);
        vm.assertEq(uint256(vm.load(alice, 0)), 150_000 + 2300 - 2);
    }

    function test_the_first_base_unit_of_all_is_settled_when_units_move() public {
        registerShared(ENTRY, 600_000);
        source.donate(ENTRY, NATIVE, 1);
        move(alice, carol, ENTRY, 600_000);
        source.donate(ENTRY, NATIVE, 9);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, carol), 5); // 0.6 of 9, not of 10
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 0);
    }

    function test_inbound_money_reaches_its_limit_and_no_unit_more() public {
        registerAlone(ENTRY);
        registerAlone(CHILD);
        registerAlone(OTHER);
        registry.link(CHILD, ENTRY, 500_000);
        registry.link(OTHER, ENTRY, 500_000);
        source.depositFrom(CHILD, NATIVE, type(uint96).max, 4, 0);
        source.depositFrom(OTHER, NATIVE, type(uint96).max, 4, 0);
        registerAlone(0x4444);
        registry.link(0x4444, ENTRY, 500_000);
        source.depositFrom(0x4444, NATIVE, 2, 4, 0);
        shares.settle(ENTRY, NATIVE, idsOf(CHILD, OTHER));
        vm.assertEq(shares.settle(ENTRY, NATIVE, idsOf(0x4444)), 1);
        (,,, uint256 inbound) = shares.totals(ENTRY, NATIVE);
        vm.assertEq(inbound, type(uint96).max);
        source.depositFrom(0x4444, NATIVE, 2, 4, 0);
        expectError(IDesignShares.DesignShares__RevenueLimit.selector);
        shares.settle(ENTRY, NATIVE, idsOf(0x4444));
    }
}
