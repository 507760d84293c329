// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignShares} from "../../../src/DesignShares.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract WithdrawFeesTest is LedgerTest {
    function test_fees_go_to_the_treasury_whoever_calls_and_nobodys_claim_changes() public {
        registerShared(ENTRY, 600_000);
        for (uint256 i = 0; i < 2; ++i) {
            address currency = i == 0 ? address(dollar) : NATIVE;
            source.deposit(ENTRY, currency, 10e6);
            vm.expectEmit(address(shares));
            emit IDesignShares.FeesWithdrawn(currency, treasury, 500_000);
            vm.prank(stranger);
            vm.assertEq(shares.withdrawFees(currency), 500_000);
            vm.assertEq(balanceOf(currency, treasury), 500_000);
            vm.assertEq(shares.feesHeld(currency), 0);
            vm.assertEq(shares.claimable(ENTRY, currency, alice), 5_700_000);
            expectError(IDesignShares.DesignShares__NothingToClaim.selector);
            shares.withdrawFees(currency);
            source.deposit(ENTRY, currency, 10e6); // the currency is as known as before
            vm.assertEq(shares.feesHeld(currency), 500_000);
        }
    }

    /// @dev Fees that cannot be sent wait, and nobody else's money waits with them.
    function test_a_treasury_that_refuses_coin_blocks_only_itself() public {
        shares = new DesignShares(address(manager), address(registry), address(dollar), FEE_PPM, address(0));
        registry.bind(shares);
        shares.addCurrency(NATIVE);
        shares.setDepositor(address(this), true);
        registerAlone(ENTRY);
        vm.deal(address(this), 1e6);
        shares.deposit{value: 1e6}(ENTRY, NATIVE, 1e6, 1, 0, "");
        expectError(IDesignShares.DesignShares__TransferFailed.selector, address(dollar));
        shares.withdrawFees(NATIVE);
        vm.assertEq(shares.feesHeld(NATIVE), 50_000);
        vm.prank(alice);
        vm.assertEq(shares.claim(ENTRY, NATIVE), 950_000);
    }

    function test_an_unknown_currency_is_refused() public {
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.withdrawFees(alice);
        expectError(IDesignShares.DesignShares__UnknownCurrency.selector, alice);
        shares.feesHeld(alice);
    }
}
