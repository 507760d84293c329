// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CodeStore} from "../../../src/lib/CodeStore.sol";
import {Test} from "../../support/Test.sol";

contract CodeStoreTest is Test {
    function write(bytes memory data) external returns (address) {
        return CodeStore.write(data);
    }

    function testFuzz_what_was_written_is_read(bytes memory data) public {
        address pointer = CodeStore.write(data);
        vm.assertEq(CodeStore.read(pointer, data.length), data);
        vm.assertEq(pointer.code, bytes.concat(hex"00", data));
    }

    /// @dev The chain's own limit, 24,576 bytes of code, is not that of these tests.
    function test_what_does_not_fit_or_cannot_be_paid_reverts() public {
        bytes memory data = new bytes(24_575);
        data[24_574] = 0x77;
        vm.assertEq(CodeStore.read(CodeStore.write(data), 24_575), data);
        vm.expectRevert(abi.encodePacked(CodeStore.CodeStore__NotStored.selector));
        this.write(new bytes(65_535));
        vm.expectRevert(abi.encodePacked(CodeStore.CodeStore__NotStored.selector));
        this.write{gas: 300_000}(new bytes(5000));
    }
}
