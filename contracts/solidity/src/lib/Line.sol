// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev A line of an ancestors' table in 22 bytes, from the high end of 176 bits:
///  `id 128 | ppm 20 | bindingPpm 20 | unused 6 | minimums 1 | direct 1`.
///  A rate is at most 500,000 in a table and at most 1,000,000 while one is built, so no sum leaves its 20 bits.
type Line is uint256;

using LineWord for Line global;

library LineWord {
    uint256 internal constant BYTES = 22;
    uint256 private constant RATE_MASK = (1 << 20) - 1;

    /// @dev A line from its parts, which the caller has bounded as told above.
    function pack(uint128 id_, uint256 ppm_, uint256 bindingPpm_, bool minimums_, bool direct_)
        internal
        pure
        returns (Line)
    {
        return Line.wrap(
            (uint256(id_) << 48) | (ppm_ << 28) | (bindingPpm_ << 8) | (minimums_ ? 2 : 0) | (direct_ ? 1 : 0)
        );
    }

    function id(Line self) internal pure returns (uint128) {
        return uint128(Line.unwrap(self) >> 48);
    }

    function ppm(Line self) internal pure returns (uint256) {
        return (Line.unwrap(self) >> 28) & RATE_MASK;
    }

    function bindingPpm(Line self) internal pure returns (uint256) {
        return (Line.unwrap(self) >> 8) & RATE_MASK;
    }

    /// @dev Whether the ancestor stated minimums for its descendants' sales.
    function minimums(Line self) internal pure returns (bool) {
        return Line.unwrap(self) & 2 != 0;
    }

    function direct(Line self) internal pure returns (bool) {
        return Line.unwrap(self) & 1 != 0;
    }

    /// @dev Two lines of the same ancestor as one: rates are added, flags united.
    function plus(Line self, Line other) internal pure returns (Line) {
        uint256 rates = (Line.unwrap(other) & ((1 << 48) - 1)) >> 8 << 8;
        return Line.wrap((Line.unwrap(self) + rates) | (Line.unwrap(other) & 3));
    }
}
