// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {AncestorTable} from "./AncestorTable.sol";
import {Amounts} from "./Floors.sol";

/// @dev What the registry keeps of an entry. All but the last member is one word, and fills it.
/// @param status The moderator's part: Active, Contested or Suspended.
/// @param flags Those below.
struct Facts {
    address creator;
    IDesignRegistry.EntryKind kind;
    IDesignRegistry.Status status;
    uint8 flags;
    uint32 versions;
    uint40 claimedAt;
    bytes32 recordRoot;
}

uint8 constant FROZEN = 1;
uint8 constant WITHDRAWN = 2;
uint8 constant CONTROLLED = 4; // by someone else than the creator
uint8 constant MINIMUMS = 8; // were stated
uint8 constant FLOORS = 16; // come from ancestors' minimums

/// @dev The registry's storage that its lineage is made of.
struct Book {
    mapping(uint128 entryId => Facts) entries;
    mapping(uint128 entryId => AncestorTable) tables;
    mapping(uint128 entryId => IDesignRegistry.Standing) standings;
    mapping(uint128 entryId => Amounts) minimums;
    mapping(uint128 entryId => Amounts) floors;
}

using FactsWord for Facts global;

library FactsWord {
    /// @dev Writes the facts of a new entry, as one word and its root: member by member costs 1,500 gas more.
    function write(
        Facts storage facts,
        address creator,
        IDesignRegistry.EntryKind kind,
        uint8 flags,
        uint40 claimedAt,
        bytes32 recordRoot
    ) internal {
        uint256 word = uint256(uint160(creator)) | (uint256(kind) << 160) | (uint256(flags) << 176) | (1 << 184)
            | (uint256(claimedAt) << 216);
        assembly ("memory-safe") {
            sstore(facts.slot, word)
        }
        facts.recordRoot = recordRoot;
    }

    /// @dev The moderator's suspension comes before the controller's withdrawal, and that before everything else.
    function statusNow(Facts storage facts) internal view returns (IDesignRegistry.Status status) {
        status = facts.status;
        if (status != IDesignRegistry.Status.Suspended && facts.flags & WITHDRAWN != 0) {
            status = IDesignRegistry.Status.Withdrawn;
        }
    }
}
