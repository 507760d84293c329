// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CodeStore} from "./CodeStore.sol";
import {Line, LineWord} from "./Line.sol";

/// @dev An entry's ancestors' table in one word: `payload 176 | unused 52 | count 8 | stack 20`, from the high end. Zero
///  is the table of an original. The payload is the line itself where there is one, else (in its low 160 bits) the
///  address of a contract whose code is the lines.
type AncestorTable is uint256;

using AncestorTableWord for AncestorTable global;

library AncestorTableWord {
    uint256 private constant STACK_MASK = (1 << 20) - 1;

    /// @dev Stores lines; there is at least one.
    function store(Line[] memory lines, uint256 stack_) internal returns (AncestorTable) {
        uint256 count_ = lines.length;
        uint256 payload;
        if (count_ == 1) {
            payload = Line.unwrap(lines[0]);
        } else {
            // 10 bytes more for a while: each write covers 32 bytes, and the next one begins after 22 of them.
            bytes memory data = new bytes(count_ * LineWord.BYTES + 10);
            assembly ("memory-safe") {
                let target := add(data, 0x20)
                let end := add(target, mul(count_, 22))
                for { let source := add(lines, 0x20) } lt(target, end) { source := add(source, 0x20) } {
                    mstore(target, shl(80, mload(source)))
                    target := add(target, 22)
                }
                mstore(data, mul(count_, 22))
            }
            payload = uint160(CodeStore.write(data));
        }
        return AncestorTable.wrap((payload << 80) | (count_ << 20) | stack_);
    }

    /// @dev All lines, in their order.
    function load(AncestorTable self) internal view returns (Line[] memory lines) {
        uint256 count_ = self.count();
        lines = new Line[](count_);
        if (count_ == 1) {
            lines[0] = Line.wrap(AncestorTable.unwrap(self) >> 80);
        } else if (count_ != 0) {
            bytes memory data = CodeStore.read(_pointer(self), count_ * LineWord.BYTES);
            assembly ("memory-safe") {
                let source := add(data, 0x20)
                let end := add(source, mul(count_, 22))
                for { let target := add(lines, 0x20) } lt(source, end) { source := add(source, 22) } {
                    mstore(target, shr(80, mload(source)))
                    target := add(target, 0x20)
                }
            }
        }
    }

    /// @dev The part of one ancestor, without building the lines.
    function ppmOf(AncestorTable self, uint128 ancestor) internal view returns (uint256) {
        uint256 count_ = self.count();
        if (count_ == 0) return 0;
        Line line = Line.wrap(AncestorTable.unwrap(self) >> 80);
        if (count_ != 1) {
            bytes memory data = CodeStore.read(_pointer(self), count_ * LineWord.BYTES);
            uint256 wanted = ancestor; // without the bits that assembly would find above the 128
            assembly ("memory-safe") {
                // The id behind the last line ends the search, which then finds a line of nothing.
                let source := add(data, 0x20)
                let end := add(source, mul(count_, 22))
                mstore(end, shl(128, wanted))
                for {} xor(shr(128, mload(source)), wanted) { source := add(source, 22) } {}
                line := shr(80, mload(source))
            }
        }
        return line.id() == ancestor ? line.ppm() : 0;
    }

    function count(AncestorTable self) internal pure returns (uint256) {
        return (AncestorTable.unwrap(self) >> 20) & 0xff;
    }

    /// @dev All ancestors' part together, in parts per million.
    function stack(AncestorTable self) internal pure returns (uint256) {
        return AncestorTable.unwrap(self) & STACK_MASK;
    }

    function _pointer(AncestorTable self) private pure returns (address) {
        return address(uint160(AncestorTable.unwrap(self) >> 80));
    }
}
