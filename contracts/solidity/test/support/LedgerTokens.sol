// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev A token that behaves, with 6 decimals.
contract StableToken is ERC20("Stable", "STB") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}

/// @dev Balances follow a factor, as those of tokens that pay interest or lose value.
contract RebasingToken {
    uint256 public factor = 1e18;
    mapping(address account => uint256) private _parts;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    /// @dev Set, the factor changes in the middle of each transfer.
    uint256 public factorInTransfer;

    function mint(address to, uint256 amount) external {
        _parts[to] += amount * 1e18 / factor;
    }

    function rebase(uint256 factor_) external {
        factor = factor_;
    }

    function rebaseInTransfer(uint256 factor_) external {
        factorInTransfer = factor_;
    }

    function balanceOf(address account) public view returns (uint256) {
        return _parts[account] * factor / 1e18;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return move(from, to, amount);
    }

    function move(address from, address to, uint256 amount) private returns (bool) {
        uint256 parts = amount * 1e18 / factor;
        _parts[from] -= parts;
        _parts[to] += parts;
        if (factorInTransfer != 0) factor = factorInTransfer;
        return true;
    }
}

/// @dev Answers false instead of reverting, in both directions.
contract FalseToken is ERC20("False", "FLS") {
    bool public failing;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function fail(bool failing_) external {
        failing = failing_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return failing || balanceOf(msg.sender) < amount ? false : super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return failing || balanceOf(from) < amount ? false : super.transferFrom(from, to, amount);
    }
}

/// @dev Amounts of more than 96 bits revert, as some governance tokens have it.
contract Uint96Token is ERC20("Small", "SML") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        require(value <= type(uint96).max, "exceeds 96 bits");
        super._update(from, to, value);
    }
}

/// @dev Says that everything went well and moves nothing.
contract LyingToken {
    mapping(address account => uint256) public balanceOf;

    function transfer(address, uint256) external pure returns (bool) {
        return true;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return true;
    }
}
