// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignShares} from "../../src/DesignShares.sol";
import {Holding} from "../../src/lib/Holding.sol";
import {LedgerWords} from "../support/LedgerWords.sol";
import {InvariantTest} from "../support/Test.sol";
import {LedgerHandler} from "./handlers/LedgerHandler.sol";

/// @dev Numbers are those of the invariants in docs/contracts/invariants.md.
contract LedgerInvariants is InvariantTest, LedgerWords {
    uint256 private constant SUPPLY = 1_000_000;
    LedgerHandler private _handler;
    DesignShares private _shares;

    function setUp() public {
        _handler = new LedgerHandler();
        _shares = _handler.shares();
    }

    function targetContracts() public view override returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(_handler);
    }

    function targetSelectors() public view override returns (FuzzSelector[] memory list) {
        bytes4[] memory selectors = new bytes4[](13);
        selectors[0] = LedgerHandler.actRegister.selector;
        selectors[1] = LedgerHandler.actDeposit.selector;
        selectors[2] = LedgerHandler.actTransfer.selector;
        selectors[3] = LedgerHandler.actBatch.selector;
        selectors[4] = LedgerHandler.actClaim.selector;
        selectors[5] = LedgerHandler.actClaimFor.selector;
        selectors[6] = LedgerHandler.actWithdrawFees.selector;
        selectors[7] = LedgerHandler.actDonate.selector;
        selectors[8] = LedgerHandler.actTurnHostile.selector;
        // Money and movement more often than the rest.
        selectors[9] = LedgerHandler.actDeposit.selector;
        selectors[10] = LedgerHandler.actTransfer.selector;
        selectors[11] = LedgerHandler.actDeposit.selector;
        selectors[12] = LedgerHandler.actSettle.selector;
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @dev One campaign for all: what the last action touched after each call, everything at the end.
    function invariant_the_books_hold() public view {
        checkUnits(_handler.touchedEntry());
        checkMoney(_handler.touchedEntry(), _handler.touchedCurrency());
        checkBalance(_handler.currencies(_handler.touchedCurrency()));
    }

    function afterInvariant() public view {
        for (uint256 i = 0; i < _handler.entryCount(); ++i) {
            checkUnits(_handler.entries(i));
            for (uint256 c = 0; c < 4; ++c) {
                checkMoney(_handler.entries(i), c);
            }
        }
        for (uint256 c = 0; c < 4; ++c) {
            checkBalance(_handler.currencies(c));
        }
    }

    function checkUnits(uint128 id) private view {
        uint256 unitsInAll = 0;
        for (uint256 h = 0; h < 4; ++h) {
            address holder = _handler.holders(h);
            uint256 units = _shares.balanceOf(holder, id);
            vm.assertEq(units, _handler.units(id, holder), "units are not those of the transfers");
            unitsInAll += units;
        }
        vm.assertEq(unitsInAll, SUPPLY, "7: share supply changed");
    }

    function checkMoney(uint128 id, uint256 index) private view {
        address currency = _handler.currencies(index);
        (uint256 net, uint256 own, uint256 reserved, uint256 inbound) = _shares.totals(id, currency);
        uint256 gross = _handler.gross(id, currency);
        vm.assertEq(net, _handler.netOf(gross), "3, 5: the cut of deposits changed the fee");
        vm.assertEq(reserved, net * _handler.stack(id) / 1_000_000, "3: the ancestors' part is another one");
        vm.assertEq(inbound, _handler.inbound(id, currency), "inbound is not what was settled");
        vm.assertEq(own, net - reserved + inbound, "3: own is not the rest");
        checkAncestors(id, currency, net, reserved);

        checkHolders(id, index, own);
    }

    function checkHolders(uint128 id, uint256 index, uint256 own) private view {
        address currency = _handler.currencies(index);
        uint256 outstanding = 0;
        for (uint256 h = 0; h < 4; ++h) {
            address holder = _handler.holders(h);
            uint256 owed = wordOf(address(_shares), id, index, holder).owedAt(_shares.balanceOf(holder, id), own);
            outstanding += owed;
            uint256 due = _handler.earnedScaled(id, currency, holder) - _handler.paid(id, currency, holder) * SUPPLY;
            vm.assertEq(owed, due, "4, 6: a holder is not owed what they earned");
            vm.assertEq(_shares.claimable(id, currency, holder), due / SUPPLY, "claimable is not what is owed");
        }
        vm.assertEq(
            outstanding + SUPPLY * _handler.paidInAll(id, currency), SUPPLY * own, "1: the books do not balance"
        );
    }

    /// @dev The reserve covers every ancestor's floor; what nobody can ever settle is less than their number.
    function checkAncestors(uint128 id, address currency, uint256 net, uint256 reserved) private view {
        uint256 earnedInAll = 0;
        uint256 count = _handler.ancestorCount(id);
        for (uint256 i = 0; i < count; ++i) {
            uint128 ancestor = _handler.ancestors(id, i);
            (uint256 earned, uint256 settled) = _shares.ancestorAccount(id, ancestor, currency);
            vm.assertEq(earned, net * _handler.partOf(id, ancestor) / 1_000_000, "an ancestor earned another amount");
            vm.assertEq(settled, _handler.settled(id, ancestor, currency), "settled is another amount");
            vm.assertLe(settled, earned, "settled more than earned");
            earnedInAll += earned;
        }
        vm.assertLe(earnedInAll, reserved, "2: ancestors earn more than is reserved");
        vm.assertLe(reserved - earnedInAll, count == 0 ? 0 : count - 1, "2: the dust is above its bound");
    }

    function checkBalance(address currency) private view {
        uint256 held = _shares.feesHeld(currency) + _handler.donated(currency);
        uint256 fees = 0;
        for (uint256 i = 0; i < _handler.entryCount(); ++i) {
            uint128 id = _handler.entries(i);
            (uint256 net, uint256 own, uint256 reserved,) = _shares.totals(id, currency);
            held += own - _handler.paidInAll(id, currency) + reserved - _handler.settledFrom(id, currency);
            fees += _handler.gross(id, currency) - net;
        }
        vm.assertEq(_handler.balanceOf(currency, address(_shares)), held, "2: the ledger does not hold what it owes");
        vm.assertEq(fees, _shares.feesHeld(currency) + _handler.feesWithdrawn(currency), "3: fees were lost or made");
    }
}
