// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDesignLicenses} from "./interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "./interfaces/IDesignRegistry.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {IResaleMarket} from "./interfaces/IResaleMarket.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {SOURCE_RESALE} from "./Units.sol";

/// @title ResaleMarket
/// @dev Signed orders of holders. Nothing is held in between: money and tokens change hands in one call.
contract ResaleMarket is IResaleMarket, MarketBase {
    using SafeERC20 for IERC20;

    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "ResaleOrder(address token,uint256 id,uint256 quantity,address seller,address buyer,address currency,uint128 price,uint128[] settleFirst,uint64 deadline,bytes32 salt)"
    );

    /// @param authority The AccessManager.
    /// @param registry_ Names the ledger and the licenses.
    /// @param forwarder The ERC-2771 forwarder that is believed.
    constructor(address authority, address registry_, address forwarder)
        MarketBase(authority, registry_, forwarder)
        EIP712("Loomprint Resale", "1")
    {}

    /// @inheritdoc IResaleMarket
    function fill(ResaleOrder calldata order, bytes calldata signature, address to, uint128 maxPrice)
        external
        payable
        whenNotPaused
        nonReentrant
    {
        address payer = _msgSender();
        _checkDeadline(order.deadline);
        if (order.buyer != address(0) && order.buyer != payer) revert Market__ForSomeoneElse(payer);
        if (order.price > maxPrice) revert Market__PriceAboveMaximum(order.price, maxPrice);
        if (order.price == 0 || order.price > type(uint96).max) revert Market__BadPrice(order.price);
        if (order.quantity == 0) revert Market__NoQuantity();
        bytes32 digest = orderDigest(order);
        _checkSignature(order.seller, digest, signature);
        _spend(digest);
        _checkResellable(order);
        _checkValue(order.currency, order.price);

        if (order.token == shares) _settleFirst(order);
        (, uint256 royalty) = IERC2981(order.token).royaltyInfo(order.id, order.price);
        emit Resold(
            order.token, order.id, order.seller, to, payer, order.quantity, order.currency, order.price, royalty, digest
        );
        if (royalty != 0) {
            _deposit(_entryOf(order), order.currency, payer, royalty, SOURCE_RESALE, 0);
        }
        _paySeller(order.currency, payer, order.seller, order.price - royalty);
        IERC1155(order.token).safeTransferFrom(order.seller, to, order.id, order.quantity, "");
    }

    /// @inheritdoc IResaleMarket
    function cancelOrder(ResaleOrder calldata order) external {
        if (order.seller != _msgSender()) revert ResaleMarket__NotSeller(_msgSender());
        _spend(orderDigest(order));
    }

    /// @inheritdoc IResaleMarket
    function orderDigest(ResaleOrder calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ORDER_TYPEHASH,
                    order.token,
                    order.id,
                    order.quantity,
                    order.seller,
                    order.buyer,
                    order.currency,
                    order.price,
                    keccak256(abi.encodePacked(order.settleFirst)),
                    order.deadline,
                    order.salt
                )
            )
        );
    }

    /// @dev Earned means settled: what descendants owe the entry is credited to who held it until now.
    function _settleFirst(ResaleOrder calldata order) private {
        if (order.settleFirst.length == 0) return;
        address[] memory currencies = IDesignShares(shares).currencies();
        for (uint256 i = 0; i < currencies.length; ++i) {
            IDesignShares(shares).settle(_entryOf(order), currencies[i], order.settleFirst);
        }
    }

    function _paySeller(address currency, address payer, address seller, uint256 amount) private {
        if (amount == 0) return;
        if (currency != address(0)) {
            IERC20(currency).safeTransferFrom(payer, seller, amount);
            return;
        }
        (bool succeeded,) = seller.call{value: amount}("");
        if (!succeeded) revert ResaleMarket__SellerRefused(seller);
    }

    function _checkResellable(ResaleOrder calldata order) private view {
        IDesignShares(shares).currencyIndex(order.currency);
        bool known = order.token == shares;
        if (order.token == licenses) {
            bytes32 terms = IDesignLicenses(licenses).termsOf(order.id);
            known = terms != 0 && IDesignLicenses(licenses).factsOf(terms).transferable
                && IDesignLicenses(licenses).isActive(order.id, order.seller);
        }
        IDesignRegistry.Status status = IDesignRegistry(registry).entry(_entryOf(order)).status;
        if (!known || status == IDesignRegistry.Status.Suspended || status == IDesignRegistry.Status.Withdrawn) {
            revert ResaleMarket__NotResellable(order.token, order.id);
        }
    }

    function _entryOf(ResaleOrder calldata order) private view returns (uint128) {
        return uint128(order.token == shares ? order.id : order.id >> 128);
    }
}
