// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDesignRegistry} from "./interfaces/IDesignRegistry.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {IPaymentSource} from "./interfaces/IPaymentSource.sol";
import {Holding, HoldingWord} from "./lib/Holding.sol";
import {ShareToken} from "./ShareToken.sol";
import {FEE_CEILING_PPM, MAX_CURRENCIES, PPM, SHARE_SUPPLY} from "./Units.sol";

/// @title DesignShares
/// @dev Exact index over a fixed supply. Per (entry, currency) the cumulative own revenue R only grows. A holder's
///  word keeps the R of their last settlement and what was owed then, times SHARE_SUPPLY; what is paid is the whole
///  units of it, and the rest stays. Both sides are settled before units move, so that at any time, exactly:
///  sum over holders of (owed + units * (R - index)) + SHARE_SUPPLY * paid = SHARE_SUPPLY * R.
contract DesignShares is IDesignShares, ShareToken, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One word. `gross` and `own` are lifetime sums; `feeRemainder` is the fee's fraction, in millionths of
    ///  a base unit, carried to the next deposit: without it many small deposits would pay no fee.
    struct Totals {
        uint96 gross;
        uint96 own;
        uint32 feeRemainder;
    }

    /// @dev One word. `place` is the currency's index plus 1, so that 0 is an unknown currency.
    struct Currency {
        uint8 place;
        uint128 fees;
    }

    /// @notice Source of a deposit: the sale of a license. The platform takes its fee of it.
    uint8 public constant SOURCE_SALE = 1;

    /// @notice Gas that `claimFor` gives to one holder's transfer. The usual tokens need 30 to 60 thousand.
    uint256 public constant CLAIM_GAS = 150_000;

    /// @inheritdoc IDesignShares
    address public immutable registry;
    /// @inheritdoc IDesignShares
    address public immutable treasury;
    /// @inheritdoc IDesignShares
    uint256 public immutable feePpm;

    /// @dev Words of the ledger's first currency stand with the units in ShareToken.
    mapping(uint256 id => mapping(uint256 index => mapping(address holder => Holding))) private _furtherHoldings;
    mapping(uint256 id => mapping(uint256 index => Totals)) private _totals;
    mapping(address currency => Currency) private _currencies;
    address[] private _currencyList;
    /// @inheritdoc IDesignShares
    mapping(address depositor => bool) public isDepositor;

    /// @param authority The AccessManager.
    /// @param registry_ The address that the registry will have; its constructor checks that it is meant.
    /// @param treasury_ Where fees go, for ever.
    /// @param feePpm_ The fee on sales, for ever.
    constructor(address authority, address registry_, address treasury_, uint256 feePpm_) AccessManaged(authority) {
        if (registry_ == address(0) || treasury_ == address(0)) revert DesignShares__ZeroAddress();
        if (feePpm_ > FEE_CEILING_PPM) revert DesignShares__FeeAboveCeiling(feePpm_);
        registry = registry_;
        treasury = treasury_;
        feePpm = feePpm_;
    }

    /// @inheritdoc IDesignShares
    function allocate(uint128 entryId, IDesignRegistry.ShareAllocation[] calldata allocations) external {
        if (msg.sender != registry) revert DesignShares__NotRegistry(msg.sender);
        // All units first, then the hooks: a holder's hook sees the whole allocation.
        for (uint256 i = 0; i < allocations.length; ++i) {
            _create(allocations[i].holder, entryId, allocations[i].units);
        }
        for (uint256 i = 0; i < allocations.length; ++i) {
            _acceptCreated(allocations[i].holder, entryId, allocations[i].units);
        }
    }

    /// @inheritdoc IDesignShares
    function deposit(
        uint128 entryId,
        address currency,
        uint256 gross,
        uint8 source,
        bytes32 ref,
        bytes calldata payload
    ) external nonReentrant {
        if (!isDepositor[msg.sender]) revert DesignShares__NotDepositor(msg.sender);
        if (source != SOURCE_SALE) revert DesignShares__UnknownSource(source);
        if (gross == 0) revert DesignShares__NothingDeposited();
        uint256 index = currencyIndex(currency);

        _collect(currency, gross, payload);
        (uint256 fee, uint256 own) = _credit(entryId, index, gross);
        _currencies[currency].fees += uint128(fee);
        emit RevenueReceived(entryId, currency, ref, gross, fee, 0, own, source);
    }

    /// @inheritdoc IDesignShares
    function claim(uint128 entryId, address currency) external nonReentrant returns (uint256 amount) {
        amount = _take(entryId, currencyIndex(currency), msg.sender);
        if (amount == 0) revert DesignShares__NothingToClaim();
        emit Claimed(entryId, currency, msg.sender, amount);
        IERC20(currency).safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IDesignShares
    function claimFor(uint128 entryId, address currency, address[] calldata holders) external nonReentrant {
        uint256 index = currencyIndex(currency);
        for (uint256 i = 0; i < holders.length; ++i) {
            address holder = holders[i];
            uint256 amount = _take(entryId, index, holder);
            if (amount == 0) continue;
            if (_transferBounded(currency, holder, amount)) {
                emit Claimed(entryId, currency, holder, amount);
            } else {
                // Added to the word as it is now, not put back as it was: the transfer may have run foreign code.
                _giveBack(entryId, index, holder, amount);
                emit ClaimSkipped(entryId, currency, holder);
            }
        }
    }

    /// @inheritdoc IDesignShares
    function withdrawFees(address currency) external nonReentrant returns (uint256 amount) {
        currencyIndex(currency);
        amount = _currencies[currency].fees;
        if (amount == 0) revert DesignShares__NothingToClaim();
        _currencies[currency].fees = 0;
        emit FeesWithdrawn(currency, treasury, amount);
        IERC20(currency).safeTransfer(treasury, amount);
    }

    /// @inheritdoc IDesignShares
    function addCurrency(address currency) external restricted {
        if (currency.code.length == 0) revert DesignShares__NotACurrency(currency);
        if (_currencies[currency].place != 0) revert DesignShares__CurrencyKnown(currency);
        uint256 index = _currencyList.length;
        if (index == MAX_CURRENCIES) revert DesignShares__CurrencyListFull();
        _currencyList.push(currency);
        _currencies[currency].place = uint8(index + 1);
        emit CurrencyAdded(currency, uint8(index));
    }

    /// @inheritdoc IDesignShares
    function setDepositor(address depositor, bool allowed) external restricted {
        isDepositor[depositor] = allowed;
        emit DepositorChanged(depositor, allowed);
    }

    /// @inheritdoc IDesignShares
    function claimable(uint128 entryId, address currency, address holder) external view returns (uint256) {
        uint256 index = currencyIndex(currency);
        Holding held = _holdings[entryId][holder];
        Holding word = index == 0 ? held : _furtherHoldings[entryId][index][holder];
        return word.owedAt(held.units(), _totals[entryId][index].own) / SHARE_SUPPLY;
    }

    /// @inheritdoc IDesignShares
    function totals(uint128 entryId, address currency)
        external
        view
        returns (uint256 gross, uint256 own, uint256 fees)
    {
        Totals memory t = _totals[entryId][currencyIndex(currency)];
        return (t.gross, t.own, t.gross - t.own);
    }

    /// @inheritdoc IDesignShares
    function feesHeld(address currency) external view returns (uint256) {
        currencyIndex(currency);
        return _currencies[currency].fees;
    }

    /// @inheritdoc IDesignShares
    function currencies() external view returns (address[] memory) {
        return _currencyList;
    }

    /// @inheritdoc IDesignShares
    function currencyIndex(address currency) public view returns (uint8) {
        uint8 place = _currencies[currency].place;
        if (place == 0) revert DesignShares__UnknownCurrency(currency);
        return place - 1;
    }

    /// @dev Settles both sides in every currency that the entry has ever earned, and moves the units. No part of a
    ///  word can overflow: the sender has `value` units, and all units of an entry are SHARE_SUPPLY < 2^24.
    function _shift(uint256 id, address from, address to, uint256 value) internal override {
        uint256 revenue = _totals[id][0].own;
        Holding sender = _holdings[id][from];
        Holding receiver = _holdings[id][to];
        uint256 sent = sender.units();
        uint256 received = receiver.units();
        _holdings[id][from] = HoldingWord.pack(sent - value, revenue, sender.owedAt(sent, revenue));
        _holdings[id][to] = HoldingWord.pack(received + value, revenue, receiver.owedAt(received, revenue));

        uint256 count = _currencyList.length;
        for (uint256 index = 1; index < count; ++index) {
            revenue = _totals[id][index].own;
            if (revenue == 0) continue;
            _settleFurther(id, index, from, sent, revenue);
            _settleFurther(id, index, to, received, revenue);
        }
    }

    function _settleFurther(uint256 id, uint256 index, address holder, uint256 units, uint256 revenue) private {
        Holding word = _furtherHoldings[id][index][holder];
        _furtherHoldings[id][index][holder] = HoldingWord.pack(0, revenue, word.owedAt(units, revenue));
    }

    /// @dev Gets the money from the depositor and believes only the own balance.
    function _collect(address currency, uint256 gross, bytes calldata payload) private {
        uint256 before = IERC20(currency).balanceOf(address(this));
        IPaymentSource(msg.sender).pay(currency, gross, payload);
        uint256 afterwards = IERC20(currency).balanceOf(address(this));
        uint256 received = afterwards > before ? afterwards - before : 0;
        if (received != gross) revert DesignShares__PaymentMismatch(gross, received);
    }

    /// @dev Splits a deposit into fee and own revenue on lifetime terms: the sum of all fees is the floor of the
    ///  rate over the sum of all deposits, however they were cut.
    function _credit(uint128 entryId, uint256 index, uint256 gross) private returns (uint256 fee, uint256 own) {
        Totals memory t = _totals[entryId][index];
        // Only the first deposit can be for an entry that is none; asking each time would cost each sale.
        if (t.gross == 0 && !IDesignRegistry(registry).isRegistered(entryId)) {
            revert DesignShares__UnknownEntry(entryId);
        }
        if (gross > type(uint96).max - t.gross) revert DesignShares__RevenueLimit();
        uint256 scaled = gross * feePpm + t.feeRemainder;
        fee = scaled / PPM;
        own = gross - fee;
        _totals[entryId][index] =
            Totals({gross: uint96(t.gross + gross), own: uint96(t.own + own), feeRemainder: uint32(scaled % PPM)});
    }

    /// @dev Settles a holder and takes out what can be paid in whole base units.
    function _take(uint128 entryId, uint256 index, address holder) private returns (uint256 amount) {
        uint256 revenue = _totals[entryId][index].own;
        Holding held = _holdings[entryId][holder];
        uint256 units = held.units();
        if (index == 0) {
            uint256 owed = held.owedAt(units, revenue);
            amount = owed / SHARE_SUPPLY;
            if (amount == 0) return 0;
            _holdings[entryId][holder] = HoldingWord.pack(units, revenue, owed - amount * SHARE_SUPPLY);
        } else {
            uint256 owed = _furtherHoldings[entryId][index][holder].owedAt(units, revenue);
            amount = owed / SHARE_SUPPLY;
            if (amount == 0) return 0;
            _furtherHoldings[entryId][index][holder] = HoldingWord.pack(0, revenue, owed - amount * SHARE_SUPPLY);
        }
    }

    /// @dev The word's low 128 bits hold what is owed and have room for all that an entry can ever owe.
    function _giveBack(uint128 entryId, uint256 index, address holder, uint256 amount) private {
        if (index == 0) {
            _holdings[entryId][holder] =
                Holding.wrap(Holding.unwrap(_holdings[entryId][holder]) + amount * SHARE_SUPPLY);
        } else {
            _furtherHoldings[entryId][index][holder] =
                Holding.wrap(Holding.unwrap(_furtherHoldings[entryId][index][holder]) + amount * SHARE_SUPPLY);
        }
    }

    /// @dev An ERC-20 transfer with CLAIM_GAS, at most 32 bytes of its answer read, and no revert of ours if it fails.
    ///  Without the check of what is left, a gas estimate could settle on an amount at which holders are skipped.
    function _transferBounded(address currency, address to, uint256 amount) private returns (bool succeeded) {
        // 1/64 of the gas stays with the caller (EIP-150); 20,000 are for the record after the call.
        if (gasleft() < (CLAIM_GAS * 64) / 63 + 20_000) revert DesignShares__NotEnoughGas();
        bytes memory request = abi.encodeCall(IERC20.transfer, (to, amount));
        uint256 gasGiven = CLAIM_GAS;
        assembly ("memory-safe") {
            mstore(0x00, 0)
            succeeded := call(gasGiven, currency, 0, add(request, 0x20), mload(request), 0x00, 0x20)
            // Some tokens answer nothing at all; others answer false instead of reverting.
            if returndatasize() {
                succeeded := and(succeeded, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)))
            }
        }
    }
}
