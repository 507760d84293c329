// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {Holding, HoldingWord} from "../lib/Holding.sol";
import {SHARE_SUPPLY} from "../Units.sol";

/// @title The ERC-1155 face of share units.
/// @dev Own code, because a balance here is 24 bits of the word that also holds money; held to the behavior of
///  OpenZeppelin's ERC1155 by tests that run against both. Units are created once per entry and never burned.
abstract contract ShareToken is IERC1155, IERC1155Errors, ERC165 {
    mapping(uint256 id => mapping(address holder => Holding)) internal _holdings;
    mapping(address holder => mapping(address operator => bool)) private _approvals;

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view virtual override(ERC165, IERC165) returns (bool) {
        return interfaceId == type(IERC1155).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @inheritdoc IERC1155
    function balanceOf(address account, uint256 id) public view returns (uint256) {
        return _holdings[id][account].units();
    }

    /// @inheritdoc IERC1155
    function balanceOfBatch(address[] calldata accounts, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory balances)
    {
        if (accounts.length != ids.length) revert ERC1155InvalidArrayLength(ids.length, accounts.length);
        balances = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            balances[i] = balanceOf(accounts[i], ids[i]);
        }
    }

    /// @inheritdoc IERC1155
    function setApprovalForAll(address operator, bool approved) external {
        if (operator == address(0)) revert ERC1155InvalidOperator(address(0));
        _approvals[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    /// @inheritdoc IERC1155
    function isApprovedForAll(address account, address operator) public view returns (bool) {
        return _approvals[account][operator];
    }

    /// @inheritdoc IERC1155
    function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes calldata data) external {
        _checkParties(from, to);
        _move(from, to, id, value);
        emit TransferSingle(msg.sender, from, to, id, value);
        ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, id, value, data);
    }

    /// @inheritdoc IERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data
    ) external {
        _checkParties(from, to);
        if (ids.length != values.length) revert ERC1155InvalidArrayLength(ids.length, values.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            _move(from, to, ids[i], values[i]);
        }
        // As OpenZeppelin since 5.6: a batch of one is a TransferSingle in the log, and a batch for the receiver.
        if (ids.length == 1) {
            emit TransferSingle(msg.sender, from, to, ids[0], values[0]);
        } else {
            emit TransferBatch(msg.sender, from, to, ids, values);
        }
        ERC1155Utils.checkOnERC1155BatchReceived(msg.sender, from, to, ids, values, data);
    }

    /// @dev Reverts if this transfer is not allowed.
    function _checkTransfer(address from, address to, uint256 id, uint256 value) internal view virtual;

    /// @dev Moves units that are there, between two different holders, with everything that hangs on them.
    function _shift(uint256 id, address from, address to, uint256 value) internal virtual;

    /// @dev First units of an entry. A holder's word is empty, unless they stand in the allocation twice. In assembly,
    ///  because it runs once for each co-creator, whose cost is a gas target. The caller, the registry, has checked that
    ///  holders are addresses and units less than 2^32. Says whether a holder is a contract.
    function _createAll(uint256 id, IDesignRegistry.ShareAllocation[] calldata allocations)
        internal
        returns (bool hooks)
    {
        mapping(address holder => Holding) storage holdings = _holdings[id];
        bytes32 signature = TransferSingle.selector;
        address twice = address(0);
        assembly ("memory-safe") {
            let codes := 0
            let end := add(allocations.offset, mul(allocations.length, 0x40))
            for { let one := allocations.offset } lt(one, end) { one := add(one, 0x40) } {
                let holder := calldataload(one)
                let units := calldataload(add(one, 0x20))
                mstore(0x00, holder)
                mstore(0x20, holdings.slot)
                let slot := keccak256(0x00, 0x40)
                if sload(slot) { twice := holder }
                sstore(slot, shl(232, units)) // Holding: units in the high 24 bits
                mstore(0x00, id)
                mstore(0x20, units)
                log4(0x00, 0x40, signature, caller(), 0, holder)
                codes := or(codes, extcodesize(holder))
            }
            hooks := iszero(iszero(codes))
        }
        if (twice != address(0)) revert IDesignRegistry.DesignRegistry__DuplicateHolder(twice);
    }

    function _acceptCreated(address to, uint256 id, uint256 units) internal {
        ERC1155Utils.checkOnERC1155Received(msg.sender, address(0), to, id, units, "");
    }

    function _checkParties(address from, address to) private view {
        if (from != msg.sender && !isApprovedForAll(from, msg.sender)) {
            revert ERC1155MissingApprovalForAll(msg.sender, from);
        }
        if (to == address(0)) revert ERC1155InvalidReceiver(address(0));
    }

    /// @dev To oneself, or of nothing: checked and logged as any transfer, but no word changes.
    function _move(address from, address to, uint256 id, uint256 value) private {
        _checkTransfer(from, to, id, value);
        uint256 units = _holdings[id][from].units();
        if (units < value) revert ERC1155InsufficientBalance(from, units, value, id);
        if (from == to || value == 0) return;
        _shift(id, from, to, value);
    }
}
