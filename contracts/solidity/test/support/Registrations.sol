// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {People} from "./Test.sol";

/// @dev The registry, who brings what to it, and what is brought. Who inherits it deploys it.
abstract contract Registrations is People {
    uint64 internal constant OPERATOR_ROLE = 1;
    uint64 internal constant MODERATOR_ROLE = 2;
    address internal constant NATIVE = address(0);
    bytes32 internal constant RECORD_ROOT = keccak256("record root");

    address internal immutable operator = account("operator");
    address internal immutable moderator = account("moderator");

    AccessManager internal manager;
    ERC2771Forwarder internal forwarder;
    DesignRegistry internal registry;

    /// @dev An allocation of everything to one holder.
    function solely(address holder) internal pure returns (IDesignRegistry.ShareAllocation[] memory list) {
        list = new IDesignRegistry.ShareAllocation[](1);
        list[0] = IDesignRegistry.ShareAllocation(holder, 1_000_000);
    }

    /// @dev An allocation to two holders.
    function between(address first, uint32 units, address second)
        internal
        pure
        returns (IDesignRegistry.ShareAllocation[] memory list)
    {
        list = new IDesignRegistry.ShareAllocation[](2);
        list[0] = IDesignRegistry.ShareAllocation(first, units);
        list[1] = IDesignRegistry.ShareAllocation(second, 1_000_000 - units);
    }

    function registrationOf(address creator, bytes32 outputHash, IDesignRegistry.ShareAllocation[] memory allocation)
        internal
        view
        returns (IDesignRegistry.Registration memory r)
    {
        r.creator = creator;
        r.outputHash = outputHash;
        r.recordRoot = RECORD_ROOT;
        r.shares = allocation;
        r.deadline = uint64(block.timestamp + 1 days);
    }

    function signedBy(string memory first, IDesignRegistry.Registration memory r)
        internal
        view
        returns (bytes[] memory list)
    {
        list = new bytes[](1);
        list[0] = signatureOf(keyOf(first), registry.digestOf(r));
    }

    function signedBy(string memory first, string memory second, IDesignRegistry.Registration memory r)
        internal
        view
        returns (bytes[] memory list)
    {
        list = new bytes[](2);
        bytes32 digest = registry.digestOf(r);
        list[0] = signatureOf(keyOf(first), digest);
        list[1] = signatureOf(keyOf(second), digest);
    }

    /// @dev Relayed by the operator, with the signature of the one signer.
    function register(string memory signer, IDesignRegistry.Registration memory r) internal returns (uint128) {
        bytes[] memory signatures = signedBy(signer, r);
        vm.prank(operator);
        return registry.register(r, signatures, 0, 0);
    }

    function register(string memory first, string memory second, IDesignRegistry.Registration memory r)
        internal
        returns (uint128)
    {
        bytes[] memory signatures = signedBy(first, second, r);
        vm.prank(operator);
        return registry.register(r, signatures, 0, 0);
    }

    /// @dev Alice's entry, all shares hers, without anything else.
    function registerAlone(bytes32 outputHash) internal returns (uint128) {
        return register("alice", registrationOf(alice, outputHash, solely(alice)));
    }
}
