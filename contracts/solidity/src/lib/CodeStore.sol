// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Data that never changes, kept as the code of a contract that does nothing: 200 gas a byte instead of 690.
library CodeStore {
    /// @dev The contract could not be created: too much data, or not enough gas.
    error CodeStore__NotStored();

    /// @dev Runs as `return(all that follows)`: PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE (0), CODECOPY,
    ///  RETURNDATASIZE (0), RETURN. The stored code starts with STOP, so that nobody can run the data.
    uint256 private constant CREATION = 0x61000080600a3d393df300;

    /// @dev Stores at most 24,575 bytes.
    function write(bytes memory data) internal returns (address pointer) {
        uint256 size = data.length + 1;
        if (size > type(uint16).max) revert CodeStore__NotStored(); // it would not fit into its PUSH2
        bytes memory code = abi.encodePacked(bytes11(uint88(CREATION | (size << 64))), data);
        assembly ("memory-safe") {
            pointer := create(0, add(code, 0x20), mload(code))
        }
        if (pointer == address(0)) revert CodeStore__NotStored();
    }

    /// @dev The first `size` bytes of what was stored.
    function read(address pointer, uint256 size) internal view returns (bytes memory data) {
        data = new bytes(size);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(data, 0x20), 1, size)
        }
    }
}
