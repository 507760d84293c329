// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {IRoyaltyInbox} from "../../../src/interfaces/IRoyaltyInbox.sol";
import {DesignShares} from "../../../src/DesignShares.sol";
import {HostileHolder} from "../../support/Holders.sol";
import {HostileToken} from "../../support/Tokens.sol";
import {LedgerBooks} from "./LedgerBooks.sol";
import {Mintable} from "./LedgerCurrencies.sol";

/// @dev Drives the whole system's ledger over entries with lineage: in native coin, in a token of 6 decimals with a deny
///  list, in one that misbehaves and one that answers nothing; three of six holders are contracts that misbehave.
contract LedgerHandler is LedgerBooks {
    uint256 internal constant MAX_ENTRIES = 9;

    /// @dev What the last action touched; everything is checked at the end of each run.
    uint128 public touchedEntry;
    uint256 public touchedCurrency;

    mapping(address holder => uint128) private _armedEntry;
    mapping(address holder => uint256) private _armedIndex;
    uint256 private _orders;

    function setUp() public override {
        super.setUp();
        (_feeNow, _feeNext, _time) = (FEE_PPM, FEE_PPM, block.timestamp);
        holders = [
            alice, bob, carol, address(new HostileHolder()), address(new HostileHolder()), address(new HostileHolder())
        ];
        // A model and a dataset with standing terms; a design of the model; a remix of that design and the dataset.
        uint128 model = create(new uint128[](0), 100_000, false);
        uint128 data = create(new uint128[](0), 33_333, true);
        uint128 design = create(several(model, model), 200_000, true);
        create(several(design, data), 77_777, false);
        spread(model, 333_333);
        spread(data, 1);
        spread(design, 250_000);
        // Wherever it is asked to call back, it tries to be paid again.
        _hostile.arm(address(shares), abi.encodeCall(IDesignShares.claim, (design, address(_hostile))));
    }

    // ------------------------------------------------------------------ actions: money in

    function actRegister(uint256 parentSeed, uint256 otherSeed, uint256 ppm, uint256 binding) external {
        if (entries.length == MAX_ENTRIES) return;
        uint128 parent = entries[parentSeed % entries.length];
        uint128[] memory parents = several(parent, entries[otherSeed % entries.length]);
        // More than half for ancestors, or a parent that is not available: no child.
        try this.tryToCreate(parents, uint32(bound(ppm, 0, 150_000)), binding % 2 == 0) {} catch {}
    }

    /// @dev All of alice's units stay hers until the campaign moves them.
    function tryToCreate(uint128[] calldata parents, uint32 ppm, bool binding) external {
        require(msg.sender == address(this), "for actRegister");
        create(parents, ppm, binding);
        happened("child registered");
    }

    function actDeposit(uint256 entrySeed, uint256 currencySeed, uint256 amount, uint256 origin) external {
        (uint128 id, uint256 index) = pick(entrySeed, currencySeed);
        amount = amountOf(index, amount);
        uint8 from = uint8(origin % 4 + 1);
        bring(address(source), index, amount);
        vm.warp(_time);
        bool accepted = accepts(id, index, from);
        if (accepted) noteDeposit(id, index, amount, from < 4 ? feeNow() : 0);
        try source.depositFrom(id, currencies[index], amount, from, 0) {
            vm.assertTrue(accepted, "14: a deposit was accepted");
            happened("deposited");
        } catch {
            vm.assertFalse(accepted, "a deposit was refused");
            happened("deposit refused");
        }
    }

    function actDonate(uint256 entrySeed, uint256 currencySeed, uint256 amount) external {
        (uint128 id, uint256 index) = pick(entrySeed, currencySeed);
        if (!accepts(id, index, 6)) return;
        amount = amountOf(index, amount);
        address currency = currencies[index];
        bring(buyer, index, amount);
        noteDeposit(id, index, amount, 0);
        happened("donated");
        vm.startPrank(buyer);
        if (currency == NATIVE) {
            shares.donate{value: amount}(id, currency, amount);
        } else {
            Mintable(currency).approve(address(shares), amount);
            shares.donate(id, currency, amount);
        }
        vm.stopPrank();
    }

    function actSweep(uint256 entrySeed, uint256 currencySeed, uint256 amount) external {
        (uint128 id, uint256 index) = pick(entrySeed, currencySeed);
        address inbox = licenses.createInbox(id);
        bring(inbox, index, amountOf(index, amount));
        // What could not be swept before comes along.
        amount = balanceOf(index, inbox);
        bool accepted = accepts(id, index, 5);
        if (accepted) noteDeposit(id, index, amount, 0);
        try IRoyaltyInbox(payable(inbox)).sweep(currencies[index]) returns (uint256 swept) {
            vm.assertTrue(accepted, "14: a sweep was accepted");
            vm.assertEq(swept, amount, "an inbox was not emptied");
            happened("swept");
        } catch {
            vm.assertFalse(accepted, "a sweep was refused");
        }
    }

    /// @dev Of any entries, also unrelated ones and the same again.
    function actSettle(uint256 ancestorSeed, uint256 currencySeed, uint256 first, uint256 count) external {
        (uint128 ancestor, uint256 index) = pick(ancestorSeed, currencySeed);
        uint128[] memory list = new uint128[](bound(count, 1, 4));
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = entries[(first >> i * 8) % entries.length];
        }
        uint256 expected = noteSettled(ancestor, index, list);
        vm.prank(stranger);
        uint256 amount = shares.settle(ancestor, currencies[index], list);
        vm.assertEq(amount, expected, "a settlement credited another amount");
        if (amount != 0) happened("settled");
    }

    /// @dev Someone sends money to the ledger outside of any deposit: nobody's, and in nobody's way.
    function actStray(uint256 currencySeed, uint256 amount) external {
        uint256 index = currencySeed % CURRENCIES;
        amount = amountOf(index, amount);
        _sums[index].stray += amount;
        bring(address(shares), index, amount);
        touchedCurrency = index;
    }

    // ------------------------------------------------------------------ actions: units

    function actTransfer(uint256 entrySeed, uint256 fromSeed, uint256 toSeed, uint256 value) external {
        (uint128 id,) = pick(entrySeed, value);
        (address from, address to) = (holders[fromSeed % HOLDERS], holders[toSeed % HOLDERS]);
        value = bound(value, 0, units[id][from]);
        uint256[8] memory before = claimsOf(id, from, to);
        noteMoved(id, from, to, value);
        uint256 had = armedBalance(to);
        vm.prank(from);
        shares.safeTransferFrom{gas: 5_000_000}(from, to, id, value, "");
        uint256 got = noteHook(to, had);
        if (value != 0) happened("units moved");
        uint256[8] memory afterwards = claimsOf(id, from, to);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 taken = _armedEntry[to] == id && _armedIndex[to] == i ? got : 0;
            vm.assertEq(afterwards[i + 4] + taken, before[i + 4], "6: a transfer changed the receiver's claim");
            if (from == to) continue;
            vm.assertEq(afterwards[i], before[i], "6: a transfer changed the sender's claim");
        }
    }

    /// @dev Also with both ids the same.
    function actBatch(uint256 entrySeed, uint256 fromSeed, uint256 toSeed, uint256 first, uint256 second) external {
        (uint128 id,) = pick(entrySeed, first);
        (address from, address to) = (holders[fromSeed % HOLDERS], holders[toSeed % HOLDERS]);
        uint128 other = entries[(entrySeed >> 8) % entries.length];
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        (ids[0], ids[1]) = (id, other);
        values[0] = bound(first, 0, units[id][from]);
        noteMoved(id, from, to, values[0]);
        values[1] = bound(second, 0, units[other][from]);
        noteMoved(other, from, to, values[1]);
        uint256 had = armedBalance(to);
        vm.prank(from);
        shares.safeBatchTransferFrom{gas: 5_000_000}(from, to, ids, values, "");
        noteHook(to, had);
        if (values[0] != 0 && values[1] != 0) happened("units moved together");
    }

    // ------------------------------------------------------------------ actions: money out

    function actClaim(uint256 entrySeed, uint256 currencySeed, uint256 holderSeed) external {
        (uint128 id, uint256 index) = pick(entrySeed, currencySeed);
        address holder = holders[holderSeed % HOLDERS];
        uint256 due = shares.claimable(id, currencies[index], holder);
        uint256 had = balanceOf(index, holder);
        bool expected = due != 0 && !refuses(index, holder);
        if (expected) notePaid(id, index, holder, due);
        vm.prank(holder);
        // With a limit, because some burn all they get.
        (bool succeeded,) = address(shares).call{gas: 1_000_000}(abi.encodeCall(shares.claim, (id, currencies[index])));
        vm.assertEq(succeeded, expected);
        vm.assertEq(balanceOf(index, holder) - had, expected ? due : 0, "claim paid another amount");
        if (due != 0) happened(succeeded ? bytes32("claimed") : bytes32("claim refused"));
    }

    function actClaimMany(uint256 firstSeed, uint256 count, uint256 currencySeed, uint256 holderSeed) external {
        (, uint256 index) = pick(firstSeed, currencySeed);
        address holder = holders[holderSeed % HOLDERS];
        (uint128[] memory list, uint256 due) = listDue(firstSeed, count, index, holder);
        uint256 had = balanceOf(index, holder);
        bool expected = due != 0 && !refuses(index, holder);
        if (expected) notePaidMany(list, index, holder);
        vm.prank(holder);
        (bool succeeded,) =
            address(shares).call{gas: 1_500_000}(abi.encodeCall(shares.claimMany, (list, currencies[index])));
        vm.assertEq(succeeded, expected);
        vm.assertEq(balanceOf(index, holder) - had, expected ? due : 0, "claimMany paid another amount");
        if (succeeded) happened("claimed from many");
    }

    /// @dev A signed order, executed by a stranger, and tried a second time.
    function actClaimOrder(uint256 firstSeed, uint256 count, uint256 currencySeed, uint256 holderSeed, uint256 toSeed)
        external
    {
        (, uint256 index) = pick(firstSeed, currencySeed);
        address holder = holders[holderSeed % 3];
        address to = holders[toSeed % HOLDERS];
        (uint128[] memory list, uint256 due) = listDue(firstSeed, count, index, holder);
        IDesignShares.ClaimOrder memory order =
            IDesignShares.ClaimOrder(holder, to, currencies[index], list, uint64(_time + 1 days), bytes32(++_orders));
        bytes memory request;
        {
            string[3] memory names = ["alice", "bob", "carol"];
            bytes memory signature = signatureOf(keyOf(names[holderSeed % 3]), shares.claimOrderDigest(order));
            request = abi.encodeCall(shares.claimWithSig, (order, signature));
        }
        uint256 had = balanceOf(index, to);
        bool expected = due != 0 && !refuses(index, to);
        if (expected) notePaidMany(list, index, holder);
        (bool succeeded,) = address(shares).call{gas: 1_500_000}(request);
        vm.assertEq(succeeded, expected);
        vm.assertEq(balanceOf(index, to) - had, expected ? due : 0, "an order paid another amount");
        if (!succeeded) return;
        (succeeded,) = address(shares).call{gas: 1_500_000}(request);
        vm.assertFalse(succeeded, "9: an order was executed twice");
        happened("claimed by order");
    }

    function actClaimFor(uint256 entrySeed, uint256 currencySeed, uint256 order) external {
        (uint128 id, uint256 index) = pick(entrySeed, currencySeed);
        order %= 42;
        address[] memory list = new address[](HOLDERS + 1);
        uint256[6] memory due;
        uint256[6] memory had;
        for (uint256 i = 0; i < HOLDERS; ++i) {
            due[i] = shares.claimable(id, currencies[index], holders[i]);
            had[i] = balanceOf(index, holders[i]);
            list[(i + order) % (HOLDERS + 1)] = holders[i];
        }
        list[(HOLDERS + order) % (HOLDERS + 1)] = holders[order % HOLDERS]; // one of them twice
        shares.claimFor(id, currencies[index], list);
        for (uint256 i = 0; i < HOLDERS; ++i) {
            uint256 got = balanceOf(index, holders[i]) - had[i];
            vm.assertEq(got, refuses(index, holders[i]) ? 0 : due[i], "10: claimFor paid another amount");
            notePaid(id, index, holders[i], got);
            if (due[i] != 0) happened(got != 0 ? bytes32("claimed for someone") : bytes32("claim skipped"));
        }
    }

    function actWithdrawFees(uint256 currencySeed) external {
        uint256 index = currencySeed % CURRENCIES;
        touchedCurrency = index;
        if (shares.feesHeld(currencies[index]) == 0) return;
        uint256 had = balanceOf(index, treasury);
        uint256 amount = shares.withdrawFees(currencies[index]);
        vm.assertEq(balanceOf(index, treasury) - had, amount);
        _sums[index].feesWithdrawn += amount;
        happened("fees withdrawn");
    }

    // ------------------------------------------------------------------ actions: circumstances

    /// @dev How a holder and the tokens behave from now on, and what a contract claims when units arrive.
    function actTurnHostile(uint256 holderSeed, uint256 mode, uint256 entrySeed, uint256 currencySeed) external {
        address holder = holders[holderSeed % HOLDERS];
        _deny.setDenied(holder, mode % 2 == 1);
        _hostile.setMode(holder, HostileToken.Mode(mode % 7));
        if (holderSeed % HOLDERS < 3) return;
        _armedEntry[holder] = entries[entrySeed % entries.length];
        _armedIndex[holder] = currencySeed % CURRENCIES;
        HostileHolder(payable(holder)).setMode(HostileHolder.Mode((mode >> 3) % 6));
        HostileHolder(payable(holder))
            .arm(
                address(shares),
                abi.encodeCall(IDesignShares.claim, (_armedEntry[holder], currencies[_armedIndex[holder]]))
            );
    }

    function actScheduleFee(uint256 ppm, uint256 wait) external {
        vm.warp(_time);
        ppm = bound(ppm, 0, 100_000);
        (_feeNow, _feeNext, _feeFrom) = (feeNow(), ppm, _time + 14 days);
        vm.prank(treasurer);
        shares.scheduleFee(ppm);
        _time += bound(wait, 0, 20 days);
    }

    function actWait(uint256 time) external {
        _time += bound(time, 0, 10 days);
    }

    function actSetStatus(uint256 entrySeed, uint256 what) external {
        (uint128 id,) = pick(entrySeed, what);
        IDesignRegistry.Status status = registry.entry(id).status;
        if (what % 8 == 7) {
            if (status == IDesignRegistry.Status.Suspended) return;
            vm.prank(alice);
            registry.setWithdrawn(id, status != IDesignRegistry.Status.Withdrawn);
            return;
        }
        // Active more often than contested and suspended.
        IDesignRegistry.Status wanted = IDesignRegistry.Status(what % 8 < 5 ? 0 : what % 8 - 4);
        if (wanted == status) return;
        if (status == IDesignRegistry.Status.Withdrawn && wanted != IDesignRegistry.Status.Suspended) return;
        vm.prank(moderator);
        registry.setStatus(id, wanted, 0);
    }

    function actCloseCurrency(uint256 currencySeed, uint256 close) external {
        uint256 index = currencySeed % CURRENCIES;
        _closed[index] = close % 4 == 0;
        vm.prank(treasurer);
        shares.closeCurrency(currencies[index], close % 4 == 0);
    }

    // ------------------------------------------------------------------ reading

    function ledger() external view returns (DesignShares) {
        return shares;
    }

    // ------------------------------------------------------------------ help

    function create(uint128[] memory parents, uint32 ppm, bool binding) private returns (uint128 id) {
        IDesignRegistry.Registration memory r = childOf(alice, keccak256(abi.encode(entries.length)), parents);
        r.standing = IDesignRegistry.Standing(true, binding, ppm);
        id = register("alice", r);
        noteEntry(id, alice);
        touchedEntry = id;
    }

    function spread(uint128 id, uint256 value) private {
        for (uint256 i = 1; i < HOLDERS && units[id][alice] > value; ++i) {
            vm.prank(alice);
            shares.safeTransferFrom(alice, holders[i], id, value, "");
            noteMoved(id, alice, holders[i], value);
        }
    }

    /// @dev One or two different entries.
    function several(uint128 first, uint128 second) private pure returns (uint128[] memory list) {
        list = new uint128[](first == second ? 1 : 2);
        list[list.length - 1] = second;
        list[0] = first;
    }

    function pick(uint256 entrySeed, uint256 currencySeed) private returns (uint128 id, uint256 index) {
        id = entries[entrySeed % entries.length];
        index = currencySeed % CURRENCIES;
        (touchedEntry, touchedCurrency) = (id, index);
    }

    /// @dev What a contract has of the currency that it claims when units arrive.
    function armedBalance(address to) private view returns (uint256) {
        return _armedEntry[to] == 0 ? 0 : balanceOf(_armedIndex[to], to);
    }

    function noteHook(address to, uint256 had) private returns (uint256 got) {
        if (_armedEntry[to] == 0) return 0;
        got = balanceOf(_armedIndex[to], to) - had;
        if (got != 0) happened("claimed in a hook");
        notePaid(_armedEntry[to], _armedIndex[to], to, got);
    }
}
