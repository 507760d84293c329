// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDesignLicenses} from "./interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "./interfaces/IDesignRegistry.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {ILicenseMarket, IPaymentSource} from "./interfaces/ILicenseMarket.sol";

/// @title LicenseMarket
contract LicenseMarket is ILicenseMarket, AccessManaged {
    using SafeERC20 for IERC20;

    /// @dev One word. The currency is its index in the ledger's list, which never changes. The ledger credits an
    ///  entry less than 2^96 base units in its life, so no sale above that price could happen.
    struct Offer {
        uint96 price;
        uint32 supply;
        uint32 sold;
        uint8 currencyIndex;
        bool open;
    }

    uint8 private constant SOURCE_SALE = 1;

    /// @inheritdoc ILicenseMarket
    address public immutable registry;
    /// @inheritdoc ILicenseMarket
    address public immutable shares;
    /// @inheritdoc ILicenseMarket
    address public immutable licenses;

    mapping(uint128 entryId => mapping(bytes32 terms => Offer)) private _offers;
    /// @inheritdoc ILicenseMarket
    mapping(bytes32 terms => bool) public isKnownTerms;
    /// @inheritdoc ILicenseMarket
    mapping(bytes32 ref => bool) public refUsed;

    /// @param authority The AccessManager.
    /// @param registry_ Names the ledger and the licenses.
    constructor(address authority, address registry_) AccessManaged(authority) {
        registry = registry_;
        shares = IDesignRegistry(registry_).shares();
        licenses = IDesignRegistry(registry_).licenses();
    }

    /// @inheritdoc ILicenseMarket
    function addTerms(bytes32 terms, string calldata uri) external restricted {
        if (terms == 0) revert LicenseMarket__EmptyTerms();
        if (isKnownTerms[terms]) revert LicenseMarket__TermsKnown(terms);
        isKnownTerms[terms] = true;
        emit TermsAdded(terms, uri);
    }

    /// @inheritdoc ILicenseMarket
    function openFirstOffers(uint128 entryId, IDesignRegistry.FirstOffer[] calldata offers) external {
        if (msg.sender != registry) revert LicenseMarket__NotRegistry(msg.sender);
        for (uint256 i = 0; i < offers.length; ++i) {
            IDesignRegistry.FirstOffer calldata first = offers[i];
            if (!isKnownTerms[first.terms]) revert LicenseMarket__UnknownTerms(first.terms);
            if (first.price == 0 || first.price > type(uint96).max) revert LicenseMarket__BadPrice(first.price);
            Offer storage o = _offers[entryId][first.terms];
            if (o.open) revert LicenseMarket__OfferExists(entryId, first.terms);
            _offers[entryId][first.terms] = Offer({
                price: uint96(first.price),
                supply: first.supply,
                sold: 0,
                currencyIndex: IDesignShares(shares).currencyIndex(first.currency),
                open: true
            });
            emit OfferOpened(entryId, first.terms, first.currency, first.price, first.supply);
        }
    }

    /// @inheritdoc ILicenseMarket
    function buy(BuyIntent calldata intent) external returns (uint256 licenseId) {
        return _buy(intent, 0);
    }

    /// @inheritdoc ILicenseMarket
    function buyFor(BuyIntent calldata intent, bytes32 ref) external restricted returns (uint256 licenseId) {
        if (ref == 0) revert LicenseMarket__NoRef();
        if (refUsed[ref]) revert LicenseMarket__RefUsed(ref);
        refUsed[ref] = true;
        return _buy(intent, ref);
    }

    /// @inheritdoc IPaymentSource
    /// @dev The ledger calls only whoever deposits, so the payload is this contract's own.
    function pay(address currency, uint256 gross, bytes calldata payload) external {
        if (msg.sender != shares) revert LicenseMarket__NotLedger(msg.sender);
        IERC20(currency).safeTransferFrom(abi.decode(payload, (address)), msg.sender, gross);
    }

    /// @inheritdoc ILicenseMarket
    function offer(uint128 entryId, bytes32 terms)
        external
        view
        returns (address currency, uint128 price, uint32 supply, uint32 sold, bool open)
    {
        Offer memory o = _offers[entryId][terms];
        if (!o.open) return (address(0), 0, 0, 0, false);
        return (IDesignShares(shares).currencies()[o.currencyIndex], o.price, o.supply, o.sold, true);
    }

    function _buy(BuyIntent calldata intent, bytes32 ref) private returns (uint256 licenseId) {
        if (block.timestamp > intent.deadline) revert LicenseMarket__Expired(intent.deadline);
        if (intent.quantity == 0) revert LicenseMarket__NoQuantity();
        uint128 price = _takeFromOffer(intent);
        licenseId = uint256(intent.entryId) << 128 | uint256(uint96(bytes12(intent.terms))) << 32;

        IDesignShares(shares)
            .deposit(
                intent.entryId,
                intent.currency,
                uint256(price) * intent.quantity,
                SOURCE_SALE,
                ref,
                abi.encode(msg.sender)
            );
        emit LicenseSold(
            intent.entryId, licenseId, intent.to, msg.sender, intent.terms, intent.currency, price, intent.quantity, ref
        );
        // Last, because it calls the hook of a buyer that is a contract.
        IDesignLicenses(licenses).mint(intent.to, licenseId, intent.terms, intent.quantity);
    }

    /// @dev Checks the intent against the offer and counts the sale.
    function _takeFromOffer(BuyIntent calldata intent) private returns (uint128 price) {
        Offer storage stored = _offers[intent.entryId][intent.terms];
        Offer memory o = stored;
        if (!o.open) revert LicenseMarket__NoOffer(intent.entryId, intent.terms);
        if (IDesignShares(shares).currencyIndex(intent.currency) != o.currencyIndex) {
            revert LicenseMarket__OtherCurrency(IDesignShares(shares).currencies()[o.currencyIndex], intent.currency);
        }
        if (o.price > intent.maxPrice) revert LicenseMarket__PriceAboveMaximum(o.price, intent.maxPrice);
        // An unlimited offer still ends at the counter's own end.
        uint32 left = (o.supply == 0 ? type(uint32).max : o.supply) - o.sold;
        if (intent.quantity > left) revert LicenseMarket__SoldOut(left);
        stored.sold = o.sold + intent.quantity;
        return o.price;
    }
}
