// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";

/// @dev The EIP-712 struct hash of a registration. The structs within have members of one word each, which stand in
///  calldata as EIP-712 wants them hashed: they are copied, not decoded. A word with bits that its type does not have
///  makes a digest that nobody signs.
library RegistrationHash {
    bytes32 private constant ALLOCATION_TYPEHASH = keccak256("ShareAllocation(address holder,uint32 units)");
    bytes32 private constant OFFER_TYPEHASH =
        keccak256("FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)");
    bytes32 private constant PARENT_TYPEHASH = keccak256("Parent(uint128 entryId,uint256 licenseId,uint32 maxPpm)");
    bytes32 private constant STANDING_TYPEHASH = keccak256("Standing(bool open,bool binding,uint32 ppm)");
    bytes32 private constant MINIMUM_TYPEHASH = keccak256("Minimum(address currency,uint96 amount)");
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "Registration(uint8 kind,address creator,bytes32 outputHash,bytes32 recordRoot,ShareAllocation[] shares,FirstOffer[] offers,Parent[] parents,Standing standing,Minimum[] minimums,uint64 deadline)FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)Minimum(address currency,uint96 amount)Parent(uint128 entryId,uint256 licenseId,uint32 maxPpm)ShareAllocation(address holder,uint32 units)Standing(bool open,bool binding,uint32 ppm)"
    );

    function structHash(IDesignRegistry.Registration calldata r) internal pure returns (bytes32 hash) {
        bytes32[11] memory words;
        words[0] = REGISTRATION_TYPEHASH;
        words[1] = bytes32(uint256(r.kind));
        words[2] = bytes32(uint256(uint160(r.creator)));
        words[3] = r.outputHash;
        words[4] = r.recordRoot;
        words[5] = _of(r.shares);
        words[6] = _of(r.offers);
        words[7] = _of(r.parents);
        words[8] = _of(r.standing);
        words[9] = _of(r.minimums);
        words[10] = bytes32(uint256(r.deadline));
        assembly ("memory-safe") {
            hash := keccak256(words, 352)
        }
    }

    function _of(IDesignRegistry.ShareAllocation[] calldata list) private pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := list.offset
        }
        return _ofList(ALLOCATION_TYPEHASH, offset, list.length, 2);
    }

    function _of(IDesignRegistry.FirstOffer[] calldata list) private pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := list.offset
        }
        return _ofList(OFFER_TYPEHASH, offset, list.length, 4);
    }

    function _of(IDesignRegistry.Parent[] calldata list) private pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := list.offset
        }
        return _ofList(PARENT_TYPEHASH, offset, list.length, 3);
    }

    function _of(IDesignRegistry.Minimum[] calldata list) private pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := list.offset
        }
        return _ofList(MINIMUM_TYPEHASH, offset, list.length, 2);
    }

    function _of(IDesignRegistry.Standing calldata standing) private pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := standing
        }
        return _ofOne(STANDING_TYPEHASH, offset, 3);
    }

    function _ofList(bytes32 typeHash, uint256 offset, uint256 length, uint256 words)
        private
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let one := mload(0x40)
            let size := mul(words, 0x20)
            let all := add(one, add(size, 0x20))
            mstore(one, typeHash)
            let end := add(all, mul(length, 0x20))
            let next := all
            for {} lt(next, end) { next := add(next, 0x20) } {
                calldatacopy(add(one, 0x20), offset, size)
                mstore(next, keccak256(one, add(size, 0x20)))
                offset := add(offset, size)
            }
            hash := keccak256(all, sub(end, all))
        }
    }

    function _ofOne(bytes32 typeHash, uint256 offset, uint256 words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := mul(words, 0x20)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), offset, size)
            hash := keccak256(free, add(size, 0x20))
        }
    }
}
