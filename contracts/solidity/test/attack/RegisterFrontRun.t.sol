// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {System} from "../support/System.sol";

/// @dev Who sees a registration on its way could register first and lock the author out (ERC-7007 warns of it).
///  Only the operator relays; and a first claim of someone else takes nothing from the author but the number 1.
contract RegisterFrontRunTest is System {
    bytes32 private constant OUTPUT = keccak256("output");

    function test_a_thief_cannot_relay_what_they_saw() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        expectUnauthorized(stranger);
        vm.prank(stranger);
        registry.register(r, signatures, 0);
    }

    function test_a_thief_cannot_put_themselves_in_the_authors_place() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        r.creator = stranger;
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongSignatureCount.selector, 2, 1));
        vm.prank(operator);
        registry.register(r, signatures, 0);
        r.shares = solely(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, stranger));
        vm.prank(operator);
        registry.register(r, signatures, 0);
    }

    function test_an_earlier_claim_of_another_does_not_lock_the_author_out() public {
        IDesignRegistry.Registration memory stolen = registrationOf(stranger, OUTPUT, solely(stranger));
        bytes[] memory signatures = signedBy("stranger", stolen);
        vm.prank(operator);
        uint128 theirs = registry.register(stolen, signatures, 0);
        uint128 own = registerAlone(OUTPUT);
        vm.assertNotEq(uint256(own), theirs);
        (address creator,, uint32 order,,) = registry.entry(own);
        vm.assertEq(creator, alice);
        vm.assertEq(order, 2);
        vm.assertEq(shares.balanceOf(alice, own), 1_000_000);
        vm.assertEq(shares.balanceOf(stranger, own), 0);
    }
}
