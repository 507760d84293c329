// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITransferPolicy} from "../interfaces/ITransferPolicy.sol";

/// @title Only the accounts of a list receive units.
/// @notice The list is given at deployment and nobody can change it. Who sends, and through which operator, does not
///  matter: a holder who is not on the list can still sell to one who is.
contract AllowListPolicy is ITransferPolicy {
    /// @notice This account can receive units.
    event ReceiverAllowed(address indexed account);

    /// @notice Whether an account can receive units.
    mapping(address account => bool) public isAllowed;

    /// @param accounts Who can receive units, for ever.
    constructor(address[] memory accounts) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            isAllowed[accounts[i]] = true;
            emit ReceiverAllowed(accounts[i]);
        }
    }

    /// @inheritdoc ITransferPolicy
    function checkTransfer(address operator, address from, address to, uint256, uint256) external view {
        if (!isAllowed[to]) revert TransferPolicy__NotAllowed(operator, from, to);
    }
}
