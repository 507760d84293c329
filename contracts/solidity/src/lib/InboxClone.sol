// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

/// @dev Minimal proxies (ERC-1167) that take a plain payment without calling what they stand for. An ordinary one
///  delegates that too, which costs 2,600 gas when the implementation is cold: payers who give 2,300 gas (`transfer`
///  and `send`) could never pay. The entry's id stands behind the code, in its last 16 bytes.
library InboxClone {
    /// @dev Creates the inbox of an entry at its address; reverts if it is there.
    function create(address implementation, uint128 entryId) internal returns (address) {
        return Create2.deploy(0, _salt(entryId), _creationCode(implementation, entryId));
    }

    /// @dev The address of an entry's inbox if this contract creates it.
    function predict(address implementation, uint128 entryId) internal view returns (address) {
        return Create2.computeAddress(_salt(entryId), keccak256(_creationCode(implementation, entryId)));
    }

    /// @dev The entry that an inbox is for.
    function entryIdOf(address inbox) internal view returns (uint128 entryId) {
        assembly ("memory-safe") {
            mstore(0x00, 0)
            extcodecopy(inbox, 0x10, sub(extcodesize(inbox), 0x10), 0x10)
            entryId := mload(0x00)
        }
    }

    function _salt(uint128 entryId) private pure returns (bytes32) {
        return bytes32(uint256(entryId));
    }

    /// @dev Returns a copy of everything behind its own 10 bytes:
    ///   36 6005 57 00 5b   without calldata stop, else go on at byte 5
    ///   ERC-1167's code    its only jump, 6 bytes later than usual: 0x2b + 6 = 0x31
    ///   entryId            never run
    function _creationCode(address implementation, uint128 entryId) private pure returns (bytes memory) {
        return abi.encodePacked(
            hex"6100433d81600a3d39f3",
            hex"3660055700",
            hex"5b363d3d373d3d3d363d73",
            implementation,
            hex"5af43d82803e903d91603157fd5bf3",
            entryId
        );
    }
}
