// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "./IDesignRegistry.sol";
import {IPaymentSource} from "./IPaymentSource.sol";

/// @title Where licenses are offered and sold.
/// @notice Replaceable: it holds roles and no money. What was sold or earned does not depend on it.
/// @dev The payer gives this contract an ERC-20 allowance; the tokens go straight from payer to ledger.
interface ILicenseMarket is IPaymentSource {
    /// @notice What a buyer agrees to.
    /// @param maxPrice The most that one license may cost, in base units.
    /// @param to Who gets the licenses.
    /// @param deadline Unix time in seconds after which nothing is bought.
    struct BuyIntent {
        uint128 entryId;
        bytes32 terms;
        address currency;
        uint128 maxPrice;
        uint32 quantity;
        address to;
        uint64 deadline;
    }

    /// @notice Offers may name these terms. `uri` is where their text is found.
    event TermsAdded(bytes32 indexed terms, string uri);

    /// @notice Licenses of an entry are for sale.
    /// @param supply 0 means unlimited.
    event OfferOpened(
        uint128 indexed entryId, bytes32 indexed terms, address indexed currency, uint128 price, uint32 supply
    );

    /// @notice Licenses were sold, paid and minted.
    /// @param price Of one license.
    /// @param ref The operator's reference of the action, or zero.
    event LicenseSold(
        uint128 indexed entryId,
        uint256 indexed licenseId,
        address indexed to,
        address payer,
        bytes32 terms,
        address currency,
        uint128 price,
        uint32 quantity,
        bytes32 ref
    );

    /// @notice Only the registry opens first offers.
    error LicenseMarket__NotRegistry(address caller);
    /// @notice Only the ledger calls for money.
    error LicenseMarket__NotLedger(address caller);
    /// @notice No such terms were added.
    error LicenseMarket__UnknownTerms(bytes32 terms);
    /// @notice These terms were added before.
    error LicenseMarket__TermsKnown(bytes32 terms);
    /// @notice The hash of terms is zero.
    error LicenseMarket__EmptyTerms();
    /// @notice The entry is offered under these terms already.
    error LicenseMarket__OfferExists(uint128 entryId, bytes32 terms);
    /// @notice The entry is not offered under these terms.
    error LicenseMarket__NoOffer(uint128 entryId, bytes32 terms);
    /// @notice The price is 0, or above 2^96 base units, which no ledger entry can ever earn.
    error LicenseMarket__BadPrice(uint128 price);
    /// @notice The offer is in another currency.
    error LicenseMarket__OtherCurrency(address offered, address given);
    /// @notice One license costs more than the buyer agreed to.
    error LicenseMarket__PriceAboveMaximum(uint128 price, uint128 maxPrice);
    /// @notice The offer has fewer licenses left.
    error LicenseMarket__SoldOut(uint32 left);
    /// @notice A purchase of nothing.
    error LicenseMarket__NoQuantity();
    /// @notice The deadline has passed.
    error LicenseMarket__Expired(uint64 deadline);
    /// @notice An action with this reference was executed before.
    error LicenseMarket__RefUsed(bytes32 ref);
    /// @notice An operator's action needs a reference.
    error LicenseMarket__NoRef();

    /// @notice Makes terms known, so that offers can name them. Only the operator.
    /// @param terms keccak256 of the license text.
    function addTerms(bytes32 terms, string calldata uri) external;

    /// @notice Opens the offers that were signed with a registration. Only the registry.
    function openFirstOffers(uint128 entryId, IDesignRegistry.FirstOffer[] calldata offers) external;

    /// @notice Buys licenses; the caller pays.
    function buy(BuyIntent calldata intent) external returns (uint256 licenseId);

    /// @notice Buys licenses for someone who paid elsewhere; the caller, the operator, pays the full price here.
    /// @param ref The operator's reference; accepted once, never zero.
    function buyFor(BuyIntent calldata intent, bytes32 ref) external returns (uint256 licenseId);

    /// @notice An offer. All values are zero if there is none.
    function offer(uint128 entryId, bytes32 terms)
        external
        view
        returns (address currency, uint128 price, uint32 supply, uint32 sold, bool open);

    /// @notice Whether offers may name these terms.
    function isKnownTerms(bytes32 terms) external view returns (bool);

    /// @notice Whether an operator's action with this reference was executed.
    function refUsed(bytes32 ref) external view returns (bool);

    /// @notice The registry, ledger and licenses that this market serves.
    function registry() external view returns (address);
    function shares() external view returns (address);
    function licenses() external view returns (address);
}
