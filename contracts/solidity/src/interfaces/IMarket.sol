// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentSource} from "./IPaymentSource.sol";

/// @title What every market has: it brings the ledger money, and can be stopped.
/// @dev ERC-20: the payer gives the market an allowance; the tokens go straight from payer to ledger. Native coin:
///  exactly the price comes as value.
interface IMarket is IPaymentSource {
    /// @notice Something signed is void: spent or canceled.
    event Voided(bytes32 indexed digest, address indexed by);

    /// @notice Only the ledger calls for money.
    error Market__NotLedger(address caller);
    /// @notice The price is 0, or above 2^96 base units, which no ledger entry can ever earn.
    error Market__BadPrice(uint128 price);
    /// @notice One license costs more than the buyer agreed to.
    error Market__PriceAboveMaximum(uint128 price, uint128 maxPrice);
    /// @notice A purchase of nothing.
    error Market__NoQuantity();
    /// @notice The deadline has passed.
    error Market__Expired(uint64 deadline);
    /// @notice Exactly this much native coin must come with the call.
    error Market__WrongValue(uint256 expected, uint256 given);
    /// @notice What was signed was used or canceled before.
    error Market__Void(bytes32 digest);
    /// @notice The signature is not this account's.
    error Market__BadSignature(address signer);
    /// @notice This is for someone else.
    error Market__ForSomeoneElse(address account);

    /// @notice Stops all sales here. Only the guardian. Claims are in the ledger and never stop.
    function pause() external;

    /// @notice Lets sales go on. Only the administrator.
    function unpause() external;

    /// @notice Whether something signed is spent or canceled.
    function isVoid(bytes32 digest) external view returns (bool);

    /// @notice The registry, ledger and licenses that this market serves.
    function registry() external view returns (address);
    function shares() external view returns (address);
    function licenses() external view returns (address);
}
