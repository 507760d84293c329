// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {System} from "../../support/System.sol";

contract DigestOfTest is System {
    /// @dev Built here step by step from EIP-712, from the type strings alone.
    function test_the_digest_is_that_of_eip712() public view {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), between(alice, 250_000, bob));
        r.kind = IDesignRegistry.EntryKind.Dataset;
        r.offers = twoOffers();

        bytes memory allocationType = "ShareAllocation(address holder,uint32 units)";
        bytes memory offerType = "FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)";
        bytes memory registrationType =
            "Registration(uint8 kind,address creator,bytes32 outputHash,bytes32 recordRoot,ShareAllocation[] shares,FirstOffer[] offers,uint64 deadline)";
        bytes32 allocations = keccak256(
            bytes.concat(
                keccak256(abi.encode(keccak256(allocationType), alice, 250_000)),
                keccak256(abi.encode(keccak256(allocationType), bob, 750_000))
            )
        );
        bytes32 offers = keccak256(
            bytes.concat(
                keccak256(abi.encode(keccak256(offerType), PERSONAL, address(dollar), 5e6, 0)),
                keccak256(abi.encode(keccak256(offerType), COMMERCIAL, address(dollar), 40e6, 3))
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                // Referenced types follow in alphabetical order.
                keccak256(bytes.concat(registrationType, offerType, allocationType)),
                3,
                alice,
                r.outputHash,
                r.recordRoot,
                allocations,
                offers,
                r.deadline
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Loomprint"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        vm.assertEq(registry.digestOf(r), keccak256(bytes.concat(hex"1901", domain, structHash)));
    }

    function test_the_domain_can_be_asked_for() public view {
        (, string memory name, string memory version, uint256 chainId, address verifier,,) =
            IERC5267(address(registry)).eip712Domain();
        vm.assertEq(name, "Loomprint");
        vm.assertEq(version, "1");
        vm.assertEq(chainId, block.chainid);
        vm.assertEq(verifier, address(registry));
    }
}
