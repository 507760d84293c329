// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Which transfers of share units are allowed.
/// @notice Chosen once, when the ledger is deployed. It is asked for transfers only: never for claims, never for
///  licenses, never for the first allocation.
interface ITransferPolicy {
    /// @notice This transfer is not allowed here.
    error TransferPolicy__NotAllowed(address operator, address from, address to);

    /// @notice Reverts if the transfer is not allowed; changes nothing.
    /// @param operator Who moves the units: the holder, or whom they approved.
    function checkTransfer(address operator, address from, address to, uint256 id, uint256 units) external view;
}
