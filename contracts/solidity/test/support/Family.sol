// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {System} from "./System.sol";

/// @dev Entries that derive from each other, all of them Alice's.
abstract contract Family is System {
    function open(string memory name, uint32 ppm, bool binding, uint128[] memory parents) internal returns (uint128) {
        IDesignRegistry.Registration memory r = childOf(alice, keccak256(bytes(name)), parents);
        r.standing = IDesignRegistry.Standing(true, binding, ppm);
        return register("alice", r);
    }

    function none() internal pure returns (uint128[] memory list) {}

    function only(uint128 id) internal pure returns (uint128[] memory list) {
        list = new uint128[](1);
        list[0] = id;
    }

    function both(uint128 first, uint128 second) internal pure returns (uint128[] memory list) {
        list = new uint128[](2);
        (list[0], list[1]) = (first, second);
    }
}
