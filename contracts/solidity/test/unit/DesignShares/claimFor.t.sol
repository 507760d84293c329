// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {System} from "../../support/System.sol";

contract ClaimForTest is System {
    uint128 private _id;

    function setUp() public override {
        super.setUp();
        _id = registerShared(keccak256("output"), 600_000);
        source.deposit(_id, address(dollar), 10e6);
    }

    function test_anyone_pays_each_holder_to_their_own_address() public {
        address[] memory holders = list(alice, bob);
        vm.expectEmit(address(shares));
        emit IDesignShares.Claimed(_id, address(dollar), alice, 5_700_000);
        vm.expectEmit(address(shares));
        emit IDesignShares.Claimed(_id, address(dollar), bob, 3_800_000);
        vm.prank(stranger);
        shares.claimFor(_id, address(dollar), holders);
        vm.assertEq(dollar.balanceOf(alice), 5_700_000);
        vm.assertEq(dollar.balanceOf(bob), 3_800_000);
        vm.assertEq(dollar.balanceOf(stranger), 0);
    }

    function test_who_has_nothing_or_stands_twice_is_passed_over_in_silence() public {
        address[] memory holders = new address[](4);
        (holders[0], holders[1], holders[2], holders[3]) = (stranger, alice, alice, address(0));
        vm.recordLogs();
        shares.claimFor(_id, address(dollar), holders);
        vm.assertEq(vm.getRecordedLogs().length, 2); // one Transfer, one Claimed
        vm.assertEq(dollar.balanceOf(alice), 5_700_000);
        vm.assertEq(shares.claimable(_id, address(dollar), bob), 3_800_000);
    }

    function test_too_little_gas_reverts_instead_of_skipping() public {
        address[] memory holders = list(alice, bob);
        expectError(IDesignShares.DesignShares__NotEnoughGas.selector);
        shares.claimFor{gas: 190_000}(_id, address(dollar), holders);
        vm.assertEq(dollar.balanceOf(alice), 0);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 5_700_000);
    }

    function testFuzz_with_any_gas_all_are_paid_or_nobody(uint256 gas) public {
        gas = bound(gas, 30_000, 500_000);
        (bool succeeded,) = address(shares).call{gas: gas}(
            abi.encodeCall(IDesignShares.claimFor, (_id, address(dollar), list(alice, bob)))
        );
        vm.assertEq(dollar.balanceOf(alice), succeeded ? 5_700_000 : 0);
        vm.assertEq(dollar.balanceOf(bob), succeeded ? 3_800_000 : 0);
    }

    function test_an_unknown_currency_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, bob));
        shares.claimFor(_id, bob, list(alice, bob));
    }

    function list(address first, address second) private pure returns (address[] memory holders) {
        holders = new address[](2);
        (holders[0], holders[1]) = (first, second);
    }
}
