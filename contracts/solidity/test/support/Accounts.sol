// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IPaymentSource} from "../../src/interfaces/IPaymentSource.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";

/// @dev A contract wallet of one key (ERC-1271) that can hold ERC-1155 tokens.
contract ContractWallet is IERC1271, ERC1155Holder {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == _owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function execute(address target, bytes calldata request) external returns (bytes memory answer) {
        bool succeeded;
        (succeeded, answer) = target.call(request);
        require(succeeded, "execute failed");
    }
}

/// @dev A depositor that pays from its own balance, and can lie about the amount.
contract TestSource is IPaymentSource {
    using SafeERC20 for IERC20;

    IDesignShares private immutable _shares;
    int256 private _difference;
    address private _target;
    bytes private _request;

    constructor(IDesignShares shares) {
        _shares = shares;
    }

    /// @dev From now on pays `difference` more than asked (or less).
    function lie(int256 difference) external {
        _difference = difference;
    }

    /// @dev Calls `target` once while it is asked to pay; fails as that call fails.
    function arm(address target, bytes calldata request) external {
        (_target, _request) = (target, request);
    }

    receive() external payable {}

    /// @dev From a sale.
    function deposit(uint128 entryId, address currency, uint256 gross) external {
        depositFrom(entryId, currency, gross, 1, 0);
    }

    function depositFrom(uint128 entryId, address currency, uint256 gross, uint8 source, bytes32 ref) public {
        uint256 value = currency == address(0) ? uint256(int256(gross) + _difference) : 0;
        _shares.deposit{value: value}(entryId, currency, gross, source, ref, "payload");
    }

    function depositWithValue(uint256 value, uint128 entryId, address currency, uint256 gross) external {
        _shares.deposit{value: value}(entryId, currency, gross, 1, 0, "payload");
    }

    function donate(uint128 entryId, address currency, uint256 amount) external {
        if (currency == address(0)) return _shares.donate{value: amount}(entryId, currency, amount);
        IERC20(currency).forceApprove(address(_shares), amount);
        _shares.donate(entryId, currency, amount);
    }

    function pay(address currency, uint256 gross, bytes calldata payload) external {
        require(msg.sender == address(_shares) && keccak256(payload) == keccak256("payload"), "not asked so");
        address target = _target;
        if (target != address(0)) {
            _target = address(0);
            (bool succeeded, bytes memory reason) = target.call(_request);
            if (!succeeded) {
                assembly {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        uint256 amount = uint256(int256(gross) + _difference);
        if (amount != 0) IERC20(currency).safeTransfer(msg.sender, amount);
    }
}
