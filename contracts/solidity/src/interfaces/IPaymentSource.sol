// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A contract that brings ERC-20 money to the ledger when the ledger asks for it.
interface IPaymentSource {
    /// @notice Moves exactly `gross` base units of `currency` to the caller, which is the ledger.
    /// @dev The ledger measures its balance before and after, and reverts on any difference. Native coin comes with
    ///  the deposit itself and is never asked for.
    /// @param payload What the source gave to `IDesignShares.deposit`.
    function pay(address currency, uint256 gross, bytes calldata payload) external;
}
