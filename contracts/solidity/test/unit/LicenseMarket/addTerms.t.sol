// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {System} from "../../support/System.sol";

contract AddTermsTest is System {
    bytes32 private constant TERMS = keccak256("new terms");

    function test_the_operator_makes_terms_known() public {
        vm.expectEmit(address(market));
        emit ILicenseMarket.TermsAdded(TERMS, "ipfs://new");
        vm.prank(operator);
        market.addTerms(TERMS, "ipfs://new");
        vm.assertTrue(market.isKnownTerms(TERMS));
    }

    function test_only_the_operator_adds_them() public {
        expectUnauthorized(alice);
        vm.prank(alice);
        market.addTerms(TERMS, "ipfs://new");
        vm.assertFalse(market.isKnownTerms(TERMS));
    }

    function test_known_and_empty_terms_are_refused() public {
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__TermsKnown.selector, PERSONAL));
        market.addTerms(PERSONAL, "ipfs://other text");
        expectError(ILicenseMarket.LicenseMarket__EmptyTerms.selector);
        market.addTerms(0, "");
        vm.stopPrank();
    }
}
