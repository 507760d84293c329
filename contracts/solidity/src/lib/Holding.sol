// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev One word per (entry, holder, currency): `units 24 | index 104 | owed 128`, from the high end.
///  units: share units held; only in the word of the ledger's first currency, 0 in the words of the others.
///  index: the entry's cumulative own revenue up to which this holder is settled, below 2^97.
///  owed:  settled and unpaid revenue times SHARE_SUPPLY, below 10^6 * 2^97 < 2^117, so no sum below overflows.
type Holding is uint256;

using HoldingWord for Holding global;

library HoldingWord {
    uint256 private constant OWED_MASK = type(uint128).max;
    uint256 private constant INDEX_MASK = type(uint104).max;

    /// @dev A word from its three parts, which the caller has bounded as told above.
    function pack(uint256 units_, uint256 index_, uint256 owed_) internal pure returns (Holding) {
        return Holding.wrap((units_ << 232) | (index_ << 128) | owed_);
    }

    function units(Holding self) internal pure returns (uint256) {
        return Holding.unwrap(self) >> 232;
    }

    function index(Holding self) internal pure returns (uint256) {
        return (Holding.unwrap(self) >> 128) & INDEX_MASK;
    }

    function owed(Holding self) internal pure returns (uint256) {
        return Holding.unwrap(self) & OWED_MASK;
    }

    /// @dev What a holder of `held` units is owed at cumulative revenue `revenue`, times SHARE_SUPPLY.
    function owedAt(Holding self, uint256 held, uint256 revenue) internal pure returns (uint256) {
        unchecked {
            return self.owed() + held * (revenue - self.index());
        }
    }
}
