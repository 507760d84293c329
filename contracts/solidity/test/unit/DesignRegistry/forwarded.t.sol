// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev Calls that come through the ERC-2771 forwarder count as their signer's.
contract ForwardedTest is RegistrySystem {
    bytes32 private constant REQUEST = keccak256(
        "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)"
    );

    function test_a_controller_without_gas_manages_through_the_forwarder() public {
        uint128 id = registerAlone(OUTPUT);
        forward(
            "alice", alice, abi.encodeCall(IDesignRegistry.setStanding, (id, IDesignRegistry.Standing(true, true, 5)))
        );
        vm.assertEq(uint256(registry.standingOf(id).ppm), 5);
        forward("alice", alice, abi.encodeCall(IDesignRegistry.transferControl, (id, bob)));
        vm.assertEq(registry.controllerOf(id), bob);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.Commit(bob, "cid", "said");
        forward("bob", bob, abi.encodeCall(IDesignRegistry.commit, ("cid", "said")));
    }

    function test_somebody_else_does_not() public {
        uint128 id = registerAlone(OUTPUT);
        vm.expectRevert();
        this.forward("bob", bob, abi.encodeCall(IDesignRegistry.freeze, (id)));
        vm.assertFalse(registry.entry(id).frozen);
    }

    function test_only_the_forwarders_word_about_the_caller_is_believed() public {
        uint128 id = registerAlone(OUTPUT);
        bytes memory request = abi.encodePacked(abi.encodeCall(IDesignRegistry.freeze, (id)), alice);
        vm.prank(stranger);
        (bool succeeded, bytes memory reason) = address(registry).call(request);
        vm.assertFalse(succeeded);
        vm.assertEq(reason, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, stranger));
    }

    function test_a_role_also_counts_through_the_forwarder() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes memory request = abi.encodeCall(IDesignRegistry.register, (r, signedBy("alice", r), 1, 0));
        vm.expectRevert();
        this.forward("stranger", stranger, request);
        forward("operator", operator, request);
        vm.assertTrue(registry.isRegistered(registry.entryIdOf(alice, OUTPUT)));
        uint128 id = registry.entryIdOf(alice, OUTPUT);
        forward(
            "moderator",
            moderator,
            abi.encodeCall(IDesignRegistry.setStatus, (id, IDesignRegistry.Status.Contested, bytes32(0)))
        );
        vm.assertEq(uint8(registry.entry(id).status), 1);
    }

    function forward(string memory by, address from, bytes memory data) public {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Loomprint Forwarder"),
                keccak256("1"),
                block.chainid,
                address(forwarder)
            )
        );
        uint48 deadline = uint48(block.timestamp + 1);
        bytes32 structHash = keccak256(
            abi.encode(
                REQUEST, from, address(registry), 0, 1_000_000, forwarder.nonces(from), deadline, keccak256(data)
            )
        );
        bytes memory signature = signatureOf(keyOf(by), keccak256(bytes.concat(hex"1901", domain, structHash)));
        forwarder.execute(
            ERC2771Forwarder.ForwardRequestData(from, address(registry), 0, 1_000_000, deadline, data, signature)
        );
    }
}
