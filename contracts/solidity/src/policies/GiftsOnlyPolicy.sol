// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITransferPolicy} from "../interfaces/ITransferPolicy.sol";

/// @title Only a holder moves their units.
/// @notice No market and nobody else whom a holder approved can move them, so that they can be given and not sold.
contract GiftsOnlyPolicy is ITransferPolicy {
    /// @inheritdoc ITransferPolicy
    function checkTransfer(address operator, address from, address to, uint256, uint256) external pure {
        if (operator != from) revert TransferPolicy__NotAllowed(operator, from, to);
    }
}
