// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev digestOf and versionDigestOf, built here step by step from EIP-712, from the type strings alone.
contract DigestOfTest is RegistrySystem {
    bytes private constant ALLOCATION = "ShareAllocation(address holder,uint32 units)";
    bytes private constant OFFER = "FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)";
    bytes private constant MINIMUM = "Minimum(address currency,uint96 amount)";
    bytes private constant PARENT = "Parent(uint128 entryId,uint256 licenseId,uint32 maxPpm)";
    bytes private constant STANDING = "Standing(bool open,bool binding,uint32 ppm)";
    bytes private constant REGISTRATION =
        "Registration(uint8 kind,address creator,bytes32 outputHash,bytes32 recordRoot,ShareAllocation[] shares,FirstOffer[] offers,Parent[] parents,Standing standing,Minimum[] minimums,uint64 deadline)";

    function test_the_digest_is_that_of_eip712() public view {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 250_000, bob));
        r.kind = IDesignRegistry.EntryKind.Dataset;
        r.offers = twoOffers();
        r.parents = new IDesignRegistry.Parent[](3);
        r.parents[0] = IDesignRegistry.Parent(type(uint128).max, type(uint256).max, type(uint32).max);
        r.parents[2] = IDesignRegistry.Parent(1, 2, 3);
        r.standing = IDesignRegistry.Standing(true, false, 4);
        r.minimums = minimum(DOLLAR, 5);
        checkDigest(r);
    }

    function testFuzz_the_digest_is_that_of_eip712(
        IDesignRegistry.ShareAllocation[] memory shares,
        IDesignRegistry.FirstOffer[] memory offers,
        IDesignRegistry.Parent[] memory parents,
        IDesignRegistry.Minimum[] memory minimums,
        bytes32 noise
    ) public view {
        IDesignRegistry.Registration memory r;
        r.kind = IDesignRegistry.EntryKind(uint8(noise[0]) % 4);
        r.creator = address(uint160(uint256(noise)));
        (r.outputHash, r.recordRoot) = (keccak256(abi.encode(noise)), noise);
        (r.shares, r.offers, r.parents, r.minimums) = (shares, offers, parents, minimums);
        r.standing =
            IDesignRegistry.Standing(uint8(noise[1]) % 2 == 0, uint8(noise[2]) % 2 == 0, uint32(uint256(noise) >> 9));
        r.deadline = uint64(uint256(noise) >> 77);
        checkDigest(r);
    }

    function test_the_version_digest_is_that_of_eip712() public view {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Version(uint128 entryId,uint32 number,bytes32 outputHash,bytes32 recordRoot,uint64 deadline)"
                ),
                7,
                2,
                OUTPUT,
                RECORD_ROOT,
                9
            )
        );
        vm.assertEq(registry.versionDigestOf(7, 2, OUTPUT, RECORD_ROOT, 9), typed(structHash));
    }

    function test_the_domain_can_be_asked_for() public view {
        (, string memory name, string memory version, uint256 chainId, address verifier,,) =
            IERC5267(address(registry)).eip712Domain();
        vm.assertEq(name, "Loomprint");
        vm.assertEq(version, "1");
        vm.assertEq(chainId, block.chainid);
        vm.assertEq(verifier, address(registry));
    }

    function checkDigest(IDesignRegistry.Registration memory r) private view {
        bytes memory head = abi.encode(
            // Referenced types follow in alphabetical order.
            keccak256(bytes.concat(REGISTRATION, OFFER, MINIMUM, PARENT, ALLOCATION, STANDING)),
            r.kind,
            r.creator,
            r.outputHash,
            r.recordRoot
        );
        bytes memory tail = abi.encode(
            allocations(r),
            offersOf(r),
            parentsHash(r),
            keccak256(abi.encode(keccak256(STANDING), r.standing.open, r.standing.binding, r.standing.ppm)),
            minimumsHash(r),
            r.deadline
        );
        vm.assertEq(registry.digestOf(r), typed(keccak256(bytes.concat(head, tail))));
    }

    function allocations(IDesignRegistry.Registration memory r) private pure returns (bytes32) {
        bytes memory all;
        for (uint256 i = 0; i < r.shares.length; ++i) {
            all = bytes.concat(all, keccak256(abi.encode(keccak256(ALLOCATION), r.shares[i].holder, r.shares[i].units)));
        }
        return keccak256(all);
    }

    function offersOf(IDesignRegistry.Registration memory r) private pure returns (bytes32) {
        bytes memory all;
        for (uint256 i = 0; i < r.offers.length; ++i) {
            IDesignRegistry.FirstOffer memory o = r.offers[i];
            all = bytes.concat(all, keccak256(abi.encode(keccak256(OFFER), o.terms, o.currency, o.price, o.supply)));
        }
        return keccak256(all);
    }

    function parentsHash(IDesignRegistry.Registration memory r) private pure returns (bytes32) {
        bytes memory all;
        for (uint256 i = 0; i < r.parents.length; ++i) {
            IDesignRegistry.Parent memory p = r.parents[i];
            all = bytes.concat(all, keccak256(abi.encode(keccak256(PARENT), p.entryId, p.licenseId, p.maxPpm)));
        }
        return keccak256(all);
    }

    function minimumsHash(IDesignRegistry.Registration memory r) private pure returns (bytes32) {
        bytes memory all;
        for (uint256 i = 0; i < r.minimums.length; ++i) {
            IDesignRegistry.Minimum memory m = r.minimums[i];
            all = bytes.concat(all, keccak256(abi.encode(keccak256(MINIMUM), m.currency, m.amount)));
        }
        return keccak256(all);
    }

    function typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Loomprint"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        return keccak256(bytes.concat(hex"1901", domain, structHash));
    }
}
