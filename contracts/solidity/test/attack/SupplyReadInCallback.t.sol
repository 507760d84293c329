// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {System} from "../support/System.sol";

/// @dev A total supply that is updated after the receiver's hook is wrong within it.
///  https://github.com/OpenZeppelin/openzeppelin-contracts/pull/2956
///  The supply of an entry is a constant; the sum of all balances is it in the middle of a batch's hook too.
contract SupplyReadInCallbackTest is System {
    function test_within_the_hook_all_balances_add_up() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        AddingHolder holder = new AddingHolder(shares, id, alice, bob);
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        (ids[0], ids[1]) = (id, id);
        (values[0], values[1]) = (100_000, 200_000);
        vm.startPrank(alice);
        shares.safeBatchTransferFrom(alice, address(holder), ids, values, "");
        vm.assertEq(holder.sumSeen(), 1_000_000);
        shares.safeTransferFrom(alice, address(holder), id, 1, "");
        vm.stopPrank();
        vm.assertEq(holder.sumSeen(), 1_000_000);
    }
}

contract AddingHolder is ERC1155Holder {
    DesignShares private immutable _shares;
    uint128 private immutable _id;
    address private immutable _first;
    address private immutable _second;
    uint256 public sumSeen;

    constructor(DesignShares shares, uint128 id, address first, address second) {
        (_shares, _id, _first, _second) = (shares, id, first, second);
    }

    function onERC1155Received(address a, address b, uint256 c, uint256 d, bytes memory e)
        public
        override
        returns (bytes4)
    {
        look();
        return super.onERC1155Received(a, b, c, d, e);
    }

    function onERC1155BatchReceived(address a, address b, uint256[] memory c, uint256[] memory d, bytes memory e)
        public
        override
        returns (bytes4)
    {
        look();
        return super.onERC1155BatchReceived(a, b, c, d, e);
    }

    function look() private {
        sumSeen =
            _shares.balanceOf(_first, _id) + _shares.balanceOf(_second, _id) + _shares.balanceOf(address(this), _id);
    }
}
