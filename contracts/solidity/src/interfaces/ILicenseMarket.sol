// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "./IDesignRegistry.sol";
import {IMarket} from "./IMarket.sol";

/// @title Where licenses are offered, sold, renewed and metered.
/// @notice Replaceable: it holds roles and no money. What was sold or earned does not depend on it.
/// @dev ERC-20: the payer gives this contract an allowance; the tokens go straight from payer to ledger. Native coin:
///  exactly the price comes as value. EIP-712 domain: name "Loomprint Market", version "1", chainId, this contract.
///  BuyIntent(address payer,uint128 entryId,bytes32 terms,address currency,uint128 maxPrice,uint32 quantity,address to,
///    uint64 deadline)
///  Voucher(uint128 entryId,bytes32 terms,address currency,uint128 price,uint32 quantity,address to,uint64 startsAt,
///    uint64 deadline,bytes32 salt)
///  Functions of a controller or holder can also be called through the trusted ERC-2771 forwarder.
interface ILicenseMarket is IMarket {
    /// @notice How a gate counts what an account holds.
    enum GateKind {
        None,
        Balance, // ERC-20 or ERC-721 balanceOf(account)
        Balance1155, // ERC-1155 balanceOf(account, id)
        PastVotes // ERC-5805 getPastVotes(account, the clock's last point)
    }

    /// @notice Who may buy: accounts that hold at least `minimum` of a token.
    struct Gate {
        GateKind kind;
        address token;
        uint256 id;
        uint256 minimum;
    }

    /// @notice What a controller offers.
    /// @param price Base units for one license, more than 0.
    /// @param supply The most that this offer can ever sell; 0 is unlimited.
    /// @param startsAt First second in which it sells, Unix time; 0 is at once.
    /// @param endsAt First second in which it does not sell any more; 0 is never.
    /// @param walletCap The most that one account can get from this offer; 0 is unlimited.
    /// @param unitPrice What each manufactured piece costs under a metered license. It only goes down: buyers agree to
    ///  a license's price and would not see this one rise before they get it.
    /// @param allowRoot Root of a Merkle tree (OpenZeppelin's standard tree over (address)) of who may get licenses;
    ///  0 is everyone.
    struct OfferTerms {
        uint128 price;
        uint32 supply;
        uint40 startsAt;
        uint40 endsAt;
        uint32 walletCap;
        uint96 unitPrice;
        bytes32 allowRoot;
        Gate gate;
    }

    /// @notice What a buyer agrees to.
    /// @param maxPrice The most that one license may cost, in base units.
    /// @param to Who gets the licenses; offers' caps, lists and gates look at this account.
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

    /// @notice An ERC-2612 permit for this market. If it fails the allowance that is there decides.
    struct Permit {
        uint256 value;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice An ERC-3009 authorization of maxPrice * quantity to this market, whose nonce is the intent's digest.
    struct Authorization {
        uint256 validAfter;
        uint256 validBefore;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice An offer that a controller only signed. It is spent by its digest, as a whole.
    /// @param to Who may use it; 0 is anyone.
    struct Voucher {
        uint128 entryId;
        bytes32 terms;
        address currency;
        uint128 price;
        uint32 quantity;
        address to;
        uint64 startsAt;
        uint64 deadline;
        bytes32 salt;
    }

    /// @notice What a holder allows to be charged for renewing a license.
    /// @param maxPrice The most for one period.
    /// @param period The period, which must be the terms' own.
    /// @param until Unix time after which nothing is charged.
    struct RenewalConsent {
        address currency;
        uint128 maxPrice;
        uint40 period;
        uint40 until;
    }

    /// @notice Licenses of an entry are for sale. A second event for the same three changes the offer.
    event OfferOpened(uint128 indexed entryId, bytes32 indexed terms, address indexed currency, OfferTerms offer);

    /// @notice An offer sells no more.
    event OfferClosed(uint128 indexed entryId, bytes32 indexed terms, address indexed currency);

    /// @notice An exclusive license was sold: the entry sells nothing more here.
    event EntryClosed(uint128 indexed entryId, uint256 licenseId);

    /// @notice Licenses were sold, paid and minted.
    /// @param price Of one license.
    /// @param version The entry's version at that time.
    /// @param ref The operator's reference of the action, or zero.
    /// @param voucher The digest of the voucher that sold them, or zero: then the offer counts them as sold.
    event LicenseSold(
        uint128 indexed entryId,
        uint256 indexed licenseId,
        address indexed to,
        address payer,
        bytes32 terms,
        address currency,
        uint128 price,
        uint32 quantity,
        uint32 version,
        bytes32 ref,
        bytes32 voucher
    );

    /// @notice A holder allows (or with until = 0 forbids) renewals at their cost.
    event RenewalConsented(uint256 indexed licenseId, address indexed holder, RenewalConsent consent);

    /// @notice A license was renewed and paid.
    event LicenseRenewed(
        uint256 indexed licenseId, address indexed payer, address currency, uint128 price, uint40 expiresAt
    );

    /// @notice Manufactured pieces were reported and paid.
    event UnitsPaid(uint256 indexed licenseId, address indexed payer, address currency, uint96 unitPrice, uint32 count);

    /// @notice Only the registry does this.
    error LicenseMarket__NotRegistry(address caller);
    /// @notice Only the entry's controller does this.
    error LicenseMarket__NotController(address caller);
    /// @notice Only the license's holder does this.
    error LicenseMarket__NotHolder(address caller);
    /// @notice The entry is offered under these terms in this currency already.
    error LicenseMarket__OfferExists(uint128 entryId, bytes32 terms);
    /// @notice The entry is not offered under these terms in this currency.
    error LicenseMarket__NoOffer(uint128 entryId, bytes32 terms);
    /// @notice An exclusive license of the entry was sold.
    error LicenseMarket__EntryIsClosed(uint128 entryId);
    /// @notice The offer sells from `startsAt` until `endsAt`.
    error LicenseMarket__OutsideWindow(uint256 startsAt, uint256 endsAt);
    /// @notice An ancestor allows no sale below `floor`, or none in this currency (floor 0).
    error LicenseMarket__BelowFloor(uint128 price, uint256 floor);
    /// @notice Supply, window, gate or price of a piece contradict each other, the terms, or what was offered before.
    error LicenseMarket__BadOffer();
    /// @notice The offer has fewer licenses left.
    error LicenseMarket__SoldOut(uint32 left);
    /// @notice This account can get fewer from this offer.
    error LicenseMarket__WalletCap(uint32 left);
    /// @notice This account is not on the offer's list.
    error LicenseMarket__NotAllowed(address account);
    /// @notice This account does not hold what the offer asks for.
    error LicenseMarket__GateClosed(address account);
    /// @notice A license with a serial is bought alone.
    error LicenseMarket__OneAtATime();
    /// @notice An operator's action needs a reference.
    error LicenseMarket__NoRef();
    /// @notice The license does not expire, so there is nothing to renew; or its period is another one; or it is
    ///  the caller's, and revoked.
    error LicenseMarket__NotRenewable(uint256 licenseId);
    /// @notice Its holder has not allowed this renewal, or it is too early for it.
    error LicenseMarket__NotConsented(uint256 licenseId);
    /// @notice A relayed purchase is paid in an ERC-20.
    error LicenseMarket__NotRelayable(address currency);

    // ------------------------------------------------------------------ offering

    /// @notice Opens an offer, or changes the one that there is; what it has sold stays counted. Only the controller.
    function openOffer(uint128 entryId, bytes32 terms, address currency, OfferTerms calldata offer_) external;

    /// @notice Ends an offer. Only the controller.
    function closeOffer(uint128 entryId, bytes32 terms, address currency) external;

    /// @notice Opens the offers that were signed with a registration. Only the registry.
    /// @dev Not of metered terms, whose offers state a price for a piece.
    function openFirstOffers(uint128 entryId, IDesignRegistry.FirstOffer[] calldata offers) external;

    /// @notice Takes note of an entry's newest version. Only the registry.
    function noteVersion(uint128 entryId, uint32 number) external;

    // ------------------------------------------------------------------ buying

    /// @notice Buys licenses; the caller pays.
    /// @param proof Proof that `intent.to` is on the offer's list; empty if there is none.
    function buy(BuyIntent calldata intent, bytes32[] calldata proof) external payable returns (uint256 licenseId);

    /// @notice Buys for someone who paid elsewhere; the caller, the operator, pays the full price here.
    /// @param ref The operator's reference; accepted once, never zero.
    function buyFor(BuyIntent calldata intent, bytes32[] calldata proof, bytes32 ref)
        external
        payable
        returns (uint256 licenseId);

    /// @notice Executes a payer's signed intent, once; the payer pays by allowance or by the permit. Anyone may relay.
    function buyWithPermit(
        BuyIntent calldata intent,
        address payer,
        bytes calldata signature,
        bytes32[] calldata proof,
        Permit calldata permit
    ) external returns (uint256 licenseId);

    /// @notice Executes an intent that a payer agreed to by an ERC-3009 authorization. Anyone may relay. What the
    ///  price is below the maximum goes back to the payer.
    function buyWithAuthorization(
        BuyIntent calldata intent,
        address payer,
        bytes32[] calldata proof,
        Authorization calldata authorization
    ) external returns (uint256 licenseId);

    /// @notice Buys what a voucher offers, all of it; the caller pays.
    /// @param to Who gets the licenses; must be the voucher's, if it names one.
    function buyWithVoucher(Voucher calldata voucher, bytes calldata signature, address to)
        external
        payable
        returns (uint256 licenseId);

    /// @notice Makes a voucher void. Only the entry's controller.
    function cancelVoucher(Voucher calldata voucher) external;

    /// @notice Makes an intent void that the caller signed, or would pay by an authorization.
    function cancelIntent(BuyIntent calldata intent) external;

    // ------------------------------------------------------------------ renewing and metering

    /// @notice Renews a license by its period, at the offer's price now; the caller pays.
    function renew(uint256 licenseId, address currency, uint128 maxPrice) external payable;

    /// @notice Records what may be charged for renewing, in place of what was recorded. Only a holder.
    function consentToRenewal(uint256 licenseId, RenewalConsent calldata consent) external;

    /// @notice Renews a license at its holder's cost, within their consent, in the last quarter of its time or after
    ///  it. Anyone may call.
    function renewFor(uint256 licenseId, address holder) external;

    /// @notice Reports manufactured pieces and pays for them; the caller pays.
    /// @param maxUnitPrice The most that one piece may cost.
    function reportUnits(uint256 licenseId, uint32 count, uint96 maxUnitPrice) external payable;

    // ------------------------------------------------------------------ reading

    /// @notice An offer and how many it has sold; `open` is false if there is none.
    function offer(uint128 entryId, bytes32 terms, address currency)
        external
        view
        returns (OfferTerms memory terms_, uint32 sold, bool open);

    /// @notice Whether an exclusive license closed the entry, and which version it sells.
    function entryState(uint128 entryId) external view returns (bool closed, uint32 version);

    /// @notice How many an account got from an offer that has a cap.
    function boughtBy(uint128 entryId, bytes32 terms, address currency, address account) external view returns (uint32);

    /// @notice What a holder allows to be charged.
    function consentOf(uint256 licenseId, address holder) external view returns (RenewalConsent memory);

    /// @notice The digests that are signed. A payer's intent names the payer, so that a wallet that signs for several
    ///  accounts pays from one only.
    function intentDigest(BuyIntent calldata intent, address payer) external view returns (bytes32);
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32);
}
