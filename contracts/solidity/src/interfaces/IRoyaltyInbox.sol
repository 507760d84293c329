// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The receiver of an entry's secondary royalties (ERC-2981): an address of its own for each entry.
/// @notice Whatever is paid here, and by whoever, waits until anyone sweeps it into the ledger.
interface IRoyaltyInbox {
    /// @notice What had arrived was credited in the ledger.
    event Swept(address indexed currency, uint256 amount);

    /// @notice Nothing has arrived in this currency.
    error RoyaltyInbox__Empty(address currency);

    /// @notice Credits everything that has arrived in one currency of the ledger. Anyone may call.
    /// @return amount Base units credited.
    function sweep(address currency) external returns (uint256 amount);

    /// @notice The entry whose money this is.
    function entryId() external view returns (uint128);

    /// @notice The ledger.
    function shares() external view returns (address);

    /// @dev Does nothing, so that a payer who gives 2300 gas can pay.
    receive() external payable;
}
