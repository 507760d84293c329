// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarket} from "./IMarket.sol";

/// @title Where holders sell on what they hold: licenses, if their terms allow it, and shares.
/// @notice Replaceable, and apart from the first sales: what holders approve here is their tokens, what buyers approve
///  there is their money. It holds neither.
/// @dev EIP-712 domain: name "Loomprint Resale", version "1", chainId, this contract. Type:
///  ResaleOrder(address token,uint256 id,uint256 quantity,address seller,address buyer,address currency,uint128 price,
///    uint128[] settleFirst,uint64 deadline,bytes32 salt)
///  Its functions can also be called through the trusted ERC-2771 forwarder.
interface IResaleMarket is IMarket {
    /// @notice A holder sells what they hold. Executed once, as a whole.
    /// @param token The licenses or the shares.
    /// @param buyer Who may buy; 0 is anyone.
    /// @param price For all of `quantity`, royalty included.
    /// @param settleFirst For shares: descendants whose money is settled before the units move.
    struct ResaleOrder {
        address token;
        uint256 id;
        uint256 quantity;
        address seller;
        address buyer;
        address currency;
        uint128 price;
        uint128[] settleFirst;
        uint64 deadline;
        bytes32 salt;
    }

    /// @notice Licenses or shares changed hands for money.
    event Resold(
        address indexed token,
        uint256 indexed id,
        address indexed seller,
        address to,
        address payer,
        uint256 quantity,
        address currency,
        uint128 price,
        uint256 royalty,
        bytes32 digest
    );

    /// @notice Only the order's seller does this.
    error ResaleMarket__NotSeller(address caller);
    /// @notice Only licenses and shares are resold here, and licenses only if they are valid and their terms allow it.
    error ResaleMarket__NotResellable(address token, uint256 id);
    /// @notice The seller's account refused the native coin.
    error ResaleMarket__SellerRefused(address seller);

    /// @notice Executes a seller's order; the caller pays. The royalty goes to the ledger, the rest to the seller.
    /// @param to Who gets what is sold.
    /// @param maxPrice The most that the caller pays.
    function fill(ResaleOrder calldata order, bytes calldata signature, address to, uint128 maxPrice) external payable;

    /// @notice Makes an order void. Only its seller.
    function cancelOrder(ResaleOrder calldata order) external;

    /// @notice The digest that a seller signs.
    function orderDigest(ResaleOrder calldata order) external view returns (bytes32);
}
