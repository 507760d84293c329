// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {IRoyaltyInbox} from "./interfaces/IRoyaltyInbox.sol";
import {InboxClone} from "./lib/InboxClone.sol";

/// @title RoyaltyInbox
/// @dev What the clones of lib/InboxClone.sol run. No state: whoever calls, and from within whatever, all it can do is
///  bring what it has to the ledger, for its own entry.
contract RoyaltyInbox is IRoyaltyInbox {
    using SafeERC20 for IERC20;

    /// @inheritdoc IRoyaltyInbox
    address public immutable shares;

    /// @param shares_ The ledger.
    constructor(address shares_) {
        shares = shares_;
    }

    /// @inheritdoc IRoyaltyInbox
    receive() external payable {}

    /// @inheritdoc IRoyaltyInbox
    function sweep(address currency) external returns (uint256 amount) {
        if (currency == address(0)) {
            amount = address(this).balance;
            if (amount == 0) revert RoyaltyInbox__Empty(currency);
            IDesignShares(shares).depositSwept{value: amount}(entryId(), currency, amount);
        } else {
            amount = IERC20(currency).balanceOf(address(this));
            if (amount == 0) revert RoyaltyInbox__Empty(currency);
            IERC20(currency).forceApprove(shares, amount);
            IDesignShares(shares).depositSwept(entryId(), currency, amount);
        }
        emit Swept(currency, amount);
    }

    /// @inheritdoc IRoyaltyInbox
    function entryId() public view returns (uint128) {
        return InboxClone.entryIdOf(address(this));
    }
}
