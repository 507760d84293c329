// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @title A stablecoin for local and test chains, worth nothing.
/// @notice ERC-20 with 6 decimals, ERC-2612 and ERC-3009, as the stablecoins have that buyers pay with.
contract TestStablecoin is ERC20, ERC20Permit, ERC3009, Ownable {
    /// @param owner_ Who may mint.
    constructor(address owner_) ERC20("Test Dollar", "tUSD") ERC20Permit("Test Dollar") Ownable(owner_) {}

    /// @notice Makes new money. Only the owner.
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// @notice As the usual dollar coins have it.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
