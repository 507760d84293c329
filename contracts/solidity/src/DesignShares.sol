// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDesignLicenses} from "./interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "./interfaces/IDesignRegistry.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {IPaymentSource} from "./interfaces/IPaymentSource.sol";
import {ITransferPolicy} from "./interfaces/ITransferPolicy.sol";
import {Currencies} from "./ledger/Currencies.sol";
import {ShareToken} from "./ledger/ShareToken.sol";
import {Holding, HoldingWord} from "./lib/Holding.sol";
import {Payment, PAYMENT_GAS} from "./lib/Payment.sol";
import {Revenue} from "./lib/Revenue.sol";
import {
    PPM,
    SHARE_SUPPLY,
    SOURCE_DONATION,
    SOURCE_INBOX,
    SOURCE_RENEWAL,
    SOURCE_RESALE,
    SOURCE_UNITS
} from "./Units.sol";

/// @title DesignShares
/// @dev Exact index over a fixed supply. Per (entry, currency) the cumulative own revenue R only grows. A holder's
///  word keeps the R of their last settlement and what was owed then, times SHARE_SUPPLY; what is paid is the whole
///  units of it, and the rest stays. Both sides are settled before units move, so that at any time, exactly:
///  sum over holders of (owed + units * (R - index)) + SHARE_SUPPLY * paid = SHARE_SUPPLY * R.
///  Ancestors are lazy: a deposit only reserves their part, and each takes the floor of its rate over the descendant's
///  lifetime total, less what it took before. So a deposit costs the same for any number of holders and ancestors.
contract DesignShares is ShareToken, Currencies, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 private constant CLAIM_ORDER_TYPEHASH = keccak256(
        "ClaimOrder(address holder,address to,address currency,uint128[] entryIds,uint64 deadline,bytes32 salt)"
    );

    /// @notice Gas that `claimFor` gives to one holder's transfer.
    uint256 public constant CLAIM_GAS = PAYMENT_GAS;

    /// @inheritdoc IDesignShares
    address public immutable registry;
    /// @inheritdoc IDesignShares
    address public immutable treasury;
    /// @inheritdoc IDesignShares
    address public immutable transferPolicy;

    /// @dev Words of the ledger's first currency stand with the units in ShareToken.
    mapping(uint256 id => mapping(uint256 index => mapping(address holder => Holding))) private _furtherHoldings;
    mapping(uint256 id => mapping(uint256 index => Revenue)) private _revenues;
    mapping(uint256 descendant => mapping(uint256 ancestor => mapping(uint256 index => uint256))) private _settled;
    /// @inheritdoc IDesignShares
    mapping(address depositor => bool) public isDepositor;
    /// @inheritdoc IDesignShares
    mapping(bytes32 digest => bool) public isVoid;
    /// @inheritdoc IDesignShares
    mapping(bytes32 ref => bool) public refUsed;

    /// @param authority The AccessManager.
    /// @param registry_ The address that the registry will have; its constructor checks that it is meant.
    /// @param treasury_ Where fees go, for ever.
    /// @param feePpm_ The fee on sales, until another is scheduled.
    /// @param transferPolicy_ What allows transfers of shares, for ever; zero: all are allowed.
    constructor(address authority, address registry_, address treasury_, uint256 feePpm_, address transferPolicy_)
        AccessManaged(authority)
        Currencies(feePpm_)
        EIP712("Loomprint Shares", "1")
    {
        if (registry_ == address(0) || treasury_ == address(0)) revert DesignShares__ZeroAddress();
        registry = registry_;
        treasury = treasury_;
        transferPolicy = transferPolicy_;
    }

    // ------------------------------------------------------------------ money in

    /// @inheritdoc IDesignShares
    function deposit(
        uint128 entryId,
        address currency,
        uint256 gross,
        uint8 source,
        bytes32 ref,
        bytes calldata payload
    ) external payable nonReentrant {
        if (!isDepositor[msg.sender]) revert DesignShares__NotDepositor(msg.sender);
        if (source == 0 || source > SOURCE_RESALE) revert DesignShares__UnknownSource(source);
        if (ref != 0) {
            if (refUsed[ref]) revert DesignShares__RefUsed(ref);
            refUsed[ref] = true;
        }
        _checkDeposit(currency, gross);
        if (currency != address(0)) {
            uint256 before = IERC20(currency).balanceOf(address(this));
            IPaymentSource(msg.sender).pay(currency, gross, payload);
            _checkArrived(currency, gross, before);
        }
        _credit(entryId, currency, gross, source, ref);
    }

    /// @inheritdoc IDesignShares
    function donate(uint128 entryId, address currency, uint256 amount) external payable nonReentrant {
        _takeFromCaller(currency, amount);
        _credit(entryId, currency, amount, SOURCE_DONATION, 0);
    }

    /// @inheritdoc IDesignShares
    function depositSwept(uint128 entryId, address currency, uint256 amount) external payable nonReentrant {
        address inbox = IDesignLicenses(IDesignRegistry(registry).licenses()).inboxOf(entryId);
        if (msg.sender != inbox) revert DesignShares__NotInbox(msg.sender);
        _takeFromCaller(currency, amount);
        _credit(entryId, currency, amount, SOURCE_INBOX, 0);
    }

    /// @inheritdoc IDesignShares
    function settle(uint128 ancestor, address currency, uint128[] calldata descendants)
        external
        nonReentrant
        returns (uint256 amount)
    {
        uint256 index = currencyIndex(currency);
        for (uint256 i = 0; i < descendants.length; ++i) {
            uint128 descendant = descendants[i];
            uint256 earned = _earned(descendant, ancestor, index);
            uint256 part = earned - _settled[descendant][ancestor][index];
            if (part == 0) continue;
            _settled[descendant][ancestor][index] = earned;
            amount += part;
            emit AncestorSettled(descendant, ancestor, currency, part);
        }
        if (amount == 0) return 0;
        Revenue storage revenue = _revenues[ancestor][index];
        if (amount > type(uint96).max - revenue.inbound) revert DesignShares__RevenueLimit();
        revenue.inbound += uint96(amount);
    }

    // ------------------------------------------------------------------ money out

    /// @inheritdoc IDesignShares
    function claim(uint128 entryId, address currency) external nonReentrant returns (uint256 amount) {
        uint256 index = currencyIndex(currency);
        amount = _take(entryId, index, msg.sender, _ownOf(entryId, index));
        if (amount == 0) revert DesignShares__NothingToClaim();
        emit Claimed(entryId, currency, msg.sender, amount);
        Payment.send(currency, msg.sender, amount);
    }

    /// @inheritdoc IDesignShares
    function claimMany(uint128[] calldata entryIds, address currency) external nonReentrant returns (uint256 amount) {
        amount = _takeMany(entryIds, currency, msg.sender);
        Payment.send(currency, msg.sender, amount);
    }

    /// @inheritdoc IDesignShares
    function claimWithSig(ClaimOrder calldata order, bytes calldata signature)
        external
        nonReentrant
        returns (uint256 amount)
    {
        if (block.timestamp > order.deadline) revert DesignShares__Expired(order.deadline);
        // Here it would be nobody's.
        if (order.to == address(0) || order.to == address(this)) revert DesignShares__TransferFailed(order.to);
        bytes32 digest = _voidOrder(order);
        if (!SignatureChecker.isValidSignatureNowCalldata(order.holder, digest, signature)) {
            revert DesignShares__BadSignature(order.holder);
        }
        emit ClaimOrdered(digest, order.holder, order.to);
        amount = _takeMany(order.entryIds, order.currency, order.holder);
        Payment.send(order.currency, order.to, amount);
    }

    /// @inheritdoc IDesignShares
    function cancelClaimOrder(ClaimOrder calldata order) external {
        if (msg.sender != order.holder) revert DesignShares__BadSignature(order.holder);
        emit ClaimOrderCanceled(_voidOrder(order), order.holder);
    }

    /// @inheritdoc IDesignShares
    function claimFor(uint128 entryId, address currency, address[] calldata holders) external nonReentrant {
        uint256 index = currencyIndex(currency);
        // The same for all: whatever a payment calls, nothing is credited before this function ends.
        uint256 own = _ownOf(entryId, index);
        for (uint256 i = 0; i < holders.length; ++i) {
            address holder = holders[i];
            uint256 amount = _take(entryId, index, holder, own);
            if (amount == 0) continue;
            if (Payment.sendBounded(currency, holder, amount)) {
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
        amount = _takeFees(currency);
        if (amount == 0) revert DesignShares__NothingToClaim();
        emit FeesWithdrawn(currency, treasury, amount);
        Payment.send(currency, treasury, amount);
    }

    // ------------------------------------------------------------------ managing

    /// @inheritdoc IDesignShares
    function allocate(uint128 entryId, IDesignRegistry.ShareAllocation[] calldata allocations) external {
        if (msg.sender != registry) revert DesignShares__NotRegistry(msg.sender);
        // All units first, then the hooks: a holder's hook sees the whole allocation.
        if (!_createAll(entryId, allocations)) return;
        for (uint256 i = 0; i < allocations.length; ++i) {
            _acceptCreated(allocations[i].holder, entryId, allocations[i].units);
        }
    }

    /// @inheritdoc IDesignShares
    function applyStatus(uint128 entryId, IDesignRegistry.Status status) external {
        if (msg.sender != registry) revert DesignShares__NotRegistry(msg.sender);
        uint256 count = _currencyList.length;
        for (uint256 index = 0; index < count; ++index) {
            // Where nothing was deposited yet, the first deposit asks.
            if (_revenues[entryId][index].known) _revenues[entryId][index].status = status;
        }
    }

    /// @inheritdoc IDesignShares
    function setDepositor(address depositor, bool allowed) external restricted {
        isDepositor[depositor] = allowed;
        emit DepositorChanged(depositor, allowed);
    }

    // ------------------------------------------------------------------ reading

    /// @inheritdoc IDesignShares
    function claimable(uint128 entryId, address currency, address holder) external view returns (uint256) {
        return _claimable(entryId, currencyIndex(currency), holder);
    }

    /// @inheritdoc IDesignShares
    function claimables(address holder, uint128[] calldata entryIds) external view returns (uint256[][] memory rows) {
        uint256 count = _currencyList.length;
        rows = new uint256[][](entryIds.length);
        for (uint256 i = 0; i < entryIds.length; ++i) {
            rows[i] = new uint256[](count);
            for (uint256 index = 0; index < count; ++index) {
                rows[i][index] = _claimable(entryIds[i], index, holder);
            }
        }
    }

    /// @inheritdoc IDesignShares
    function accounts(uint128 entryId, address holder) external view returns (Account[] memory lines) {
        uint256 count = _currencyList.length;
        lines = new Account[](count);
        for (uint256 index = 0; index < count; ++index) {
            Revenue memory revenue = _revenues[entryId][index];
            lines[index] = Account({
                currency: _currencyList[index],
                claimable: _claimable(entryId, index, holder),
                net: revenue.net,
                reserved: revenue.reserved(),
                inbound: revenue.inbound,
                own: revenue.own()
            });
        }
    }

    /// @inheritdoc IDesignShares
    function totals(uint128 entryId, address currency)
        external
        view
        returns (uint256 net, uint256 own, uint256 reserved, uint256 inbound)
    {
        Revenue memory revenue = _revenues[entryId][currencyIndex(currency)];
        return (revenue.net, revenue.own(), revenue.reserved(), revenue.inbound);
    }

    /// @inheritdoc IDesignShares
    function ancestorAccount(uint128 descendant, uint128 ancestor, address currency)
        external
        view
        returns (uint256 earned, uint256 settled)
    {
        uint256 index = currencyIndex(currency);
        return (_earned(descendant, ancestor, index), _settled[descendant][ancestor][index]);
    }

    /// @inheritdoc IDesignShares
    function claimOrderDigest(ClaimOrder calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    CLAIM_ORDER_TYPEHASH,
                    order.holder,
                    order.to,
                    order.currency,
                    keccak256(abi.encodePacked(order.entryIds)),
                    order.deadline,
                    order.salt
                )
            )
        );
    }

    /// @inheritdoc IERC2981
    /// @dev Shares themselves owe no royalty.
    function royaltyInfo(uint256, uint256) external pure returns (address receiver, uint256 royaltyAmount) {
        return (address(0), 0);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(IERC165, ShareToken) returns (bool) {
        return interfaceId == type(IERC2981).interfaceId || super.supportsInterface(interfaceId);
    }

    // ------------------------------------------------------------------ transfers

    function _checkTransfer(address from, address to, uint256 id, uint256 value) internal view override {
        if (transferPolicy == address(0)) return;
        ITransferPolicy(transferPolicy).checkTransfer(msg.sender, from, to, id, value);
    }

    /// @dev Settles both sides in every currency that the entry has ever earned, and moves the units. No part of a
    ///  word can overflow: the sender has `value` units, and all units of an entry are SHARE_SUPPLY < 2^24.
    function _shift(uint256 id, address from, address to, uint256 value) internal override {
        uint256 own = _ownOf(id, 0);
        Holding sender = _holdings[id][from];
        Holding receiver = _holdings[id][to];
        uint256 sent = sender.units();
        uint256 received = receiver.units();
        _holdings[id][from] = HoldingWord.pack(sent - value, own, sender.owedAt(sent, own));
        _holdings[id][to] = HoldingWord.pack(received + value, own, receiver.owedAt(received, own));

        uint256 count = _currencyList.length;
        for (uint256 index = 1; index < count; ++index) {
            own = _ownOf(id, index);
            if (own == 0) continue;
            _settleFurther(id, index, from, sent, own);
            _settleFurther(id, index, to, received, own);
        }
    }

    function _settleFurther(uint256 id, uint256 index, address holder, uint256 units, uint256 own) private {
        Holding word = _furtherHoldings[id][index][holder];
        _furtherHoldings[id][index][holder] = HoldingWord.pack(0, own, word.owedAt(units, own));
    }

    // ------------------------------------------------------------------ receiving

    /// @dev Native coin has come with the call, or must not have.
    function _checkDeposit(address currency, uint256 amount) private view {
        if (_known(currency).closed) revert DesignShares__CurrencyIsClosed(currency);
        if (amount == 0) revert DesignShares__NothingDeposited();
        uint256 expected = currency == address(0) ? amount : 0;
        if (msg.value != expected) revert DesignShares__PaymentMismatch(expected, msg.value);
    }

    function _takeFromCaller(address currency, uint256 amount) private {
        _checkDeposit(currency, amount);
        if (currency == address(0)) return;
        uint256 before = IERC20(currency).balanceOf(address(this));
        IERC20(currency).safeTransferFrom(msg.sender, address(this), amount);
        _checkArrived(currency, amount, before);
    }

    /// @dev Believes only the own balance.
    function _checkArrived(address currency, uint256 amount, uint256 before) private view {
        uint256 afterwards = IERC20(currency).balanceOf(address(this));
        uint256 received = afterwards > before ? afterwards - before : 0;
        if (received != amount) revert DesignShares__PaymentMismatch(amount, received);
    }

    /// @dev Splits money that is there into the fee, the ancestors' reserve and own revenue, on lifetime terms: the
    ///  sum of all fees is the floor of the rate over the sum of all deposits, however they were cut.
    function _credit(uint128 entryId, address currency, uint256 gross, uint8 source, bytes32 ref) private {
        uint256 index = currencyIndex(currency);
        Revenue memory revenue = _revenues[entryId][index];
        if (!revenue.known) {
            if (!IDesignRegistry(registry).isRegistered(entryId)) revert DesignShares__UnknownEntry(entryId);
            (uint32 stackPpm, IDesignRegistry.Status status) = IDesignRegistry(registry).ledgerFacts(entryId);
            (revenue.stackPpm, revenue.status, revenue.known) = (uint24(stackPpm), status, true);
        }
        if (!_accepts(revenue.status, source)) revert DesignShares__NotAccepting(entryId, revenue.status);
        if (gross > type(uint96).max - revenue.net) revert DesignShares__RevenueLimit();

        uint256 fee = 0;
        if (source <= SOURCE_UNITS) {
            (fee, revenue.feeRemainder) = _charge(currency, gross, revenue.feeRemainder);
        }
        uint256 ancestors = revenue.reserved();
        revenue.net += uint96(gross - fee);
        ancestors = revenue.reserved() - ancestors;
        _revenues[entryId][index] = revenue;
        emit RevenueReceived(entryId, currency, ref, gross, fee, ancestors, gross - fee - ancestors, source);
    }

    /// @dev A withdrawn entry sells and renews nothing; what was sold before still pays.
    function _accepts(IDesignRegistry.Status status, uint8 source) private pure returns (bool) {
        if (status == IDesignRegistry.Status.Suspended) return false;
        return status != IDesignRegistry.Status.Withdrawn || source > SOURCE_RENEWAL;
    }

    // ------------------------------------------------------------------ paying

    /// @dev Settles a holder and takes out what can be paid in whole base units.
    function _take(uint128 entryId, uint256 index, address holder, uint256 own) private returns (uint256 amount) {
        Holding held = _holdings[entryId][holder];
        uint256 units = held.units();
        if (index == 0) {
            uint256 owed = held.owedAt(units, own);
            amount = owed / SHARE_SUPPLY;
            if (amount == 0) return 0;
            _holdings[entryId][holder] = HoldingWord.pack(units, own, owed - amount * SHARE_SUPPLY);
        } else {
            uint256 owed = _furtherHoldings[entryId][index][holder].owedAt(units, own);
            amount = owed / SHARE_SUPPLY;
            if (amount == 0) return 0;
            _furtherHoldings[entryId][index][holder] = HoldingWord.pack(0, own, owed - amount * SHARE_SUPPLY);
        }
    }

    function _takeMany(uint128[] calldata entryIds, address currency, address holder) private returns (uint256 sum) {
        uint256 index = currencyIndex(currency);
        for (uint256 i = 0; i < entryIds.length; ++i) {
            uint256 amount = _take(entryIds[i], index, holder, _ownOf(entryIds[i], index));
            if (amount == 0) continue;
            sum += amount;
            emit Claimed(entryIds[i], currency, holder, amount);
        }
        if (sum == 0) revert DesignShares__NothingToClaim();
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

    /// @dev By the digest, never by the signature's bytes: of those there can be several that are valid.
    function _voidOrder(ClaimOrder calldata order) private returns (bytes32 digest) {
        digest = claimOrderDigest(order);
        if (isVoid[digest]) revert DesignShares__OrderVoid(digest);
        isVoid[digest] = true;
    }

    // ------------------------------------------------------------------ looking up

    function _ownOf(uint256 id, uint256 index) private view returns (uint256) {
        Revenue memory revenue = _revenues[id][index];
        return revenue.own();
    }

    function _earned(uint128 descendant, uint128 ancestor, uint256 index) private view returns (uint256) {
        uint256 net = _revenues[descendant][index].net;
        if (net == 0) return 0;
        return net * IDesignRegistry(registry).partOf(descendant, ancestor) / PPM;
    }

    function _claimable(uint128 entryId, uint256 index, address holder) private view returns (uint256) {
        Holding held = _holdings[entryId][holder];
        Holding word = index == 0 ? held : _furtherHoldings[entryId][index][holder];
        return word.owedAt(held.units(), _ownOf(entryId, index)) / SHARE_SUPPLY;
    }
}
