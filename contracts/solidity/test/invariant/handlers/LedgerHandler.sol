// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {DesignShares} from "../../../src/DesignShares.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {TestSource} from "../../support/Accounts.sol";
import {Test} from "../../support/Test.sol";
import {DenyListToken, HostileToken, PlainToken} from "../../support/Tokens.sol";

interface Mintable {
    function mint(address to, uint256 amount) external;
    function balanceOf(address account) external view returns (uint256);
}

/// @dev Drives a ledger of entries that descend from one another, with four currencies (the native coin, two hostile
///  tokens and a plain one), and keeps the books a second time in the plainest way: whenever money is credited, every
///  holder's units times it, added up. Stands in for the registry.
contract LedgerHandler is Test {
    uint256 public constant FEE_PPM = 33_333;
    uint256 internal constant SUPPLY = 1_000_000;
    uint256 internal constant MAX_ENTRIES = 6;

    DesignShares public immutable shares;
    TestSource private immutable _source;
    MoodyHolder private immutable _moody;
    DenyListToken private immutable _deny;
    HostileToken private immutable _hostile;
    address[] public currencies;
    address[] public holders;
    uint128[] public entries;

    /// @dev What the last action touched; the rest is checked at the end of each run.
    uint128 public touchedEntry;
    uint256 public touchedCurrency;

    // The second books. Scaled values are times SUPPLY.
    mapping(uint128 entry => mapping(address holder => uint256)) public units;
    mapping(uint128 entry => mapping(address currency => uint256)) public gross;
    mapping(uint128 entry => mapping(address currency => uint256)) public paidInAll;
    mapping(uint128 entry => uint128[]) public ancestors;
    mapping(uint128 entry => uint256) public stack;
    mapping(uint128 entry => mapping(uint128 ancestor => uint32)) public partOf;
    mapping(uint128 entry => mapping(address currency => uint256)) public inbound;
    mapping(uint128 entry => mapping(address currency => uint256)) public settledFrom;
    mapping(uint128 entry => mapping(uint128 ancestor => mapping(address currency => uint256))) public settled;
    mapping(uint128 entry => mapping(address currency => mapping(address holder => uint256))) public earnedScaled;
    mapping(uint128 entry => mapping(address currency => mapping(address holder => uint256))) public paid;
    mapping(address currency => uint256) public donated;
    mapping(address currency => uint256) public feesWithdrawn;

    constructor() {
        shares = new DesignShares(
            address(new AccessManager(address(this))), address(this), account("treasury"), FEE_PPM, address(0)
        );
        _source = new TestSource(shares);
        shares.setDepositor(address(_source), true);
        _deny = new DenyListToken();
        _hostile = new HostileToken();
        currencies = [address(_deny), address(0), address(_hostile), address(new PlainToken())];
        for (uint256 i = 0; i < currencies.length; ++i) {
            shares.addCurrency(currencies[i]);
        }
        _moody = new MoodyHolder(shares);
        holders =
            [account("alice"), account("bob"), address(_moody), address(new ClaimingHolder(shares, currencies[3]))];
        actRegister(1, 600_000);
        actRegister(2, 333_333);
    }

    // ------------------------------------------------------------------ as the registry

    function isRegistered(uint128 entryId) external view returns (bool) {
        uint256 sum = 0;
        for (uint256 i = 0; i < holders.length; ++i) {
            sum += units[entryId][holders[i]];
        }
        return sum == SUPPLY;
    }

    function ledgerFacts(uint128 entryId) external view returns (uint32, IDesignRegistry.Status) {
        return (uint32(stack[entryId]), IDesignRegistry.Status.Active);
    }

    // ------------------------------------------------------------------ actions

    function actRegister(uint256 holderSeed, uint256 unitsSeed) public {
        if (entries.length == MAX_ENTRIES) return;
        address first = holders[holderSeed % 4];
        address second = holders[(holderSeed % 4 + 1) % 4];
        uint32 part = uint32(bound(unitsSeed, 1, SUPPLY - 1));
        uint128 id = uint128(uint256(keccak256(abi.encode(entries.length))));
        descend(id, holderSeed >> 8);
        entries.push(id);
        touchedEntry = id;
        units[id][first] = part;
        units[id][second] = SUPPLY - part;
        IDesignRegistry.ShareAllocation[] memory list = new IDesignRegistry.ShareAllocation[](2);
        list[0] = IDesignRegistry.ShareAllocation(first, part);
        list[1] = IDesignRegistry.ShareAllocation(second, uint32(SUPPLY - part));
        shares.allocate(id, list);
    }

    function actDeposit(uint256 entrySeed, uint256 currencySeed, uint256 amount) external {
        (uint128 id, address currency) = pick(entrySeed, currencySeed);
        amount = amount % 2 == 0 ? bound(amount, 1, 60) : bound(amount, 1, 1e26);
        uint256 before = gross[id][currency];
        gross[id][currency] = before + amount;
        credit(id, currency, ownOf(id, before + amount) - ownOf(id, before));
        give(currency, address(_source), amount);
        _source.deposit(id, currency, amount);
    }

    /// @dev Also settles what is settled already, and pairs of which one is no ancestor of the other.
    function actSettle(uint256 entrySeed, uint256 currencySeed, uint256 first, uint256 second) external {
        (uint128 id, address currency) = pick(entrySeed, currencySeed);
        uint128[] memory descendants = new uint128[](3);
        descendants[0] = entries[first % entries.length];
        descendants[1] = entries[second % entries.length];
        descendants[2] = descendants[0];
        uint256 expected = 0;
        for (uint256 i = 0; i < 2; ++i) {
            uint128 from = descendants[i];
            uint256 due = netOf(gross[from][currency]) * partOf[from][id] / 1_000_000 - settled[from][id][currency];
            settled[from][id][currency] += due;
            settledFrom[from][currency] += due;
            expected += due;
        }
        inbound[id][currency] += expected;
        credit(id, currency, expected);
        vm.assertEq(shares.settle(id, currency, descendants), expected, "settled another amount");
    }

    function actTransfer(uint256 entrySeed, uint256 fromSeed, uint256 toSeed, uint256 value) external {
        (uint128 id,) = pick(entrySeed, value);
        address from = holders[fromSeed % 4];
        address to = holders[toSeed % 4];
        value = bound(value, 0, units[id][from]);
        uint256[8] memory before = claimsOf(id, from, to);
        units[id][from] -= value;
        units[id][to] += value;
        ClaimingHolder(payable(holders[3])).rest(true);
        vm.prank(from);
        shares.safeTransferFrom(from, to, id, value, "");
        ClaimingHolder(payable(holders[3])).rest(false);
        uint256[8] memory afterwards = claimsOf(id, from, to);
        for (uint256 i = 0; i < 8; ++i) {
            vm.assertEq(afterwards[i], before[i], "6: a transfer changed a claim");
        }
    }

    /// @dev Also with both ids the same, and with the receiver claiming from within its hook.
    function actBatch(uint256 entrySeed, uint256 fromSeed, uint256 toSeed, uint256 first, uint256 second) external {
        (uint128 id,) = pick(entrySeed, first);
        address from = holders[fromSeed % 4];
        address to = holders[toSeed % 4];
        uint128 other = entries[(entrySeed >> 8) % entries.length];
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        (ids[0], ids[1]) = (id, other);
        values[0] = bound(first, 0, units[id][from]);
        units[id][from] -= values[0];
        units[id][to] += values[0];
        // To oneself, both parts are moved from the same units, and must be there for each.
        values[1] = bound(second, 0, units[other][from]);
        units[other][from] -= values[1];
        units[other][to] += values[1];
        uint256 had = balanceOf(currencies[3], to);
        vm.prank(from);
        shares.safeBatchTransferFrom(from, to, ids, values, "");
        notePaid(id, currencies[3], to, balanceOf(currencies[3], to) - had);
    }

    function actClaim(uint256 entrySeed, uint256 currencySeed, uint256 holderSeed) external {
        (uint128 id, address currency) = pick(entrySeed, currencySeed);
        address holder = holders[holderSeed % 4];
        uint256 due = shares.claimable(id, currency, holder);
        uint256 had = balanceOf(currency, holder);
        vm.prank(holder);
        // With a limit, because one of the tokens burns all it gets.
        (bool succeeded,) = address(shares).call{gas: 400_000}(abi.encodeCall(shares.claim, (id, currency)));
        vm.assertEq(succeeded, due != 0 && !refuses(currency, holder));
        vm.assertEq(balanceOf(currency, holder) - had, succeeded ? due : 0, "claim paid another amount");
        notePaid(id, currency, holder, succeeded ? due : 0);
    }

    function actClaimFor(uint256 entrySeed, uint256 currencySeed, uint256 order) external {
        (uint128 id, address currency) = pick(entrySeed, currencySeed);
        order %= 20;
        address[] memory list = new address[](5);
        uint256[4] memory due;
        uint256[4] memory had;
        for (uint256 i = 0; i < 4; ++i) {
            due[i] = shares.claimable(id, currency, holders[i]);
            had[i] = balanceOf(currency, holders[i]);
            list[(i + order) % 5] = holders[i];
        }
        list[(4 + order) % 5] = holders[order % 4]; // one of them twice
        shares.claimFor(id, currency, list);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 got = balanceOf(currency, holders[i]) - had[i];
            vm.assertEq(got, refuses(currency, holders[i]) ? 0 : due[i], "10: claimFor paid another amount");
            notePaid(id, currency, holders[i], got);
        }
    }

    function actWithdrawFees(uint256 currencySeed) external {
        address currency = currencies[currencySeed % 4];
        if (shares.feesHeld(currency) == 0) return;
        feesWithdrawn[currency] += shares.withdrawFees(currency);
    }

    /// @dev Someone sends tokens to the ledger outside of any deposit: nobody's, and in nobody's way.
    function actDonate(uint256 currencySeed, uint256 amount) external {
        address currency = currencies[currencySeed % 4];
        amount = bound(amount, 0, 1e20);
        donated[currency] += amount;
        give(currency, address(shares), amount);
    }

    function actTurnHostile(uint256 holderSeed, uint8 mode) external {
        address holder = holders[holderSeed % 4];
        _deny.setDenied(holder, mode % 2 == 1);
        _hostile.setMode(holder, HostileToken.Mode(mode % 6));
        _moody.turn(MoodyHolder.Mood(mode % 5));
    }

    // ------------------------------------------------------------------ reading

    function entryCount() external view returns (uint256) {
        return entries.length;
    }

    function ancestorCount(uint128 id) external view returns (uint256) {
        return ancestors[id].length;
    }

    /// @dev A lifetime sum after the fee.
    function netOf(uint256 sum) public pure returns (uint256) {
        return sum - sum * FEE_PPM / 1_000_000;
    }

    /// @dev The holders' part of an entry's lifetime sum.
    function ownOf(uint128 id, uint256 sum) public view returns (uint256) {
        return netOf(sum) - netOf(sum) * stack[id] / 1_000_000;
    }

    function balanceOf(address currency, address holder) public view returns (uint256) {
        return currency == address(0) ? holder.balance : Mintable(currency).balanceOf(holder);
    }

    function give(address currency, address to, uint256 amount) private {
        if (currency == address(0)) {
            vm.deal(to, to.balance + amount);
        } else {
            Mintable(currency).mint(to, amount);
        }
    }

    function credit(uint128 id, address currency, uint256 amount) private {
        for (uint256 i = 0; i < holders.length; ++i) {
            earnedScaled[id][currency][holders[i]] += units[id][holders[i]] * amount;
        }
    }

    /// @dev Up to three ancestors among the entries that there are, at most half of the revenue.
    function descend(uint128 id, uint256 seed) private {
        for (uint256 i = 0; i < entries.length && i < 3; ++i) {
            uint32 ppm = uint32((seed >> (32 * i)) % 166_667);
            if (ppm == 0) continue;
            ancestors[id].push(entries[i]);
            partOf[id][entries[i]] = ppm;
            stack[id] += ppm;
        }
    }

    function refuses(address currency, address holder) private view returns (bool) {
        if (currency == address(0)) return holder == address(_moody) && _moody.refuses();
        if (currency == address(_deny)) return _deny.denied(holder);
        return currency == address(_hostile) && _hostile.modes(holder) != HostileToken.Mode.None;
    }

    function pick(uint256 entrySeed, uint256 currencySeed) private returns (uint128 id, address currency) {
        id = entries[entrySeed % entries.length];
        currency = currencies[currencySeed % 4];
        touchedEntry = id;
        touchedCurrency = currencySeed % 4;
    }

    function claimsOf(uint128 id, address from, address to) private view returns (uint256[8] memory list) {
        for (uint256 i = 0; i < 4; ++i) {
            list[i] = shares.claimable(id, currencies[i], from);
            list[i + 4] = shares.claimable(id, currencies[i], to);
        }
    }

    function notePaid(uint128 id, address currency, address holder, uint256 amount) private {
        paid[id][currency][holder] += amount;
        paidInAll[id][currency] += amount;
    }
}

/// @dev A holder that takes native coin, or reverts, burns all gas, answers with a megabyte, or claims again meanwhile.
contract MoodyHolder is ERC1155Holder {
    enum Mood {
        Calm,
        Reverting,
        Burning,
        Bombing,
        Claiming
    }

    DesignShares private immutable _shares;
    Mood private _mood;

    constructor(DesignShares shares) {
        _shares = shares;
    }

    function turn(Mood mood) external {
        _mood = mood;
    }

    function refuses() external view returns (bool) {
        return _mood == Mood.Reverting || _mood == Mood.Burning || _mood == Mood.Bombing;
    }

    receive() external payable {
        if (_mood == Mood.Reverting) revert("no");
        if (_mood == Mood.Burning) {
            while (true) {}
        }
        if (_mood == Mood.Bombing) {
            assembly {
                revert(0, 1000000)
            }
        }
        if (_mood == Mood.Claiming) {
            // Locked: whatever it asks, it gets what it is being paid and no more.
            try _shares.claim(1, address(0)) {
                revert("claimed twice");
            } catch {}
        }
    }
}

/// @dev Claims in one currency whenever it is sent units, from within the hook.
contract ClaimingHolder is ERC1155Holder {
    DesignShares private immutable _shares;
    address private immutable _currency;
    bool private _resting;

    constructor(DesignShares shares, address currency) {
        _shares = shares;
        _currency = currency;
    }

    receive() external payable {}

    function rest(bool resting) external {
        _resting = resting;
    }

    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] memory ids,
        uint256[] memory values,
        bytes memory data
    ) public override returns (bytes4) {
        uint128 id = uint128(ids[0]);
        if (!_resting && _shares.claimable(id, _currency, address(this)) != 0) _shares.claim(id, _currency);
        return super.onERC1155BatchReceived(operator, from, ids, values, data);
    }
}
