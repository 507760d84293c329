// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {SHARE_SUPPLY} from "../Units.sol";

/// @dev Who must sign a registration, and whether they did. Its loops run once for each co-creator, whose cost is the
///  second of our gas targets: hence the assembly.
library Consent {
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev The creator, then every other holder in order. Also checks that the allocation is one; that no holder
    ///  stands in it twice is checked by the ledger, which finds their word already written. Who cannot hold shares
    ///  (zero, our own contracts) cannot sign either.
    function signersOf(address creator, IDesignRegistry.ShareAllocation[] calldata allocations)
        internal
        pure
        returns (address[] memory signers)
    {
        uint256 length = allocations.length;
        signers = new address[](length + 1);
        signers[0] = creator;
        uint256 sum = 0;
        uint256 dirty = 0;
        (bool lacking, address lacks) = (false, address(0));
        assembly ("memory-safe") {
            let place := add(signers, 0x20)
            let end := add(allocations.offset, mul(length, 0x40))
            for { let one := allocations.offset } lt(one, end) { one := add(one, 0x40) } {
                let holder := calldataload(one)
                let units := calldataload(add(one, 0x20))
                dirty := or(dirty, or(shr(160, holder), shr(32, units)))
                sum := add(sum, units)
                if iszero(units) {
                    lacking := 1
                    lacks := holder
                }
                if iszero(eq(holder, creator)) {
                    place := add(place, 0x20)
                    mstore(place, holder)
                }
            }
            // Shortens the array where the creator is a holder too.
            mstore(signers, div(sub(place, signers), 0x20))
            // As a decoder does with bits that a type does not have. Without them no sum can leave 256 bits.
            if dirty { revert(0, 0) }
        }
        if (lacking) revert IDesignRegistry.DesignRegistry__NoUnits(lacks);
        if (sum != SHARE_SUPPLY) revert IDesignRegistry.DesignRegistry__SharesDoNotAddUp(sum);
    }

    /// @dev One signature of each, in their order.
    function check(address[] memory signers, bytes32 digest, bytes[] calldata signatures) internal view {
        uint256 count = signers.length;
        if (signatures.length != count) {
            revert IDesignRegistry.DesignRegistry__WrongSignatureCount(count, signatures.length);
        }
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                address signer;
                assembly ("memory-safe") {
                    signer := mload(add(add(signers, 0x20), mul(i, 0x20)))
                }
                if (!_isSigned(signer, digest, signatures[i])) {
                    revert IDesignRegistry.DesignRegistry__BadSignature(signer);
                }
            }
        }
    }

    /// @dev As SignatureChecker tells, with the usual case first: an account without code, 65 bytes, low s.
    function _isSigned(address signer, bytes32 digest, bytes calldata signature) private view returns (bool signed) {
        if (signature.length != 65 || signer.code.length != 0) {
            return SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature);
        }
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, digest)
            mstore(add(free, 0x20), byte(0, calldataload(add(signature.offset, 0x40))))
            calldatacopy(add(free, 0x40), signature.offset, 0x40)
            // The precompile answers nothing to a signature that is none, and the word is then what it was before.
            pop(staticcall(gas(), 1, free, 0x80, 0x00, 0x20))
            signed := and(eq(returndatasize(), 0x20), eq(mload(0x00), signer))
            if gt(mload(add(free, 0x60)), HALF_ORDER) { signed := 0 }
        }
    }
}
