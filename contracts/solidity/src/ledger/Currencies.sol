// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IDesignShares} from "../interfaces/IDesignShares.sol";
import {FEE_CEILING_PPM, FEE_DELAY, MAX_CURRENCIES, PPM} from "../Units.sol";

/// @dev The ledger's few currencies, and the platform's fee in each.
abstract contract Currencies is IDesignShares, AccessManaged {
    /// @dev One word. `place` is the currency's index plus 1, so that 0 is an unknown currency. The fee is the same
    ///  for all currencies; it stands in each word so that a deposit reads no other.
    struct Currency {
        uint8 place;
        bool closed;
        uint24 feeNow;
        uint24 feeNext;
        uint40 feeNextFrom;
        uint128 fees;
    }

    /// @dev The fee that holds until `nextFrom`, and the one from then on.
    struct FeeSchedule {
        uint24 current;
        uint24 next;
        uint40 nextFrom;
    }

    mapping(address currency => Currency) private _currencies;
    address[] internal _currencyList;
    FeeSchedule private _fee;

    constructor(uint256 feePpm_) {
        if (feePpm_ > FEE_CEILING_PPM) revert DesignShares__FeeAboveCeiling(feePpm_);
        _fee = FeeSchedule({current: uint24(feePpm_), next: uint24(feePpm_), nextFrom: 0});
    }

    /// @inheritdoc IDesignShares
    function addCurrency(address currency) external restricted {
        if (currency != address(0) && currency.code.length == 0) revert DesignShares__NotACurrency(currency);
        if (_currencies[currency].place != 0) revert DesignShares__CurrencyKnown(currency);
        uint256 index = _currencyList.length;
        if (index == MAX_CURRENCIES) revert DesignShares__CurrencyListFull();
        _currencyList.push(currency);
        _currencies[currency].place = uint8(index + 1);
        _setFee(currency, _fee);
        emit CurrencyAdded(currency, uint8(index));
    }

    /// @inheritdoc IDesignShares
    function closeCurrency(address currency, bool closed) external restricted {
        currencyIndex(currency);
        _currencies[currency].closed = closed;
        emit CurrencyClosed(currency, closed);
    }

    /// @inheritdoc IDesignShares
    function scheduleFee(uint256 feePpm_) external restricted {
        if (feePpm_ > FEE_CEILING_PPM) revert DesignShares__FeeAboveCeiling(feePpm_);
        uint40 effectiveAt = uint40(block.timestamp + FEE_DELAY);
        FeeSchedule memory fee = FeeSchedule({current: uint24(feePpm()), next: uint24(feePpm_), nextFrom: effectiveAt});
        _fee = fee;
        uint256 count = _currencyList.length;
        for (uint256 index = 0; index < count; ++index) {
            _setFee(_currencyList[index], fee);
        }
        emit FeeScheduled(feePpm_, effectiveAt);
    }

    /// @inheritdoc IDesignShares
    function feesHeld(address currency) external view returns (uint256) {
        return _known(currency).fees;
    }

    /// @inheritdoc IDesignShares
    function feePpm() public view returns (uint256) {
        return block.timestamp < _fee.nextFrom ? _fee.current : _fee.next;
    }

    /// @inheritdoc IDesignShares
    function scheduledFee() external view returns (uint256 feePpm_, uint40 effectiveAt) {
        return (_fee.next, _fee.nextFrom);
    }

    /// @inheritdoc IDesignShares
    function currencies() external view returns (address[] memory) {
        return _currencyList;
    }

    /// @inheritdoc IDesignShares
    function currencyIndex(address currency) public view returns (uint8) {
        return _known(currency).place - 1;
    }

    /// @inheritdoc IDesignShares
    function isClosed(address currency) external view returns (bool) {
        return _known(currency).closed;
    }

    /// @dev The fee on a deposit. `remainder` is its fraction, in millionths of a base unit, carried from deposit to
    ///  deposit.
    function _charge(address currency, uint256 gross, uint24 remainder) internal returns (uint256 fee, uint24 carried) {
        Currency memory c = _currencies[currency];
        uint256 scaled = gross * (block.timestamp < c.feeNextFrom ? c.feeNow : c.feeNext) + remainder;
        fee = scaled / PPM;
        carried = uint24(scaled % PPM);
        if (fee != 0) _currencies[currency].fees = c.fees + uint128(fee);
    }

    /// @dev Takes all fees out of the books.
    function _takeFees(address currency) internal returns (uint256 amount) {
        amount = _known(currency).fees;
        _currencies[currency].fees = 0;
    }

    function _known(address currency) internal view returns (Currency storage c) {
        c = _currencies[currency];
        if (c.place == 0) revert DesignShares__UnknownCurrency(currency);
    }

    function _setFee(address currency, FeeSchedule memory fee) private {
        Currency storage c = _currencies[currency];
        (c.feeNow, c.feeNext, c.feeNextFrom) = (fee.current, fee.next, fee.nextFrom);
    }
}
