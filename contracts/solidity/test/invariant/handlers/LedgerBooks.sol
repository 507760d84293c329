// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {Tally} from "../../support/Campaign.sol";
import {LedgerCurrencies} from "./LedgerCurrencies.sol";

/// @dev The ledger's books a second time, in the plainest way: whenever an entry earns, every holder's units times the
///  money.
abstract contract LedgerBooks is LedgerCurrencies, Tally {
    /// @dev The second books of one entry in one currency.
    struct Book {
        uint256 gross;
        uint256 feeScaled; // times PPM
        uint256 net;
        uint256 reserved;
        uint256 settledAway; // what ancestors took of `reserved`
        uint256 inbound;
        uint256 own;
        uint256 paid;
    }

    /// @dev The second books of one currency: sums over all entries, and what belongs to no entry.
    struct Sums {
        uint256 gross;
        uint256 net;
        uint256 fees;
        uint256 reserved;
        uint256 settledAway;
        uint256 own;
        uint256 paid;
        uint256 feesWithdrawn;
        uint256 stray;
    }

    uint256 public constant HOLDERS = 6;
    uint256 internal constant SUPPLY = 1_000_000;
    uint256 internal constant MILLION = 1_000_000;

    address[6] public holders;
    uint128[] public entries;

    mapping(uint128 entry => mapping(uint256 index => Book)) internal _books;
    mapping(uint256 index => Sums) internal _sums;
    mapping(uint128 entry => mapping(address holder => uint256)) public units;
    mapping(uint128 entry => mapping(uint256 index => mapping(address holder => uint256))) public earnedScaled;
    mapping(uint128 entry => mapping(uint256 index => mapping(address holder => uint256))) public paid;
    mapping(uint128 descendant => mapping(uint128 ancestor => uint256)) public parts;
    mapping(uint128 descendant => mapping(uint128 ancestor => mapping(uint256 index => uint256))) public settled;
    mapping(uint128 entry => uint128[]) internal _ancestors;
    mapping(uint128 entry => uint256) internal _stacks;

    uint256 internal _feeNow;
    uint256 internal _feeNext;
    uint256 internal _feeFrom;
    uint256 internal _time;
    mapping(uint256 index => bool) internal _closed;

    // ------------------------------------------------------------------ reading

    function entryCount() external view returns (uint256) {
        return entries.length;
    }

    function bookOf(uint128 id, uint256 index) external view returns (Book memory) {
        return _books[id][index];
    }

    function sumsOf(uint256 index) external view returns (Sums memory) {
        return _sums[index];
    }

    /// @dev All holders' units, and what each is owed times SUPPLY, in one call.
    function holdingsOf(uint128 id, uint256 index)
        external
        view
        returns (uint256[6] memory held, uint256[6] memory due)
    {
        for (uint256 i = 0; i < HOLDERS; ++i) {
            address holder = holders[i];
            held[i] = units[id][holder];
            due[i] = earnedScaled[id][index][holder] - paid[id][index][holder] * SUPPLY;
        }
    }

    function ancestorsOf(uint128 id) external view returns (uint128[] memory) {
        return _ancestors[id];
    }

    function feeNow() internal view returns (uint256) {
        return _time < _feeFrom ? _feeNow : _feeNext;
    }

    function accepts(uint128 id, uint256 index, uint8 from) internal view returns (bool) {
        IDesignRegistry.Status status = registry.entry(id).status;
        if (_closed[index] || status == IDesignRegistry.Status.Suspended) return false;
        return status != IDesignRegistry.Status.Withdrawn || from > 2;
    }

    // ------------------------------------------------------------------ writing

    /// @dev A new entry, all of whose units are its creator's.
    function noteEntry(uint128 id, address creator) internal {
        entries.push(id);
        units[id][creator] = SUPPLY;
        IDesignRegistry.Ancestor[] memory table = registry.ancestorsOf(id);
        for (uint256 i = 0; i < table.length; ++i) {
            parts[id][table[i].entryId] = table[i].ppm;
            _ancestors[id].push(table[i].entryId);
            _stacks[id] += table[i].ppm;
        }
    }

    function noteMoved(uint128 id, address from, address to, uint256 value) internal {
        units[id][from] -= value;
        units[id][to] += value;
    }

    function noteDeposit(uint128 id, uint256 index, uint256 amount, uint256 ppm) internal {
        Book storage book = _books[id][index];
        Sums storage sums = _sums[index];
        uint256 fees = book.feeScaled / MILLION;
        book.gross += amount;
        book.feeScaled += amount * ppm;
        fees = book.feeScaled / MILLION - fees;
        book.net += amount - fees;
        sums.gross += amount;
        sums.fees += fees;
        sums.net += amount - fees;
        grow(id, index);
    }

    /// @dev What an entry has earned more is each holder's by their units now.
    function grow(uint128 id, uint256 index) internal {
        Book storage book = _books[id][index];
        uint256 reserved = book.net * _stacks[id] / MILLION;
        uint256 own = book.net - reserved + book.inbound;
        uint256 more = own - book.own;
        _sums[index].reserved += reserved - book.reserved;
        _sums[index].own += more;
        (book.reserved, book.own) = (reserved, own);
        if (more == 0) return;
        for (uint256 i = 0; i < HOLDERS; ++i) {
            uint256 held = units[id][holders[i]];
            if (held != 0) earnedScaled[id][index][holders[i]] += held * more;
        }
    }

    /// @return amount What an ancestor gets of what its descendants have earned and not yet settled.
    function noteSettled(uint128 ancestor, uint256 index, uint128[] memory list) internal returns (uint256 amount) {
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 earned = _books[list[i]][index].net * parts[list[i]][ancestor] / MILLION;
            uint256 part = earned - settled[list[i]][ancestor][index];
            settled[list[i]][ancestor][index] = earned;
            _books[list[i]][index].settledAway += part;
            amount += part;
        }
        _sums[index].settledAway += amount;
        _books[ancestor][index].inbound += amount;
        grow(ancestor, index);
    }

    function notePaid(uint128 id, uint256 index, address holder, uint256 amount) internal {
        if (amount == 0) return;
        paid[id][index][holder] += amount;
        _books[id][index].paid += amount;
        _sums[index].paid += amount;
    }

    function notePaidMany(uint128[] memory list, uint256 index, address holder) internal {
        for (uint256 i = 0; i < list.length; ++i) {
            notePaid(list[i], index, holder, shares.claimable(list[i], currencies[index], holder));
        }
    }

    /// @dev Different entries, and what a holder has earned from them.
    function listDue(uint256 first, uint256 count, uint256 index, address holder)
        internal
        view
        returns (uint128[] memory list, uint256 due)
    {
        list = new uint128[](bound(count, 1, entries.length));
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = entries[(first % entries.length + i) % entries.length];
            due += shares.claimable(list[i], currencies[index], holder);
        }
    }

    function claimsOf(uint128 id, address from, address to) internal view returns (uint256[8] memory list) {
        uint128[] memory one = new uint128[](1);
        one[0] = id;
        uint256[] memory sender = shares.claimables(from, one)[0];
        uint256[] memory receiver = shares.claimables(to, one)[0];
        for (uint256 i = 0; i < 4; ++i) {
            (list[i], list[i + 4]) = (sender[i], receiver[i]);
        }
    }
}
