// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IDesignLicenses} from "../interfaces/IDesignLicenses.sol";
import {IDesignShares} from "../interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../interfaces/ILicenseMarket.sol";
import {SOURCE_RENEWAL, SOURCE_UNITS} from "../Units.sol";
import {Offers} from "./Offers.sol";

/// @dev What sold licenses cost later: another period, or each piece that is made.
abstract contract Renewals is Offers {
    mapping(uint256 licenseId => mapping(address holder => RenewalConsent)) private _consents;

    /// @inheritdoc ILicenseMarket
    function renew(uint256 licenseId, address currency, uint128 maxPrice) external payable whenNotPaused nonReentrant {
        address payer = _msgSender();
        if (IDesignLicenses(licenses).isRevoked(licenseId, payer)) revert LicenseMarket__NotRenewable(licenseId);
        (uint128 price, uint40 expiresAt) = _renewal(licenseId, currency, maxPrice);
        _checkValue(currency, price);
        _renew(licenseId, currency, price, expiresAt, payer);
    }

    /// @inheritdoc ILicenseMarket
    function consentToRenewal(uint256 licenseId, RenewalConsent calldata consent) external {
        address holder = _msgSender();
        _checkHolder(licenseId, holder);
        if (consent.until != 0 && (consent.period == 0 || consent.period != _periodOf(licenseId))) {
            revert LicenseMarket__NotRenewable(licenseId);
        }
        _consents[licenseId][holder] = consent;
        emit RenewalConsented(licenseId, holder, consent);
    }

    /// @inheritdoc ILicenseMarket
    function renewFor(uint256 licenseId, address holder) external whenNotPaused nonReentrant {
        RenewalConsent memory consent = _consents[licenseId][holder];
        if (block.timestamp > consent.until) revert LicenseMarket__NotConsented(licenseId);
        if (consent.currency == address(0)) revert LicenseMarket__NotRelayable(address(0));
        _checkHolder(licenseId, holder);
        uint256 known = IDesignLicenses(licenses).expiresAt(licenseId);
        // Not before the last quarter, so that nobody can charge a year of periods in one day.
        if (block.timestamp + consent.period / 4 < known || IDesignLicenses(licenses).isRevoked(licenseId, holder)) {
            revert LicenseMarket__NotConsented(licenseId);
        }
        (uint128 price, uint40 expiresAt) = _renewal(licenseId, consent.currency, consent.maxPrice);
        _renew(licenseId, consent.currency, price, expiresAt, holder);
    }

    /// @inheritdoc ILicenseMarket
    function reportUnits(uint256 licenseId, uint32 count, uint96 maxUnitPrice)
        external
        payable
        whenNotPaused
        nonReentrant
    {
        address payer = _msgSender();
        _checkHolder(licenseId, payer);
        IDesignLicenses.Issue memory issue = IDesignLicenses(licenses).issueOf(licenseId);
        if (issue.unitPrice > maxUnitPrice) revert Market__PriceAboveMaximum(issue.unitPrice, maxUnitPrice);
        address currency = IDesignShares(shares).currencies()[issue.currencyIndex];
        uint256 total = uint256(issue.unitPrice) * count;
        _checkValue(currency, total);
        IDesignLicenses(licenses).reportUnits(licenseId, count);
        emit UnitsPaid(licenseId, payer, currency, issue.unitPrice, count);
        if (total != 0) _deposit(uint128(licenseId >> 128), currency, payer, total, SOURCE_UNITS, 0);
    }

    /// @inheritdoc ILicenseMarket
    function consentOf(uint256 licenseId, address holder) external view returns (RenewalConsent memory) {
        return _consents[licenseId][holder];
    }

    /// @dev What a renewal costs now and until when it lasts; reverts if it cannot be.
    function _renewal(uint256 licenseId, address currency, uint128 maxPrice)
        private
        view
        returns (uint128 price, uint40 expiresAt)
    {
        uint128 entryId = uint128(licenseId >> 128);
        bytes32 terms = IDesignLicenses(licenses).termsOf(licenseId);
        uint256 known = IDesignLicenses(licenses).expiresAt(licenseId);
        if (known == 0) revert LicenseMarket__NotRenewable(licenseId);
        // Beside an exclusive license no other one goes on beyond its term.
        uint256 exclusive = IDesignLicenses(licenses).exclusiveOf(entryId);
        if (exclusive != 0 && exclusive != licenseId) revert LicenseMarket__EntryIsClosed(entryId);
        Offer memory o = _offers[_keyOf(entryId, terms, currency)];
        if (o.flags & OPEN == 0) revert LicenseMarket__NoOffer(entryId, terms);
        if (o.price > maxPrice) revert Market__PriceAboveMaximum(o.price, maxPrice);
        uint256 from = block.timestamp > known ? block.timestamp : known;
        return (o.price, uint40(from + _periodOf(licenseId)));
    }

    function _renew(uint256 licenseId, address currency, uint128 price, uint40 expiresAt, address payer) private {
        IDesignLicenses(licenses).extend(licenseId, expiresAt);
        emit LicenseRenewed(licenseId, payer, currency, price, expiresAt);
        _deposit(uint128(licenseId >> 128), currency, payer, price, SOURCE_RENEWAL, 0);
    }

    function _periodOf(uint256 licenseId) private view returns (uint40 period) {
        (,,, period) = IDesignLicenses(licenses).formOf(IDesignLicenses(licenses).termsOf(licenseId));
    }

    function _checkHolder(uint256 licenseId, address holder) private view {
        if (IERC1155(licenses).balanceOf(holder, licenseId) == 0) revert LicenseMarket__NotHolder(holder);
    }
}
