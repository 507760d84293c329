// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IDesignShares} from "../interfaces/IDesignShares.sol";

/// @dev Gas that `claimFor` gives to one holder's transfer. The usual tokens need 30 to 60 thousand.
uint256 constant PAYMENT_GAS = 150_000;

/// @dev What a holder's turn in `claimFor` needs besides: 36,600 to send the native coin to an account that does not
///  exist yet, and the record after the call.
uint256 constant TURN_GAS = 60_000;

/// @dev Money out of the ledger; the zero address is the native coin.
library Payment {
    using SafeERC20 for IERC20;

    function send(address currency, address to, uint256 amount) internal {
        if (currency != address(0)) {
            IERC20(currency).safeTransfer(to, amount);
        } else if (!LowLevelCall.callNoReturn(to, amount, "")) {
            revert IDesignShares.DesignShares__TransferFailed(to);
        }
    }

    /// @dev A payment with PAYMENT_GAS, at most 32 bytes of a token's answer read and none of a receiver's, and no revert
    ///  of ours if it fails. Without the check of what is left, a gas estimate could settle on an amount at which
    ///  holders are skipped.
    function sendBounded(address currency, address to, uint256 amount) internal returns (bool succeeded) {
        // 1/64 of the gas stays with the caller (EIP-150).
        if (gasleft() < (PAYMENT_GAS * 64) / 63 + TURN_GAS) revert IDesignShares.DesignShares__NotEnoughGas();
        uint256 gasGiven = PAYMENT_GAS;
        if (currency == address(0)) {
            assembly ("memory-safe") {
                succeeded := call(gasGiven, to, amount, 0x00, 0x00, 0x00, 0x00)
            }
            return succeeded;
        }
        bytes memory request = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            mstore(0x00, 0)
            succeeded := call(gasGiven, currency, 0, add(request, 0x20), mload(request), 0x00, 0x20)
            // Some tokens answer nothing at all; others answer false instead of reverting.
            if returndatasize() {
                succeeded := and(succeeded, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)))
            }
        }
    }
}
