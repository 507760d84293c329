// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDesignLicenses} from "../interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../interfaces/ILicenseMarket.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev What is for sale, to whom, and how much of it is left. An offer is one word; its cap, list and gate have words of
///  their own, which are read only where a flag says that they are there.
abstract contract Offers is ILicenseMarket, MarketBase {
    /// @dev One word. `version` 0 is the first: an entry that was registered while this market was the registry's needs
    ///  no word. `synced` says that an older entry's facts were read.
    struct EntryWord {
        bool synced;
        bool closed;
        uint32 version;
    }

    struct Offer {
        uint96 price;
        uint32 supply;
        uint32 sold;
        uint40 startsAt;
        uint40 endsAt;
        uint8 flags;
    }

    struct Extras {
        uint32 walletCap;
        uint96 unitPrice;
    }

    uint8 internal constant OPEN = 1;
    uint8 internal constant SERIAL = 2;
    uint8 internal constant EXCLUSIVE = 4;
    uint8 internal constant CAPPED = 8;
    uint8 internal constant LISTED = 16;
    uint8 internal constant GATED = 32;
    uint8 internal constant METERED = 64;

    mapping(uint128 entryId => EntryWord) internal _entries;
    mapping(bytes32 key => Offer) internal _offers;
    mapping(bytes32 key => Extras) internal _extras;
    mapping(bytes32 key => bytes32) private _allowRoots;
    mapping(bytes32 key => Gate) private _gates;
    mapping(bytes32 key => mapping(address account => uint32)) private _bought;

    /// @inheritdoc ILicenseMarket
    function openOffer(uint128 entryId, bytes32 terms, address currency, OfferTerms calldata offer_) external {
        _checkController(entryId);
        if (_sync(entryId).closed) revert LicenseMarket__EntryIsClosed(entryId);
        _open(entryId, terms, currency, offer_);
    }

    /// @inheritdoc ILicenseMarket
    function openFirstOffers(uint128 entryId, IDesignRegistry.FirstOffer[] calldata offers) external {
        if (msg.sender != registry) revert LicenseMarket__NotRegistry(msg.sender);
        for (uint256 i = 0; i < offers.length; ++i) {
            IDesignRegistry.FirstOffer calldata first = offers[i];
            if (_offers[_keyOf(entryId, first.terms, first.currency)].flags & OPEN != 0) {
                revert LicenseMarket__OfferExists(entryId, first.terms);
            }
            OfferTerms memory offer_;
            offer_.price = first.price;
            offer_.supply = first.supply;
            // A first offer states no price for a piece, and none could ever be added.
            if (_open(entryId, first.terms, first.currency, offer_) & METERED != 0) revert LicenseMarket__BadOffer();
        }
    }

    /// @inheritdoc ILicenseMarket
    function closeOffer(uint128 entryId, bytes32 terms, address currency) external {
        _checkController(entryId);
        Offer storage stored = _offers[_keyOf(entryId, terms, currency)];
        if (stored.flags & OPEN == 0) revert LicenseMarket__NoOffer(entryId, terms);
        stored.flags &= ~OPEN;
        emit OfferClosed(entryId, terms, currency);
    }

    /// @inheritdoc ILicenseMarket
    function offer(uint128 entryId, bytes32 terms, address currency)
        external
        view
        returns (OfferTerms memory terms_, uint32 sold, bool open)
    {
        bytes32 key = _keyOf(entryId, terms, currency);
        Offer memory o = _offers[key];
        if (o.flags & OPEN == 0) return (terms_, o.sold, false);
        terms_.price = o.price;
        terms_.supply = o.supply;
        terms_.startsAt = o.startsAt;
        terms_.endsAt = o.endsAt;
        terms_.walletCap = _extras[key].walletCap;
        terms_.unitPrice = _extras[key].unitPrice;
        if (o.flags & LISTED != 0) terms_.allowRoot = _allowRoots[key];
        if (o.flags & GATED != 0) terms_.gate = _gates[key];
        return (terms_, o.sold, true);
    }

    /// @inheritdoc ILicenseMarket
    function boughtBy(uint128 entryId, bytes32 terms, address currency, address account)
        external
        view
        returns (uint32)
    {
        return _bought[_keyOf(entryId, terms, currency)][account];
    }

    /// @inheritdoc ILicenseMarket
    function noteVersion(uint128 entryId, uint32 number) external {
        if (msg.sender != registry) revert LicenseMarket__NotRegistry(msg.sender);
        _entries[entryId].version = number;
    }

    /// @inheritdoc ILicenseMarket
    function entryState(uint128 entryId) external view returns (bool closed, uint32 version) {
        EntryWord memory word = _read(entryId);
        return (word.closed, word.version);
    }

    /// @dev Checks a purchase against the offer and counts it. `price` is at most `maxPrice`.
    function _take(BuyIntent calldata intent, bytes32[] calldata proof) internal returns (bytes32 key, Offer memory o) {
        key = _keyOf(intent.entryId, intent.terms, intent.currency);
        o = _offers[key];
        if (o.flags & OPEN == 0) revert LicenseMarket__NoOffer(intent.entryId, intent.terms);
        if (block.timestamp < o.startsAt || (o.endsAt != 0 && block.timestamp >= o.endsAt)) {
            revert LicenseMarket__OutsideWindow(o.startsAt, o.endsAt);
        }
        if (o.price > intent.maxPrice) revert Market__PriceAboveMaximum(o.price, intent.maxPrice);
        if (o.flags & SERIAL != 0 && intent.quantity != 1) revert LicenseMarket__OneAtATime();
        // An unlimited offer still ends at the counter's own end.
        uint32 left = (o.supply == 0 ? type(uint32).max : o.supply) - o.sold;
        if (intent.quantity > left) revert LicenseMarket__SoldOut(left);
        _offers[key].sold = o.sold + intent.quantity;
        if (o.flags & (CAPPED | LISTED | GATED) != 0) _admit(key, o.flags, intent.to, intent.quantity, proof);
    }

    function _keyOf(uint128 entryId, bytes32 terms, address currency) internal pure returns (bytes32) {
        return keccak256(abi.encode(entryId, terms, currency));
    }

    function _open(uint128 entryId, bytes32 terms, address currency, OfferTerms memory offer_)
        private
        returns (uint8 flags)
    {
        _checkPrice(entryId, currency, offer_.price);
        IDesignShares(shares).currencyIndex(currency);
        bytes32 key = _keyOf(entryId, terms, currency);
        (uint32 sold, bool isChange) = (_offers[key].sold, _offers[key].price != 0);
        Extras memory known = _extras[key];
        if (
            (offer_.supply != 0 && offer_.supply < sold) || (isChange && offer_.unitPrice > known.unitPrice)
                || (offer_.endsAt != 0 && (offer_.endsAt <= offer_.startsAt || offer_.endsAt <= block.timestamp))
        ) revert LicenseMarket__BadOffer();

        flags = OPEN | _flagsOf(terms, offer_.unitPrice);
        if (offer_.walletCap != 0) flags |= CAPPED;
        if (offer_.allowRoot != 0) {
            flags |= LISTED;
            _allowRoots[key] = offer_.allowRoot;
        }
        if (offer_.gate.kind != GateKind.None) {
            if (offer_.gate.token.code.length == 0 || offer_.gate.minimum == 0) revert LicenseMarket__BadOffer();
            flags |= GATED;
            _gates[key] = offer_.gate;
        }
        if (known.walletCap != offer_.walletCap || known.unitPrice != offer_.unitPrice) {
            _extras[key] = Extras({walletCap: offer_.walletCap, unitPrice: offer_.unitPrice});
        }
        _offers[key] = Offer({
            price: uint96(offer_.price),
            supply: offer_.supply,
            sold: sold,
            startsAt: offer_.startsAt,
            endsAt: offer_.endsAt,
            flags: flags
        });
        emit OfferOpened(entryId, terms, currency, offer_);
    }

    function _flagsOf(bytes32 terms, uint96 unitPrice) internal view returns (uint8 flags) {
        (bool serial, bool exclusive, bool metered,) = IDesignLicenses(licenses).formOf(terms);
        if (!metered && unitPrice != 0) revert LicenseMarket__BadOffer();
        if (serial) flags |= SERIAL;
        if (exclusive) flags |= EXCLUSIVE;
        if (metered) flags |= METERED;
    }

    function _admit(bytes32 key, uint8 flags, address account, uint32 quantity, bytes32[] calldata proof) private {
        if (flags & CAPPED != 0) {
            uint32 cap = _extras[key].walletCap;
            uint32 bought = _bought[key][account];
            uint32 left = cap > bought ? cap - bought : 0;
            if (quantity > left) revert LicenseMarket__WalletCap(left);
            _bought[key][account] = bought + quantity;
        }
        if (flags & LISTED != 0) {
            bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account))));
            if (!MerkleProof.verifyCalldata(proof, _allowRoots[key], leaf)) revert LicenseMarket__NotAllowed(account);
        }
        if (flags & GATED != 0 && !_passes(_gates[key], account)) revert LicenseMarket__GateClosed(account);
    }

    function _passes(Gate memory gate, address account) private view returns (bool) {
        if (gate.kind == GateKind.Balance) return IERC20(gate.token).balanceOf(account) >= gate.minimum;
        if (gate.kind == GateKind.Balance1155) {
            return IERC1155(gate.token).balanceOf(account, gate.id) >= gate.minimum;
        }
        // The past: what is borrowed within this transaction does not count.
        return IVotes(gate.token).getPastVotes(account, _lastPoint(gate.token)) >= gate.minimum;
    }

    function _lastPoint(address token) private view returns (uint256) {
        try IERC6372(token).clock() returns (uint48 now_) {
            return now_ - 1;
        } catch {
            return block.number - 1;
        }
    }

    /// @dev Keeps what this market cannot know of an entry that is older than itself.
    function _sync(uint128 entryId) internal returns (EntryWord memory word) {
        word = _read(entryId);
        if (word.synced) return word;
        word.synced = true;
        _entries[entryId] = word;
    }

    /// @dev `closed` is not taken back: while an exclusive license is paid for, it is not issued yet.
    function _read(uint128 entryId) private view returns (EntryWord memory word) {
        word = _entries[entryId];
        if (word.synced) return word;
        word.version = IDesignRegistry(registry).versionOf(entryId);
        word.closed = word.closed || IDesignLicenses(licenses).exclusiveOf(entryId) != 0;
    }

    function _checkController(uint128 entryId) internal view {
        if (_msgSender() != IDesignRegistry(registry).controllerOf(entryId)) {
            revert LicenseMarket__NotController(_msgSender());
        }
    }

    function _checkPrice(uint128 entryId, address currency, uint128 price) internal view {
        if (price == 0 || price > type(uint96).max) revert Market__BadPrice(price);
        (bool allowed, uint256 floor) = IDesignRegistry(registry).floorOf(entryId, currency);
        if (!allowed || price < floor) revert LicenseMarket__BelowFloor(price, floor);
    }
}
