// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IDesignRegistry} from "./IDesignRegistry.sol";

/// @title Share units of every entry, and all money they earn.
/// @notice An entry has 1,000,000 share units for life; the token id is the entry id. Revenue belongs, at the moment
///  it is credited, to whoever holds the units then; a transfer moves future revenue and nothing already credited.
///  An ancestor's part of a descendant's revenue is credited when it is settled.
/// @dev Amounts are base units of their currency; currency address(0) is the native coin. EIP-712 domain: name
///  "Loomprint Shares", version "1", chainId, this contract. Type:
///  ClaimOrder(address holder,address to,address currency,uint128[] entryIds,uint64 deadline,bytes32 salt)
///  Sources of money: 1 sale, 2 renewal, 3 unit report (these pay the platform's fee); 4 resale, 5 inbox, 6 donation.
interface IDesignShares is IERC1155, IERC2981 {
    /// @notice A holder's order to pay what they have earned to another address.
    /// @param salt Makes two like orders different.
    struct ClaimOrder {
        address holder;
        address to;
        address currency;
        uint128[] entryIds;
        uint64 deadline;
        bytes32 salt;
    }

    /// @notice What one holder and one entry have in one currency.
    /// @param claimable What the holder would be paid now.
    /// @param net Lifetime deposits of the entry, after the platform's fee.
    /// @param reserved The ancestors' part of `net`.
    /// @param inbound Lifetime money that came from descendants.
    /// @param own net - reserved + inbound: what all holders together have ever been credited.
    struct Account {
        address currency;
        uint256 claimable;
        uint256 net;
        uint256 reserved;
        uint256 inbound;
        uint256 own;
    }

    /// @notice Money arrived for an entry and was credited at once.
    /// @param ref The operator's reference of the action, or zero.
    /// @param fee The platform's part.
    /// @param ancestors The part reserved for the entries that this one derives from.
    /// @param own The part of the share holders. fee + ancestors + own = gross.
    /// @param source Where it came from; see above.
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

    /// @notice An ancestor's part of a descendant's revenue was credited to the ancestor's holders.
    event AncestorSettled(
        uint128 indexed descendant, uint128 indexed ancestor, address indexed currency, uint256 amount
    );

    /// @notice What a holder had earned was paid: to their own address, or where ClaimOrdered says.
    event Claimed(uint128 indexed entryId, address indexed currency, address indexed holder, uint256 amount);

    /// @notice The claims of this holder that follow in this transaction are paid to `to`.
    event ClaimOrdered(bytes32 indexed digest, address indexed holder, address indexed to);

    /// @notice A holder could not be paid by `claimFor`; their credit stands as before.
    event ClaimSkipped(uint128 indexed entryId, address indexed currency, address indexed holder);

    /// @notice A holder took an order back: it is void now. An executed one is in ClaimOrdered.
    event ClaimOrderCanceled(bytes32 indexed digest, address indexed holder);

    /// @notice Collected fees went to the treasury.
    event FeesWithdrawn(address indexed currency, address indexed to, uint256 amount);

    /// @notice The ledger accepts one more currency; it stays in the list for ever.
    event CurrencyAdded(address indexed currency, uint8 index);

    /// @notice A currency takes no deposits any more, or takes them again. Claims go on.
    event CurrencyClosed(address indexed currency, bool closed);

    /// @notice The platform's fee will be this, from that Unix time on.
    event FeeScheduled(uint256 feePpm, uint40 effectiveAt);

    /// @notice A contract may, or may no longer, deposit money from sales.
    event DepositorChanged(address indexed depositor, bool allowed);

    /// @notice Only the registry does this.
    error DesignShares__NotRegistry(address caller);
    /// @notice Only an allowed depositor brings money from sales.
    error DesignShares__NotDepositor(address caller);
    /// @notice Only the entry's own inbox brings its secondary royalties.
    error DesignShares__NotInbox(address caller);
    /// @notice The ledger does not know this currency.
    error DesignShares__UnknownCurrency(address currency);
    /// @notice The currency takes no deposits any more.
    error DesignShares__CurrencyIsClosed(address currency);
    /// @notice This currency is in the list already.
    error DesignShares__CurrencyKnown(address currency);
    /// @notice The list is full: 4 currencies for life.
    error DesignShares__CurrencyListFull();
    /// @notice Not a token contract.
    error DesignShares__NotACurrency(address currency);
    /// @notice The registry has no such entry.
    error DesignShares__UnknownEntry(uint128 entryId);
    /// @notice A depositor does not bring money from such a source.
    error DesignShares__UnknownSource(uint8 source);
    /// @notice An action with this reference was executed before.
    error DesignShares__RefUsed(bytes32 ref);
    /// @notice The entry takes no money of this kind while it has this status.
    error DesignShares__NotAccepting(uint128 entryId, IDesignRegistry.Status status);
    /// @notice A deposit of nothing.
    error DesignShares__NothingDeposited();
    /// @notice Not exactly the stated amount arrived: a token that takes a fee on transfer, or a source that lies.
    error DesignShares__PaymentMismatch(uint256 expected, uint256 received);
    /// @notice Lifetime revenue of one entry in one currency stays below 2^96.
    error DesignShares__RevenueLimit();
    /// @notice There is nothing to pay.
    error DesignShares__NothingToClaim();
    /// @notice Money cannot be sent there, or the receiver refused the native coin.
    error DesignShares__TransferFailed(address to);
    /// @notice The transaction has too little gas left to give the next holder's transfer its full allowance.
    error DesignShares__NotEnoughGas();
    /// @notice The order was executed or canceled before.
    error DesignShares__OrderVoid(bytes32 digest);
    /// @notice The order's signature is not the holder's.
    error DesignShares__BadSignature(address holder);
    /// @notice The order's deadline has passed.
    error DesignShares__Expired(uint64 deadline);
    /// @notice The fee is above the constant ceiling.
    error DesignShares__FeeAboveCeiling(uint256 feePpm);
    /// @notice A constructor argument is zero.
    error DesignShares__ZeroAddress();

    // ------------------------------------------------------------------ money in

    /// @notice Credits `gross` to the platform, the ancestors' reserve and the holders of an entry.
    /// @dev Only an allowed depositor. Native coin comes as value; for an ERC-20 the depositor must implement
    ///  IPaymentSource: it is called back for the money.
    /// @param source 1 to 4.
    /// @param ref Zero, or the operator's reference of the action, which is accepted once for ever.
    /// @param payload Given back to the depositor in `pay`.
    function deposit(
        uint128 entryId,
        address currency,
        uint256 gross,
        uint8 source,
        bytes32 ref,
        bytes calldata payload
    ) external payable;

    /// @notice Gives money to an entry, without fee. Anyone; an ERC-20 is taken by the caller's allowance.
    function donate(uint128 entryId, address currency, uint256 amount) external payable;

    /// @notice Brings an entry's secondary royalties, without fee. Only its inbox, as `donate`.
    function depositSwept(uint128 entryId, address currency, uint256 amount) external payable;

    /// @notice Credits an ancestor with its part of what these descendants have earned. Anyone may call.
    /// @return amount Base units credited in all.
    function settle(uint128 ancestor, address currency, uint128[] calldata descendants)
        external
        returns (uint256 amount);

    // ------------------------------------------------------------------ money out

    /// @notice Pays the caller what they have earned from an entry in one currency.
    /// @dev Reverts with DesignShares__NothingToClaim. What does not divide stays credited, never lost.
    /// @return amount Base units paid.
    function claim(uint128 entryId, address currency) external returns (uint256 amount);

    /// @notice Pays the caller what they have earned from many entries in one currency, in one transfer.
    function claimMany(uint128[] calldata entryIds, address currency) external returns (uint256 amount);

    /// @notice Executes a holder's signed order, once. Anyone may call.
    function claimWithSig(ClaimOrder calldata order, bytes calldata signature) external returns (uint256 amount);

    /// @notice Takes an order back. Only its holder.
    function cancelClaimOrder(ClaimOrder calldata order) external;

    /// @notice Pays many holders, each to their own address. Anyone may call.
    /// @dev A transfer that fails or uses more than CLAIM_GAS is skipped with ClaimSkipped and blocks nobody else.
    function claimFor(uint128 entryId, address currency, address[] calldata holders) external;

    /// @notice Sends the collected fees to the treasury. Anyone may call.
    function withdrawFees(address currency) external returns (uint256 amount);

    // ------------------------------------------------------------------ managing

    /// @notice Creates the 1,000,000 units of a new entry. Only the registry, once for each entry.
    function allocate(uint128 entryId, IDesignRegistry.ShareAllocation[] calldata allocations) external;

    /// @notice Keeps an entry's new status beside its money. Only the registry.
    function applyStatus(uint128 entryId, IDesignRegistry.Status status) external;

    /// @notice Adds a currency to the list of at most 4; 0 is the native coin. Only the administrator.
    function addCurrency(address currency) external;

    /// @notice Closes a currency to deposits, or opens it again. Only the treasurer.
    function closeCurrency(address currency, bool closed) external;

    /// @notice Changes the fee after FEE_DELAY. Only the treasurer.
    function scheduleFee(uint256 feePpm_) external;

    /// @notice Allows or stops a depositor. Only the administrator.
    function setDepositor(address depositor, bool allowed) external;

    // ------------------------------------------------------------------ reading

    /// @notice What `holder` would be paid now.
    function claimable(uint128 entryId, address currency, address holder) external view returns (uint256);

    /// @notice What `holder` would be paid now for each of these entries (rows) in each currency (columns).
    function claimables(address holder, uint128[] calldata entryIds) external view returns (uint256[][] memory);

    /// @notice Everything of an entry and a holder, a line for each currency of the list.
    function accounts(uint128 entryId, address holder) external view returns (Account[] memory);

    /// @notice Lifetime sums of an entry: own = net - reserved + inbound.
    function totals(uint128 entryId, address currency)
        external
        view
        returns (uint256 net, uint256 own, uint256 reserved, uint256 inbound);

    /// @notice An ancestor's part of a descendant's revenue: all of it ever, and what of it is settled.
    function ancestorAccount(uint128 descendant, uint128 ancestor, address currency)
        external
        view
        returns (uint256 earned, uint256 settled);

    /// @notice Fees collected in a currency and not yet withdrawn.
    function feesHeld(address currency) external view returns (uint256);

    /// @notice The platform's fee on sales now, in parts per million.
    function feePpm() external view returns (uint256);

    /// @notice The fee that was scheduled last, and the Unix time from which it holds.
    function scheduledFee() external view returns (uint256 feePpm_, uint40 effectiveAt);

    /// @notice The known currencies, in the order of their index.
    function currencies() external view returns (address[] memory);

    /// @notice The place of a currency in the list.
    /// @dev Reverts with DesignShares__UnknownCurrency.
    function currencyIndex(address currency) external view returns (uint8);

    /// @notice Whether a currency is closed to deposits.
    function isClosed(address currency) external view returns (bool);

    /// @notice Whether this contract may deposit money from sales.
    function isDepositor(address depositor) external view returns (bool);

    /// @notice Whether an order was executed or canceled.
    function isVoid(bytes32 digest) external view returns (bool);

    /// @notice Whether an operator's action with this reference was paid for: once, whichever market brought it.
    function refUsed(bytes32 ref) external view returns (bool);

    /// @notice The EIP-712 digest of an order.
    function claimOrderDigest(ClaimOrder calldata order) external view returns (bytes32);

    /// @notice The registry that this ledger belongs to.
    function registry() external view returns (address);

    /// @notice Where fees go.
    function treasury() external view returns (address);

    /// @notice What allows transfers of shares; zero: all are allowed.
    function transferPolicy() external view returns (address);
}
