// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev A token that behaves.
contract PlainToken is ERC20("Plain", "PLN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev A token that behaves, with 6 decimals.
contract StableToken is PlainToken {
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}

/// @dev Takes a part of every transfer.
contract FeeOnTransferToken is PlainToken {
    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0)) return super._update(from, to, value);
        uint256 fee = value / 100 + 1;
        super._update(from, to, value - fee);
        super._update(from, address(0), fee);
    }
}

/// @dev Refuses accounts on a list, as the large stablecoins can.
contract DenyListToken is StableToken {
    mapping(address account => bool) public denied;

    function setDenied(address account, bool value) external {
        denied[account] = value;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!denied[from] && !denied[to], "denied");
        super._update(from, to, value);
    }
}

/// @dev Answers nothing, as the first large dollar token does.
contract NoReturnToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Misbehaves in a chosen way when it is to pay a chosen account.
contract HostileToken is PlainToken {
    enum Mode {
        None,
        Revert,
        ReturnFalse,
        ReturnGarbage,
        ReturnBomb,
        BurnGas,
        Reenter
    }

    mapping(address account => Mode) public modes;
    address private _target;
    bytes private _request;
    bool public gained; // a call back has once succeeded

    function setMode(address account, Mode mode) external {
        modes[account] = mode;
    }

    /// @dev What mode Reenter calls before it pays.
    function arm(address target, bytes calldata request) external {
        (_target, _request) = (target, request);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        Mode mode = modes[to];
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.ReturnFalse) return false;
        if (mode == Mode.ReturnGarbage) {
            assembly {
                mstore(0, 2)
                return(0, 0x20)
            }
        }
        if (mode == Mode.ReturnBomb) {
            assembly {
                revert(0, 100000)
            }
        }
        if (mode == Mode.BurnGas) {
            assembly {
                invalid()
            }
        }
        if (mode == Mode.Reenter) {
            (bool succeeded,) = _target.call(_request);
            if (succeeded) gained = true;
        }
        return super.transfer(to, amount);
    }
}

/// @dev Calls a chosen target during every transfer, once. If `swallow` is set, a failure of that call is kept and not passed on.
contract ReentrantToken is PlainToken {
    address private _target;
    bytes private _request;
    bool private _swallow;
    bool private _answerFalse;
    bool public called;
    bytes public answer;

    /// @param answerFalse Whether `transfer` then moves nothing and answers false.
    function arm(address target, bytes calldata request, bool swallow, bool answerFalse) external {
        (_target, _request, _swallow, _answerFalse, called) = (target, request, swallow, answerFalse, false);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _enter();
        if (_answerFalse) return false;
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _enter();
        return super.transferFrom(from, to, amount);
    }

    function _enter() private {
        address target = _target;
        if (target == address(0)) return;
        _target = address(0);
        bool succeeded;
        (succeeded, answer) = target.call(_request);
        called = succeeded;
        if (!succeeded && !_swallow) {
            bytes memory reason = answer;
            assembly {
                revert(add(reason, 0x20), mload(reason))
            }
        }
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
contract FalseToken is PlainToken {
    bool public failing;

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
contract Uint96Token is PlainToken {
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
