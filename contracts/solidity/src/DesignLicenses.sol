// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IDesignLicenses} from "./interfaces/IDesignLicenses.sol";

/// @title DesignLicenses
contract DesignLicenses is IDesignLicenses, ERC1155, AccessManaged {
    /// @dev Full hashes by the 96 bits that stand in license ids; written once.
    mapping(uint96 prefix => bytes32 terms) private _terms;
    /// @inheritdoc IDesignLicenses
    mapping(address minter => bool) public isMinter;

    /// @param authority The AccessManager.
    constructor(address authority) ERC1155("") AccessManaged(authority) {}

    /// @inheritdoc IDesignLicenses
    function mint(address to, uint256 licenseId, bytes32 terms, uint256 quantity) external {
        if (!isMinter[msg.sender]) revert DesignLicenses__NotMinter(msg.sender);
        if (quantity == 0) revert DesignLicenses__NoQuantity();
        uint96 prefix = _prefixOf(licenseId);
        if (terms == 0 || prefix != uint96(bytes12(terms))) {
            revert DesignLicenses__TermsMismatch(licenseId, terms);
        }
        bytes32 known = _terms[prefix];
        if (known == 0) {
            _terms[prefix] = terms;
        } else if (known != terms) {
            revert DesignLicenses__TermsCollision(known, terms);
        }
        _mint(to, licenseId, quantity, "");
    }

    /// @inheritdoc IDesignLicenses
    function setMinter(address minter, bool allowed) external restricted {
        isMinter[minter] = allowed;
        emit MinterChanged(minter, allowed);
    }

    /// @inheritdoc IDesignLicenses
    function termsOf(uint256 licenseId) external view returns (bytes32) {
        return _terms[_prefixOf(licenseId)];
    }

    /// @inheritdoc IDesignLicenses
    function licenseIdOf(uint128 entryId, bytes32 terms, uint32 serial) external pure returns (uint256) {
        return uint256(entryId) << 128 | uint256(uint96(bytes12(terms))) << 32 | serial;
    }

    function _prefixOf(uint256 licenseId) private pure returns (uint96) {
        return uint96(licenseId >> 32);
    }
}
