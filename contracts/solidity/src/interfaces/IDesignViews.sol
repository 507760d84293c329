// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "./IDesignRegistry.sol";
import {IDesignShares} from "./IDesignShares.sol";

/// @title The registry in the words of other standards, and all that an interface shows of an entry in one call.
/// @notice Reads only, and holds nothing: anyone may deploy another one. A token is an entry's shares (token id = entry
///  id) or one of its licenses (entry id = token id >> 128).
/// @dev Shapes of ERC-5521, ERC-8034 and ERC-7007, whose interface ids are bound to ERC-721 and are not claimed.
///  ERC-5521's `referredOf` is left out: to answer it on the chain, each registration would have to store itself with
///  each parent, which costs more than the registration's own record. The event ParentLinked has the parent indexed.
interface IDesignViews {
    /// @notice As ERC-8034 has it.
    /// @param recipient An ancestor's inbox.
    /// @param royaltyAmount In the price's base units, or in basis points where no price is given.
    struct RoyaltyInfo {
        address recipient;
        uint256 royaltyAmount;
    }

    /// @notice As ERC-8034 has it.
    /// @param referenceDepth No path of references from the token is longer: all ancestors are in the list.
    struct ReferenceRoyalty {
        RoyaltyInfo[] royaltyInfos;
        uint256 referenceDepth;
    }

    /// @notice An entry and what a holder has of it.
    /// @param inbox Where its secondary royalties arrive.
    /// @param units Share units of the holder.
    /// @param accounts A line for each currency of the ledger.
    struct EntryCard {
        IDesignRegistry.Entry entry;
        address controller;
        address inbox;
        IDesignRegistry.Standing standing;
        IDesignRegistry.Minimum[] minimums;
        IDesignRegistry.Ancestor[] ancestors;
        IDesignShares.Account[] accounts;
        uint256 units;
    }

    /// @notice Only our shares and licenses refer to entries.
    error DesignViews__ForeignToken(address token);

    /// @notice An entry, with what `holder` has of it.
    /// @dev Reverts with DesignRegistry__UnknownEntry.
    function entryCard(uint128 entryId, address holder) external view returns (EntryCard memory);

    /// @notice The parents of a token's entry (ERC-5521), as shares.
    /// @return tokens The shares' address; empty for an original.
    /// @return ids For each address, the ids there.
    function referringOf(address token, uint256 tokenId)
        external
        view
        returns (address[] memory tokens, uint256[][] memory ids);

    /// @notice When an entry was claimed (ERC-5521), Unix seconds.
    /// @dev Reverts with DesignRegistry__UnknownEntry.
    function createdTimestamp(uint256 entryId) external view returns (uint256);

    /// @notice What the ancestors of a token's entry get of a sale (ERC-8034).
    /// @param salePrice What the sale brings the entry, after the platform's fee.
    function getReferenceRoyaltyInfo(address token, uint256 tokenId, uint256 salePrice)
        external
        view
        returns (ReferenceRoyalty memory);

    /// @notice The ancestors' parts in basis points, rounded down (ERC-8034). IDesignRegistry.ancestorsOf is exact.
    function getReferenceRoyaltyInfo(address token, uint256 tokenId) external view returns (ReferenceRoyalty memory);

    /// @notice Whether an entry's provenance record proves the combination (ERC-7007).
    /// @param prompt The disclosed field's value; empty to ask for the proof's own value.
    /// @param aigcData The SHA-256 of the generated file, 32 bytes: the entry's first output.
    /// @param proof abi.encode(uint128 entryId, uint32 version, uint16 schema, string key, bytes value, bytes32 salt,
    ///  bytes32[] siblings), as for IDesignRegistry.verifyField. The version must be 1: later ones are of other outputs.
    /// @dev Reverts if the proof is not encoded so.
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        external
        view
        returns (bool success);

    /// @notice The contracts that are read.
    function registry() external view returns (address);
    function shares() external view returns (address);
    function licenses() external view returns (address);
}
