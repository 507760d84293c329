// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDesignLicenses} from "../interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../interfaces/ILicenseMarket.sol";
import {SOURCE_SALE} from "../Units.sol";
import {Offers} from "./Offers.sol";

/// @dev First sales of licenses: by an offer, by a signed intent, for someone else, by a voucher.
abstract contract Purchases is Offers {
    using SafeERC20 for IERC20;

    struct Sale {
        uint128 entryId;
        bytes32 terms;
        address currency;
        uint128 price;
        uint32 quantity;
        address to;
        address payer;
        uint8 flags;
        uint96 unitPrice;
        bytes32 ref;
        bytes32 voucher;
    }

    bytes32 private constant INTENT_TYPEHASH = keccak256(
        "BuyIntent(address payer,uint128 entryId,bytes32 terms,address currency,uint128 maxPrice,uint32 quantity,address to,uint64 deadline)"
    );
    bytes32 private constant VOUCHER_TYPEHASH = keccak256(
        "Voucher(uint128 entryId,bytes32 terms,address currency,uint128 price,uint32 quantity,address to,uint64 startsAt,uint64 deadline,bytes32 salt)"
    );

    /// @inheritdoc ILicenseMarket
    function buy(BuyIntent calldata intent, bytes32[] calldata proof)
        external
        payable
        whenNotPaused
        nonReentrant
        returns (uint256 licenseId)
    {
        address payer = _msgSender();
        return _buy(intent, proof, payer, payer, 0);
    }

    /// @inheritdoc ILicenseMarket
    function buyFor(BuyIntent calldata intent, bytes32[] calldata proof, bytes32 ref)
        external
        payable
        restricted
        whenNotPaused
        nonReentrant
        returns (uint256 licenseId)
    {
        if (ref == 0) revert LicenseMarket__NoRef();
        address payer = _msgSender();
        return _buy(intent, proof, payer, payer, ref);
    }

    /// @inheritdoc ILicenseMarket
    function buyWithPermit(
        BuyIntent calldata intent,
        address payer,
        bytes calldata signature,
        bytes32[] calldata proof,
        Permit calldata permit
    ) external whenNotPaused nonReentrant returns (uint256 licenseId) {
        if (intent.currency == address(0)) revert LicenseMarket__NotRelayable(intent.currency);
        bytes32 digest = intentDigest(intent, payer);
        _checkSignature(payer, digest, signature);
        _spend(digest);
        // Somebody may have used the permit already, to break this purchase: then the allowance is there.
        try IERC20Permit(intent.currency)
            .permit(payer, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}
        return _buy(intent, proof, payer, payer, 0);
    }

    /// @inheritdoc ILicenseMarket
    function buyWithAuthorization(
        BuyIntent calldata intent,
        address payer,
        bytes32[] calldata proof,
        Authorization calldata authorization
    ) external whenNotPaused nonReentrant returns (uint256 licenseId) {
        if (intent.currency == address(0)) {
            revert LicenseMarket__NotRelayable(intent.currency);
        }
        bytes32 digest = intentDigest(intent, payer);
        _spend(digest);
        uint256 granted = uint256(intent.maxPrice) * intent.quantity;
        IERC3009(intent.currency)
            .receiveWithAuthorization(
                payer,
                address(this),
                granted,
                authorization.validAfter,
                authorization.validBefore,
                digest,
                authorization.v,
                authorization.r,
                authorization.s
            );
        uint256 price = _offers[_keyOf(intent.entryId, intent.terms, intent.currency)].price;
        if (price < intent.maxPrice) {
            IERC20(intent.currency).safeTransfer(payer, granted - price * intent.quantity);
        }
        return _buy(intent, proof, payer, address(this), 0);
    }

    /// @inheritdoc ILicenseMarket
    function buyWithVoucher(Voucher calldata voucher, bytes calldata signature, address to)
        external
        payable
        whenNotPaused
        nonReentrant
        returns (uint256 licenseId)
    {
        _checkDeadline(voucher.deadline);
        if (block.timestamp < voucher.startsAt) {
            revert LicenseMarket__OutsideWindow(voucher.startsAt, voucher.deadline);
        }
        if (voucher.to != address(0) && voucher.to != to) revert Market__ForSomeoneElse(to);
        if (voucher.quantity == 0) revert Market__NoQuantity();
        bytes32 digest = voucherDigest(voucher);
        _checkSignature(IDesignRegistry(registry).controllerOf(voucher.entryId), digest, signature);
        _spend(digest);
        // A voucher states no price for a piece.
        uint8 flags = _flagsOf(voucher.terms, 0);
        if (flags & METERED != 0) revert LicenseMarket__BadOffer();
        if (flags & SERIAL != 0 && voucher.quantity != 1) revert LicenseMarket__OneAtATime();
        _checkPrice(voucher.entryId, voucher.currency, voucher.price);
        _sync(voucher.entryId);
        _checkValue(voucher.currency, uint256(voucher.price) * voucher.quantity);
        address payer = _msgSender();
        return _sell(
            Sale({
                entryId: voucher.entryId,
                terms: voucher.terms,
                currency: voucher.currency,
                price: voucher.price,
                quantity: voucher.quantity,
                to: to,
                payer: payer,
                flags: flags,
                unitPrice: 0,
                ref: 0,
                voucher: digest
            }),
            payer
        );
    }

    /// @inheritdoc ILicenseMarket
    function cancelVoucher(Voucher calldata voucher) external {
        _checkController(voucher.entryId);
        _spend(voucherDigest(voucher));
    }

    /// @inheritdoc ILicenseMarket
    function cancelIntent(BuyIntent calldata intent) external {
        _spend(intentDigest(intent, _msgSender()));
    }

    /// @inheritdoc ILicenseMarket
    function intentDigest(BuyIntent calldata intent, address payer) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(INTENT_TYPEHASH, payer, intent)));
    }

    /// @inheritdoc ILicenseMarket
    function voucherDigest(Voucher calldata voucher) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(VOUCHER_TYPEHASH, voucher)));
    }

    /// @dev `charged` pays: the payer, or this contract with what the payer has sent it.
    function _buy(BuyIntent calldata intent, bytes32[] calldata proof, address payer, address charged, bytes32 ref)
        private
        returns (uint256 licenseId)
    {
        _checkDeadline(intent.deadline);
        if (intent.quantity == 0) revert Market__NoQuantity();
        (bytes32 key, Offer memory o) = _take(intent, proof);
        _checkValue(intent.currency, uint256(o.price) * intent.quantity);
        return _sell(
            Sale({
                entryId: intent.entryId,
                terms: intent.terms,
                currency: intent.currency,
                price: o.price,
                quantity: intent.quantity,
                to: intent.to,
                payer: payer,
                flags: o.flags,
                unitPrice: o.flags & METERED == 0 ? 0 : _extras[key].unitPrice,
                ref: ref,
                voucher: 0
            }),
            charged
        );
    }

    function _sell(Sale memory s, address charged) private returns (uint256 licenseId) {
        EntryWord memory word = _entries[s.entryId];
        if (word.closed) revert LicenseMarket__EntryIsClosed(s.entryId);
        if (word.version == 0) word.version = 1;
        if (s.flags & EXCLUSIVE != 0) _entries[s.entryId].closed = true;
        _deposit(s.entryId, s.currency, charged, uint256(s.price) * s.quantity, SOURCE_SALE, s.ref);

        // Minting is last, because it calls the hook of a buyer that is a contract. A serial is known only afterwards.
        if (s.flags & SERIAL == 0) {
            licenseId = uint256(s.entryId) << 128 | uint256(uint96(bytes12(s.terms))) << 32;
            _emitSold(s, licenseId, word.version);
            IDesignLicenses(licenses).mint(s.to, s.entryId, s.terms, s.quantity);
        } else {
            licenseId = IDesignLicenses(licenses)
                .issue(
                    s.to,
                    s.entryId,
                    s.terms,
                    IDesignLicenses.Issue({
                    expiresAt: 0,
                    unitsReported: 0,
                    unitPrice: s.unitPrice,
                    currencyIndex: IDesignShares(shares).currencyIndex(s.currency),
                    version: word.version
                })
                );
            _emitSold(s, licenseId, word.version);
            if (s.flags & EXCLUSIVE != 0) emit EntryClosed(s.entryId, licenseId);
        }
    }

    function _emitSold(Sale memory s, uint256 licenseId, uint32 version) private {
        emit LicenseSold(
            s.entryId, licenseId, s.to, s.payer, s.terms, s.currency, s.price, s.quantity, version, s.ref, s.voucher
        );
    }
}
