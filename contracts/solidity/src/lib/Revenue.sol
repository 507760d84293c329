// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {PPM} from "../Units.sol";

/// @dev One word per (entry, currency), so that a deposit reads and writes one.
///  net:          lifetime deposits after the platform's fee.
///  inbound:      lifetime money settled from descendants; it pays no fee and no ancestors again.
///  feeRemainder: the fee's fraction, in millionths of a base unit, carried to the next deposit: without it many
///                small deposits would pay no fee.
///  stackPpm:     all ancestors' part of `net`, for ever.
///  known:        whether the registry was asked for stack and status, which the first deposit does.
struct Revenue {
    uint96 net;
    uint96 inbound;
    uint24 feeRemainder;
    uint24 stackPpm;
    IDesignRegistry.Status status;
    bool known;
}

using RevenueWord for Revenue global;

/// @dev All sums are of lifetime totals, so how a total was cut into deposits changes nothing.
library RevenueWord {
    /// @dev The ancestors' part, of which no fraction is anybody's: the ancestors' floors add up to no more.
    function reserved(Revenue memory self) internal pure returns (uint256) {
        unchecked {
            return uint256(self.net) * self.stackPpm / PPM;
        }
    }

    /// @dev What all holders together have ever been credited. Never falls, and is below 2^97.
    function own(Revenue memory self) internal pure returns (uint256) {
        unchecked {
            return uint256(self.net) - reserved(self) + self.inbound;
        }
    }
}
