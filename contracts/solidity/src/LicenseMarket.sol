// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {Purchases} from "./market/Purchases.sol";
import {Renewals} from "./market/Renewals.sol";

/// @title LicenseMarket
/// @dev Its parts are in `market/`.
contract LicenseMarket is Purchases, Renewals {
    /// @param authority The AccessManager.
    /// @param registry_ Names the ledger and the licenses.
    /// @param forwarder The ERC-2771 forwarder that is believed.
    constructor(address authority, address registry_, address forwarder)
        MarketBase(authority, registry_, forwarder)
        EIP712("Loomprint Market", "1")
    {}
}
