// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignLicenses} from "../../../src/DesignLicenses.sol";
import {Test} from "../../support/Test.sol";

contract InboxOfTest is Test {
    /// @dev CREATE2 by the licenses, with the entry as the salt.
    function testFuzz_an_inbox_is_at_the_documented_address(uint128 entry, address implementation) public {
        DesignLicenses licenses = new DesignLicenses(address(1), implementation, "", "");
        bytes32 code = keccak256(
            abi.encodePacked(
                hex"6100433d81600a3d39f336600557005b363d3d373d3d3d363d73",
                implementation,
                hex"5af43d82803e903d91603157fd5bf3",
                entry
            )
        );
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", address(licenses), uint256(entry), code));
        vm.assertEq(licenses.inboxOf(entry), address(uint160(uint256(hash))));
    }
}
