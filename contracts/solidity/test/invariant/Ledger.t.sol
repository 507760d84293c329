// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignShares} from "../../src/DesignShares.sol";
import {Campaign} from "../support/Campaign.sol";
import {LedgerWords} from "../support/LedgerWords.sol";
import {LedgerHandler} from "./handlers/LedgerHandler.sol";

/// @dev Numbers are those of the invariants in docs/contracts/invariants.md.
contract LedgerInvariants is Campaign, LedgerWords {
    uint256 private constant SUPPLY = 1_000_000;
    uint256 private constant HOLDERS = 6;
    uint256 private constant CURRENCIES = 4;
    LedgerHandler private _handler;
    DesignShares private _shares;
    // They never change, and are read at every step.
    address[6] private _holders;
    address[4] private _currencies;

    function setUp() public override {
        _handler = new LedgerHandler();
        _handler.setUp();
        campaignOf(address(_handler));
        action(LedgerHandler.actRegister.selector, 1);
        action(LedgerHandler.actDeposit.selector, 4);
        action(LedgerHandler.actDonate.selector, 1);
        action(LedgerHandler.actSweep.selector, 1);
        action(LedgerHandler.actSettle.selector, 2);
        action(LedgerHandler.actStray.selector, 1);
        action(LedgerHandler.actTransfer.selector, 2);
        action(LedgerHandler.actBatch.selector, 1);
        action(LedgerHandler.actClaim.selector, 2);
        action(LedgerHandler.actClaimMany.selector, 1);
        action(LedgerHandler.actClaimOrder.selector, 1);
        action(LedgerHandler.actClaimFor.selector, 2);
        action(LedgerHandler.actWithdrawFees.selector, 1);
        action(LedgerHandler.actTurnHostile.selector, 2);
        action(LedgerHandler.actScheduleFee.selector, 1);
        action(LedgerHandler.actWait.selector, 1);
        action(LedgerHandler.actSetStatus.selector, 1);
        action(LedgerHandler.actCloseCurrency.selector, 1);
        _shares = _handler.ledger();
        for (uint256 i = 0; i < HOLDERS; ++i) {
            _holders[i] = _handler.holders(i);
        }
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            _currencies[i] = _handler.currencies(i);
        }
    }

    /// @dev One campaign for all: what the last action touched after each call, everything at the end.
    function invariant_the_books_hold() public view {
        uint128 id = _handler.touchedEntry();
        uint256 index = _handler.touchedCurrency();
        checkMoney(id, index);
        checkBalance(index);
    }

    function afterInvariant() public view override {
        uint256 count = _handler.entryCount();
        for (uint256 index = 0; index < CURRENCIES; ++index) {
            uint256 promised = _shares.feesHeld(_currencies[index]);
            for (uint256 i = 0; i < count; ++i) {
                uint128 id = _handler.entries(i);
                promised += checkMoney(id, index) + checkAncestors(id, index);
            }
            checkBalance(index);
            vm.assertLe(
                promised, _handler.balanceOf(index, address(_shares)), "2: more is promised than the ledger holds"
            );
        }
        vm.assertFalse(_handler.gained(), "11: a currency that called back gained something");
    }

    function test_every_action_succeeds_now_and_then() public {
        live(30);
        hasHappened("child registered");
        hasHappened("deposited");
        hasHappened("deposit refused");
        hasHappened("donated");
        hasHappened("swept");
        hasHappened("settled");
        hasHappened("units moved");
        hasHappened("units moved together");
        hasHappened("claimed");
        hasHappened("claim refused");
        hasHappened("claimed from many");
        hasHappened("claimed by order");
        hasHappened("claimed for someone");
        hasHappened("claim skipped");
        hasHappened("claimed in a hook");
        hasHappened("fees withdrawn");
    }

    /// @return promised What all holders could claim now.
    function checkMoney(uint128 id, uint256 index) private view returns (uint256 promised) {
        LedgerHandler.Book memory book = checkTotals(id, index);
        (uint256[6] memory held, uint256[6] memory due) = _handler.holdingsOf(id, index);
        uint256 outstanding = 0;
        uint256 unitsInAll = 0;
        for (uint256 h = 0; h < HOLDERS; ++h) {
            address holder = _holders[h];
            vm.assertEq(unitsOf(id, holder), held[h], "units are not those of the transfers");
            unitsInAll += held[h];
            uint256 owed = wordOf(address(_shares), id, index, holder).owedAt(held[h], book.own);
            vm.assertEq(owed, due[h], "4, 6: a holder is not owed what they earned");
            outstanding += owed;
            uint256 claimable = _shares.claimable(id, _currencies[index], holder);
            vm.assertEq(claimable, owed / SUPPLY, "claimable is not what is owed");
            promised += claimable;
        }
        vm.assertEq(unitsInAll, SUPPLY, "7: share supply changed");
        vm.assertEq(outstanding + SUPPLY * book.paid, SUPPLY * book.own, "1: the books do not balance");
    }

    function checkTotals(uint128 id, uint256 index) private view returns (LedgerHandler.Book memory book) {
        book = _handler.bookOf(id, index);
        (uint256 net, uint256 own, uint256 reserved, uint256 inbound) = _shares.totals(id, _currencies[index]);
        vm.assertEq(net + book.feeScaled / 1_000_000, book.gross, "3, 5: net and fees are not gross");
        vm.assertEq(reserved, book.reserved, "5: the cut of deposits changed the ancestors' part");
        vm.assertEq(inbound, book.inbound, "inbound is not what was settled");
        vm.assertEq(own, book.own, "3: own is not what is left, and what came");
    }

    function unitsOf(uint128 id, address holder) private view returns (uint256) {
        return wordOf(address(_shares), id, 0, holder).units();
    }

    /// @return promised What all ancestors could settle now.
    function checkAncestors(uint128 id, uint256 index) private view returns (uint256 promised) {
        uint128[] memory ancestors = _handler.ancestorsOf(id);
        LedgerHandler.Book memory book = _handler.bookOf(id, index);
        uint256 earnedInAll = 0;
        for (uint256 i = 0; i < ancestors.length; ++i) {
            (uint256 earned, uint256 settled) = _shares.ancestorAccount(id, ancestors[i], _currencies[index]);
            vm.assertEq(earned, book.net * _handler.parts(id, ancestors[i]) / 1_000_000, "an ancestor's part is wrong");
            vm.assertEq(settled, _handler.settled(id, ancestors[i], index), "settled is not what was settled");
            earnedInAll += earned;
            promised += earned - settled;
        }
        vm.assertLe(earnedInAll, book.reserved, "2: ancestors earned more than is reserved");
        uint256 dust = ancestors.length == 0 ? 0 : ancestors.length - 1;
        vm.assertLe(book.reserved - earnedInAll, dust, "2: more dust than stated");
    }

    function checkBalance(uint256 index) private view {
        LedgerHandler.Sums memory sums = _handler.sumsOf(index);
        uint256 fees = _shares.feesHeld(_currencies[index]);
        vm.assertEq(fees + sums.feesWithdrawn, sums.fees, "3: fees were lost or made");
        vm.assertEq(sums.net + sums.fees, sums.gross, "3: own, ancestors and fee are not gross");
        vm.assertEq(
            _handler.balanceOf(index, address(_shares)),
            (sums.own - sums.paid) + (sums.reserved - sums.settledAway) + fees + sums.stray,
            "2: the ledger does not hold what it owes"
        );
    }
}
