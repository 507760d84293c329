// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Vm} from "./Vm.sol";

/// @dev What every test stands on. Assertions are Foundry's own (`vm.assertEq` and so on).
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev `x` brought into [low, high].
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        if (x >= low && x <= high) return x;
        uint256 size = high - low + 1;
        return size == 0 ? x : low + x % size;
    }

    /// @dev An account without code, the same for the same name.
    function account(string memory name) internal pure returns (address) {
        return vm.addr(keyOf(name));
    }

    /// @dev The private key of `account(name)`.
    function keyOf(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(bytes(name)));
    }

    /// @dev A signature of 65 bytes.
    function signatureOf(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev An EIP-712 domain of version 1.
    function domainOf(string memory name, address target) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                target
            )
        );
    }

    function typed(bytes32 domain, bytes32 content) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    /// @dev As signed, with the other s (EIP-2 forbids it), and compact (EIP-2098).
    function formsOf(uint256 key, bytes32 digest) internal pure returns (bytes[3] memory forms) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        forms[0] = abi.encodePacked(r, s, v);
        forms[1] = abi.encodePacked(r, CURVE_ORDER - uint256(s), v == 27 ? uint8(28) : uint8(27));
        forms[2] = abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255));
    }

    /// @dev The next call must revert with this error, which has no arguments.
    function expectError(bytes4 selector) internal {
        vm.expectRevert(abi.encodePacked(selector));
    }

    function expectUnauthorized(address caller) internal {
        vm.expectRevert(abi.encodeWithSignature("AccessManagedUnauthorized(address)", caller));
    }
}

/// @dev Accounts are computed once: deriving an address from a key is what costs most in a fuzz run.
abstract contract People is Test {
    address internal immutable alice = account("alice");
    address internal immutable bob = account("bob");
    address internal immutable carol = account("carol");
    address internal immutable stranger = account("stranger");
}
