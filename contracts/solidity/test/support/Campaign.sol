// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "./Test.sol";

/// @dev Counts what a handler's actions bring about, so that a test can ask whether each thing ever happens.
abstract contract Tally {
    mapping(bytes32 what => uint256) public times;

    function happened(bytes32 what) internal {
        ++times[what];
    }
}

/// @dev An invariant campaign of one handler, whose actions take nothing but numbers.
abstract contract Campaign is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant DEPTH = 100;

    address private _handler;
    address[] private _formerHandlers;
    bytes4[] private _actions;

    function setUp() public virtual;

    /// @dev What holds at the end of each life.
    function afterInvariant() public view virtual;

    /// @dev Begins a life.
    function campaignOf(address handler) internal {
        if (_handler != address(0)) _formerHandlers.push(_handler);
        _handler = handler;
        delete _actions;
    }

    /// @dev Foundry draws each action as often as it stands in the list.
    function action(bytes4 selector, uint256 weight) internal {
        for (uint256 i = 0; i < weight; ++i) {
            _actions.push(selector);
        }
    }

    function targetContracts() public view returns (address[] memory list) {
        list = new address[](1);
        list[0] = _handler;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(_handler, _actions);
    }

    /// @dev A small campaign that is always the same, after which `hasHappened` tells of all its lives. Foundry forgets each
    ///  life before the next, so that an action that never succeeds would pass unseen there.
    function live(uint256 lives) internal {
        for (uint256 life = 0; life < lives; ++life) {
            if (life != 0) renew();
            for (uint256 i = 0; i < DEPTH; ++i) {
                act(uint256(keccak256(abi.encode(life, i))));
            }
            afterInvariant();
        }
    }

    /// @dev More often than by a lucky chance.
    function hasHappened(bytes32 what) internal view {
        uint256 times = Tally(_handler).times(what);
        for (uint256 i = 0; i < _formerHandlers.length; ++i) {
            times += Tally(_formerHandlers[i]).times(what);
        }
        vm.assertGe(times, 3, string(abi.encodePacked("hardly ever: ", what)));
    }

    /// @dev To deploy everything so often takes more gas than a test has.
    function renew() private {
        vm.pauseGasMetering();
        setUp();
        vm.resumeGasMetering();
    }

    function act(uint256 seed) private {
        bytes memory request = abi.encodePacked(_actions[seed % _actions.length]);
        for (uint256 i = 0; i < 5; ++i) {
            request = abi.encodePacked(request, keccak256(abi.encode(seed, i)));
        }
        (bool succeeded, bytes memory reason) = _handler.call(request);
        if (succeeded) return;
        assembly {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
