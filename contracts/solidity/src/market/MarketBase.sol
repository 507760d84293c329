// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../interfaces/IDesignShares.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {IPaymentSource} from "../interfaces/IPaymentSource.sol";

/// @dev What all parts of the market share: where money goes, what is signed, and what stops it.
abstract contract MarketBase is IMarket, AccessManaged, ERC2771Context, EIP712, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IMarket
    address public immutable registry;
    /// @inheritdoc IMarket
    address public immutable shares;
    /// @inheritdoc IMarket
    address public immutable licenses;

    /// @inheritdoc IMarket
    mapping(bytes32 digest => bool) public isVoid;

    constructor(address authority, address registry_, address forwarder)
        AccessManaged(authority)
        ERC2771Context(forwarder)
    {
        registry = registry_;
        shares = IDesignRegistry(registry_).shares();
        licenses = IDesignRegistry(registry_).licenses();
    }

    /// @inheritdoc IMarket
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IMarket
    function unpause() external restricted {
        _unpause();
    }

    /// @inheritdoc IPaymentSource
    /// @dev The ledger calls only whoever deposits, so the payload is this contract's own.
    function pay(address currency, uint256 gross, bytes calldata payload) external {
        if (msg.sender != shares) revert Market__NotLedger(msg.sender);
        address payer = abi.decode(payload, (address));
        if (payer == address(this)) {
            IERC20(currency).safeTransfer(msg.sender, gross);
        } else {
            IERC20(currency).safeTransferFrom(payer, msg.sender, gross);
        }
    }

    /// @dev Native coin has come with the call, which was checked; an ERC-20 is fetched in `pay`.
    function _deposit(uint128 entryId, address currency, address payer, uint256 gross, uint8 source, bytes32 ref)
        internal
    {
        if (currency == address(0)) {
            IDesignShares(shares).deposit{value: gross}(entryId, currency, gross, source, ref, "");
        } else {
            IDesignShares(shares).deposit(entryId, currency, gross, source, ref, abi.encode(payer));
        }
    }

    /// @dev Once in each transaction: nothing here reads the call's value a second time.
    function _checkValue(address currency, uint256 total) internal view {
        uint256 expected = currency == address(0) ? total : 0;
        if (msg.value != expected) revert Market__WrongValue(expected, msg.value);
    }

    /// @dev Makes a digest void, or reverts if it is.
    function _spend(bytes32 digest) internal {
        if (isVoid[digest]) revert Market__Void(digest);
        isVoid[digest] = true;
        emit Voided(digest, _msgSender());
    }

    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert Market__BadSignature(signer);
        }
    }

    function _checkDeadline(uint64 deadline) internal view {
        if (block.timestamp > deadline) revert Market__Expired(deadline);
    }

    function _msgSender() internal view override(Context, ERC2771Context) returns (address) {
        return ERC2771Context._msgSender();
    }

    function _msgData() internal view override(Context, ERC2771Context) returns (bytes calldata) {
        return ERC2771Context._msgData();
    }

    function _contextSuffixLength() internal view override(Context, ERC2771Context) returns (uint256) {
        return ERC2771Context._contextSuffixLength();
    }
}
