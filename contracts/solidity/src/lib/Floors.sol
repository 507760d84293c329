// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MAX_CURRENCIES, PPM} from "../Units.sol";

/// @dev Amounts by the index of their currency in the ledger's list, two words; 0 where there is none.
struct Amounts {
    uint96[MAX_CURRENCIES] by;
}

/// @dev The least prices of a derived entry, from its ancestors' minimums. A currency in which one ancestor stated none
///  is no currency for the child; and neither is one whose floor no price can reach.
library Floors {
    uint256 private constant CLOSED = type(uint256).max;

    /// @dev Raises floors to what an ancestor with this part needs.
    function raise(uint256[MAX_CURRENCIES] memory floors, Amounts storage minimums, uint256 ppm) internal view {
        for (uint256 i = 0; i < MAX_CURRENCIES; ++i) {
            uint256 minimum = minimums.by[i];
            uint256 needed = minimum == 0 ? CLOSED : (minimum * PPM + ppm - 1) / ppm;
            if (needed > floors[i]) floors[i] = needed;
        }
    }

    /// @dev What is stored: the floors that a price can reach.
    function store(uint256[MAX_CURRENCIES] memory floors, Amounts storage target) internal returns (uint256 count) {
        for (uint256 i = 0; i < MAX_CURRENCIES; ++i) {
            if (floors[i] > type(uint96).max) floors[i] = 0;
            if (floors[i] == 0) continue;
            target.by[i] = uint96(floors[i]);
            ++count;
        }
    }
}
