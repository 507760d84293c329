// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {System} from "../../support/System.sol";

contract DefineTermsTest is System {
    bytes32 private constant TEXT = keccak256("the document");

    function test_the_hash_covers_the_text_and_every_fact() public view {
        IDesignLicenses.TermsFacts memory facts;
        bytes32 plain = licenses.termsHashOf(TEXT, facts);
        vm.assertEq(plain, keccak256(abi.encode(TEXT, facts)));
        vm.assertNotEq(plain, licenses.termsHashOf(keccak256("other"), facts));
        facts.laterVersions = true;
        vm.assertNotEq(plain, licenses.termsHashOf(TEXT, facts));
    }

    function test_the_operator_defines_terms_once() public {
        IDesignLicenses.TermsFacts memory facts;
        facts.transferable = true;
        facts.derivatives = true;
        facts.derivativePpm = 500_000;
        facts.resalePpm = 500_000;
        facts.period = type(uint32).max;
        facts.units = 7;
        bytes32 terms = licenses.termsHashOf(TEXT, facts);
        vm.assertFalse(licenses.isDefined(terms));
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.TermsDefined(terms, TEXT, facts, "ipfs://text");
        vm.prank(operator);
        vm.assertEq(licenses.defineTerms(TEXT, facts, "ipfs://text"), terms);
        vm.assertTrue(licenses.isDefined(terms));
        vm.assertEq(licenses.termsOf(licenses.licenseIdOf(1, terms, 9)), terms);
        vm.assertEq(abi.encode(licenses.factsOf(terms)), abi.encode(facts));
        (bool serial, bool exclusive, bool metered, uint40 period) = licenses.formOf(terms);
        vm.assertTrue(serial && !exclusive && metered);
        vm.assertEq(period, type(uint32).max);

        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TermsKnown.selector, terms));
        vm.prank(operator);
        licenses.defineTerms(TEXT, facts, "ipfs://elsewhere");
    }

    /// @dev A real collision of 96 bits cannot be made, so the known hash is written into storage.
    function test_other_terms_with_the_same_prefix_are_refused() public {
        IDesignLicenses.TermsFacts memory facts;
        bytes32 terms = licenses.termsHashOf(TEXT, facts);
        bytes32 known = bytes32(uint256(terms) ^ 1);
        vm.store(address(licenses), keccak256(abi.encode(uint256(uint96(bytes12(terms))), slotOfTerms())), known);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TermsCollision.selector, known, terms));
        vm.prank(operator);
        licenses.defineTerms(TEXT, facts, "");
    }

    function test_facts_that_contradict_each_other_are_refused() public {
        IDesignLicenses.TermsFacts memory facts;
        facts.transferable = true;
        facts.resalePpm = 500_001;
        refuse(facts);
        facts.resalePpm = 1;
        facts.transferable = false;
        refuse(facts);
        facts.resalePpm = 0;
        facts.derivativePpm = 1;
        refuse(facts);
        facts.derivativePpm = 0;
        facts.binding = true;
        refuse(facts);
        facts.derivatives = true;
        facts.derivativePpm = 500_001;
        refuse(facts);
    }

    /// @dev A period near the end of its type made an expiry in the past.
    function test_a_period_that_an_expiry_cannot_hold_is_refused() public {
        IDesignLicenses.TermsFacts memory facts;
        facts.period = uint40(type(uint32).max) + 1;
        refuse(facts);
        facts.period = type(uint40).max;
        refuse(facts);
    }

    function test_a_text_without_a_hash_is_refused() public {
        IDesignLicenses.TermsFacts memory facts;
        expectError(IDesignLicenses.DesignLicenses__EmptyTerms.selector);
        vm.prank(operator);
        licenses.defineTerms(0, facts, "");
    }

    function test_nobody_else_defines_terms() public {
        IDesignLicenses.TermsFacts memory facts;
        expectUnauthorized(moderator);
        vm.prank(moderator);
        licenses.defineTerms(TEXT, facts, "");
    }

    function test_of_unknown_terms_nothing_is_told() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, TEXT));
        licenses.factsOf(TEXT);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, 0));
        licenses.formOf(0);
        vm.assertFalse(licenses.isDefined(0));
        vm.assertEq(licenses.termsOf(licenses.licenseIdOf(1, TEXT, 0)), 0);
    }

    function refuse(IDesignLicenses.TermsFacts memory facts) private {
        expectError(IDesignLicenses.DesignLicenses__BadFacts.selector);
        vm.prank(operator);
        licenses.defineTerms(TEXT, facts, "");
    }

    /// @dev Where the licenses keep full hashes: the slot at which those of PERSONAL are found.
    function slotOfTerms() private view returns (uint256 slot) {
        uint256 prefix = uint96(bytes12(PERSONAL));
        while (vm.load(address(licenses), keccak256(abi.encode(prefix, slot))) != PERSONAL) ++slot;
    }
}
