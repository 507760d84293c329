// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {System} from "../support/System.sol";

/// @dev An EIP-712 name or version above 31 bytes reverts in the constructor of OpenZeppelin 5.7 (its changelog).
contract Eip712NameLengthTest is System {
    function test_our_names_are_short_enough_and_all_different() public view {
        address[7] memory signers = [
            address(registry),
            address(shares),
            address(licenses),
            address(market),
            address(resale),
            address(forwarder),
            address(dollar)
        ];
        bytes32[7] memory names;
        for (uint256 i = 0; i < signers.length; ++i) {
            (, string memory name, string memory version, uint256 chainId, address verifier,,) =
                IERC5267(signers[i]).eip712Domain();
            vm.assertLe(bytes(name).length, 31, "name");
            vm.assertLe(bytes(version).length, 31, "version");
            vm.assertEq(chainId, block.chainid);
            vm.assertEq(verifier, signers[i]);
            names[i] = keccak256(bytes(name));
            for (uint256 j = 0; j < i; ++j) {
                vm.assertNotEq(names[i], names[j]);
            }
        }
    }

    function test_the_trap_is_there() public {
        new Named("thirty-one bytes, as long as it");
        vm.expectRevert();
        new Named("thirty-two bytes are already too");
    }
}

contract Named is EIP712 {
    constructor(string memory name) EIP712(name, "1") {}
}
