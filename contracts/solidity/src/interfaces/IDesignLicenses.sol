// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

/// @title What buyers hold.
/// @notice License id = entry id (128 bits) | first 96 bits of the terms' hash | serial (32 bits). Serial 0 is the
///  perpetual license, of which any number can exist.
interface IDesignLicenses is IERC1155 {
    /// @notice A contract may, or may no longer, mint licenses.
    event MinterChanged(address indexed minter, bool allowed);

    /// @notice Only an allowed minter mints.
    error DesignLicenses__NotMinter(address caller);
    /// @notice The id does not carry the first 96 bits of this terms' hash.
    error DesignLicenses__TermsMismatch(uint256 licenseId, bytes32 terms);
    /// @notice Other terms with the same first 96 bits were licensed before.
    error DesignLicenses__TermsCollision(bytes32 known, bytes32 given);
    /// @notice A license of nothing.
    error DesignLicenses__NoQuantity();

    /// @notice Mints licenses. Only an allowed minter.
    /// @param terms keccak256 of the license text; its first 96 bits stand in the id.
    function mint(address to, uint256 licenseId, bytes32 terms, uint256 quantity) external;

    /// @notice Allows or stops a minter. Only the administrator.
    function setMinter(address minter, bool allowed) external;

    /// @notice The full hash of a license's terms; zero if no license under such terms was ever minted.
    function termsOf(uint256 licenseId) external view returns (bytes32);

    /// @notice The id of a license.
    function licenseIdOf(uint128 entryId, bytes32 terms, uint32 serial) external pure returns (uint256);

    /// @notice Whether this contract may mint.
    function isMinter(address minter) external view returns (bool);
}
