// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IDesignRegistry} from "./IDesignRegistry.sol";

/// @title Share units of every entry, and all money they earn.
/// @notice An entry has 1,000,000 share units for life; the token id is the entry id. Revenue belongs, at the moment
///  it arrives, to whoever holds the units then; a transfer moves future revenue and nothing already earned.
/// @dev Amounts are base units of their currency. Currency address(0) is reserved for the native coin.
interface IDesignShares is IERC1155 {
    /// @notice Money arrived for an entry and was credited at once.
    /// @param ref The operator's reference of the action, or zero.
    /// @param fee The platform's part.
    /// @param ancestors The part reserved for the entries that this one derives from.
    /// @param own The part of the share holders. fee + ancestors + own = gross.
    /// @param source 1 for a sale.
    event RevenueReceived(
        uint128 indexed entryId,
        address indexed currency,
        bytes32 indexed ref,
        uint256 gross,
        uint256 fee,
        uint256 ancestors,
        uint256 own,
        uint8 source
    );

    /// @notice A holder was paid, to their own address.
    event Claimed(uint128 indexed entryId, address indexed currency, address indexed holder, uint256 amount);

    /// @notice A holder could not be paid by `claimFor`; their credit stands as before.
    event ClaimSkipped(uint128 indexed entryId, address indexed currency, address indexed holder);

    /// @notice Collected fees went to the treasury.
    event FeesWithdrawn(address indexed currency, address indexed to, uint256 amount);

    /// @notice The ledger accepts one more currency, for ever.
    event CurrencyAdded(address indexed currency, uint8 index);

    /// @notice A contract may, or may no longer, deposit money.
    event DepositorChanged(address indexed depositor, bool allowed);

    /// @notice Only the registry allocates shares.
    error DesignShares__NotRegistry(address caller);
    /// @notice Only an allowed depositor brings money.
    error DesignShares__NotDepositor(address caller);
    /// @notice The ledger does not know this currency.
    error DesignShares__UnknownCurrency(address currency);
    /// @notice This currency is in the list already.
    error DesignShares__CurrencyKnown(address currency);
    /// @notice The list is full: 4 currencies for life.
    error DesignShares__CurrencyListFull();
    /// @notice Not a token contract.
    error DesignShares__NotACurrency(address currency);
    /// @notice The registry has no such entry.
    error DesignShares__UnknownEntry(uint128 entryId);
    /// @notice The ledger knows no such source of money.
    error DesignShares__UnknownSource(uint8 source);
    /// @notice A deposit of nothing.
    error DesignShares__NothingDeposited();
    /// @notice Not exactly the stated amount arrived: a token that takes a fee on transfer, or a source that lies.
    error DesignShares__PaymentMismatch(uint256 expected, uint256 received);
    /// @notice Lifetime revenue of one entry in one currency stays below 2^96.
    error DesignShares__RevenueLimit();
    /// @notice There is nothing to pay.
    error DesignShares__NothingToClaim();
    /// @notice The transaction has too little gas left to give the next holder's transfer its full allowance.
    error DesignShares__NotEnoughGas();
    /// @notice The fee is above the constant ceiling.
    error DesignShares__FeeAboveCeiling(uint256 feePpm);
    /// @notice A constructor argument is zero.
    error DesignShares__ZeroAddress();

    /// @notice Creates the 1,000,000 units of a new entry. Only the registry, once for each entry.
    function allocate(uint128 entryId, IDesignRegistry.ShareAllocation[] calldata allocations) external;

    /// @notice Credits `gross` to the platform and the holders of an entry.
    /// @dev Only an allowed depositor, which must implement IPaymentSource: it is called back for the money.
    /// @param source 1 for a sale.
    /// @param payload Given back to the depositor in `pay`.
    function deposit(
        uint128 entryId,
        address currency,
        uint256 gross,
        uint8 source,
        bytes32 ref,
        bytes calldata payload
    ) external;

    /// @notice Pays the caller what they have earned from an entry in one currency.
    /// @dev Reverts with DesignShares__NothingToClaim. What does not divide stays credited, never lost.
    /// @return amount Base units paid.
    function claim(uint128 entryId, address currency) external returns (uint256 amount);

    /// @notice Pays many holders, each to their own address. Anyone may call.
    /// @dev A transfer that fails or uses more than CLAIM_GAS is skipped with ClaimSkipped and blocks nobody else.
    function claimFor(uint128 entryId, address currency, address[] calldata holders) external;

    /// @notice Sends the collected fees to the treasury. Anyone may call.
    function withdrawFees(address currency) external returns (uint256 amount);

    /// @notice Adds a currency to the list of at most 4. Only the administrator.
    function addCurrency(address currency) external;

    /// @notice Allows or stops a depositor. Only the administrator.
    function setDepositor(address depositor, bool allowed) external;

    /// @notice What `holder` would be paid now.
    function claimable(uint128 entryId, address currency, address holder) external view returns (uint256);

    /// @notice Lifetime sums of an entry: own + fees = gross, exactly.
    function totals(uint128 entryId, address currency) external view returns (uint256 gross, uint256 own, uint256 fees);

    /// @notice Fees collected in a currency and not yet withdrawn.
    function feesHeld(address currency) external view returns (uint256);

    /// @notice The platform fee on sales, in parts per million.
    function feePpm() external view returns (uint256);

    /// @notice The known currencies, in the order of their index.
    function currencies() external view returns (address[] memory);

    /// @notice The place of a currency in the list.
    /// @dev Reverts with DesignShares__UnknownCurrency.
    function currencyIndex(address currency) external view returns (uint8);

    /// @notice Whether this contract may deposit money.
    function isDepositor(address depositor) external view returns (bool);

    /// @notice The registry that this ledger belongs to.
    function registry() external view returns (address);

    /// @notice Where fees go.
    function treasury() external view returns (address);
}
