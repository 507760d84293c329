// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {System} from "../support/System.sol";

/// @dev https://github.com/OpenZeppelin/openzeppelin-contracts/blob/master/CHANGELOG.md (5.6)
///  Since OpenZeppelin 5.6 a batch of one calls the batch hook, where before it called the single one (changelog):
///  a receiver that knows only single transfers cannot be reached by a batch of one, and one written for the old way
///  would be surprised. Shares and licenses behave alike.
contract OneItemBatchHookTest is System {
    function test_a_receiver_of_single_transfers_alone_gets_no_batch_of_one() public {
        uint128 id = registerAlone(keccak256("output"));
        address receiver = address(new SingleReceiver());
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        (ids[0], values[0]) = (id, 10);
        vm.startPrank(alice);
        shares.safeTransferFrom(alice, receiver, id, 10, "");
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, receiver));
        shares.safeBatchTransferFrom(alice, receiver, ids, values, "");
        vm.stopPrank();
        vm.assertEq(shares.balanceOf(receiver, id), 10);

        licenses.setMinter(address(this), true);
        uint256 licenseId = licenses.mint(buyer, id, PERSONAL, 20);
        (ids[0], values[0]) = (licenseId, 10);
        vm.startPrank(buyer);
        licenses.safeTransferFrom(buyer, receiver, licenseId, 10, "");
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, receiver));
        licenses.safeBatchTransferFrom(buyer, receiver, ids, values, "");
        vm.stopPrank();
        vm.assertEq(licenses.balanceOf(receiver, licenseId), 10);
    }
}

contract SingleReceiver {
    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC1155Receiver.onERC1155Received.selector;
    }
}
