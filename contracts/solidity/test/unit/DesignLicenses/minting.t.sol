// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {System} from "../../support/System.sol";

/// @dev What only a minter does; here this test is one.
contract MintingTest is System {
    uint128 private constant ENTRY = 0x0123456789abcdef0123456789abcdef;
    uint256 private _perpetual;

    function setUp() public override {
        super.setUp();
        _perpetual = licenses.licenseIdOf(ENTRY, PERSONAL, 0);
        licenses.setMinter(address(this), true);
    }

    function issueOf(uint32 version) private pure returns (IDesignLicenses.Issue memory) {
        return IDesignLicenses.Issue(0, 0, 2e6, 1, version);
    }

    function test_the_id_holds_entry_terms_and_serial() public view {
        uint256 id = licenses.licenseIdOf(ENTRY, PERSONAL, 9);
        vm.assertEq(id >> 128, ENTRY);
        vm.assertEq((id >> 32) & type(uint96).max, uint256(PERSONAL) >> 160);
        vm.assertEq(id & type(uint32).max, 9);
    }

    // ------------------------------------------------------------------ perpetual

    function test_perpetual_licenses_are_one_fungible_token() public {
        vm.expectEmit(address(licenses));
        emit IERC1155.TransferSingle(address(this), address(0), buyer, _perpetual, 2);
        vm.assertEq(licenses.mint(buyer, ENTRY, PERSONAL, 2), _perpetual);
        licenses.mint(buyer, ENTRY, PERSONAL, 1);
        vm.assertEq(licenses.balanceOf(buyer, _perpetual), 3);
        vm.assertTrue(licenses.isActive(_perpetual, buyer));
        vm.assertEq(licenses.expiresAt(_perpetual), 0);
        vm.assertEq(licenses.userExpires(_perpetual, buyer), type(uint64).max);
        vm.assertEq(licenses.userExpires(_perpetual, bob), 0);
    }

    function test_what_cannot_be_minted() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, bytes32("x")));
        licenses.mint(buyer, ENTRY, "x", 1);
        // The same first 96 bits are not enough.
        bytes32 forged = bytes32(uint256(PERSONAL) ^ 1);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, forged));
        licenses.mint(buyer, ENTRY, forged, 1);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__WrongForm.selector, MONTHLY));
        licenses.mint(buyer, ENTRY, MONTHLY, 1);
        expectError(IDesignLicenses.DesignLicenses__NoQuantity.selector);
        licenses.mint(buyer, ENTRY, PERSONAL, 0);
    }

    // ------------------------------------------------------------------ with a serial

    function test_each_license_that_expires_has_a_serial() public {
        uint256 first = licenses.licenseIdOf(ENTRY, MONTHLY, 1);
        IDesignLicenses.Issue memory given = issueOf(3);
        // Not the minter says when it ends and what was reported.
        (given.expiresAt, given.unitsReported) = (1, 5);
        IDesignLicenses.Issue memory kept = issueOf(3);
        kept.expiresAt = uint40(block.timestamp + 30 days);
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.LicenseIssued(first, kept);
        vm.assertEq(licenses.issue(buyer, ENTRY, MONTHLY, given), first);
        vm.assertEq(licenses.issue(buyer, ENTRY, MONTHLY, given), first + 1);
        vm.assertEq(licenses.balanceOf(buyer, first), 1);
        vm.assertEq(abi.encode(licenses.issueOf(first)), abi.encode(kept));
        vm.assertEq(licenses.expiresAt(first), kept.expiresAt);
        vm.assertEq(licenses.userExpires(first, buyer), kept.expiresAt);

        vm.warp(kept.expiresAt - 1);
        vm.assertTrue(licenses.isActive(first, buyer));
        vm.warp(kept.expiresAt);
        vm.assertFalse(licenses.isActive(first, buyer));
        vm.assertEq(licenses.userExpires(first, buyer), 0);
    }

    function test_serials_of_entries_and_terms_are_apart() public {
        licenses.issue(buyer, ENTRY, MONTHLY, issueOf(1));
        uint256 printing = licenses.issue(buyer, ENTRY, PRINTING, issueOf(1));
        vm.assertEq(printing, licenses.licenseIdOf(ENTRY, PRINTING, 1));
        vm.assertEq(licenses.expiresAt(printing), 0);
        vm.assertEq(licenses.issue(buyer, ENTRY + 1, MONTHLY, issueOf(1)), licenses.licenseIdOf(ENTRY + 1, MONTHLY, 1));
    }

    function test_what_cannot_be_issued() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, bytes32("x")));
        licenses.issue(buyer, ENTRY, "x", issueOf(1));
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__WrongForm.selector, PERSONAL));
        licenses.issue(buyer, ENTRY, PERSONAL, issueOf(1));
    }

    function test_an_entry_has_one_exclusive_license() public {
        vm.assertEq(licenses.exclusiveOf(ENTRY), 0);
        uint256 id = licenses.issue(buyer, ENTRY, EXCLUSIVE, issueOf(1));
        vm.assertEq(licenses.exclusiveOf(ENTRY), id);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__EntryIsClosed.selector, ENTRY));
        licenses.issue(buyer, ENTRY, EXCLUSIVE, issueOf(1));
        licenses.issue(buyer, ENTRY + 1, EXCLUSIVE, issueOf(1));
    }

    // ------------------------------------------------------------------ later

    function test_an_expiry_only_moves_later() public {
        uint256 id = licenses.issue(buyer, ENTRY, MONTHLY, issueOf(1));
        uint40 end = uint40(licenses.expiresAt(id));
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__WouldShorten.selector, end, end));
        licenses.extend(id, end);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__WouldShorten.selector, end, 0));
        licenses.extend(id, 0);
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.SubscriptionUpdate(id, end + 1);
        licenses.extend(id, end + 1);
        vm.assertEq(licenses.expiresAt(id), end + 1);
        // What never ends has no later end.
        id = licenses.issue(buyer, ENTRY, PRINTING, issueOf(1));
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__WouldShorten.selector, 0, end));
        licenses.extend(id, end);
    }

    function test_pieces_are_counted_up_to_the_terms_number() public {
        uint256 id = licenses.issue(buyer, ENTRY, PRINTING, issueOf(1));
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.UnitsReported(id, 400, 400);
        licenses.reportUnits(id, 400);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TooManyUnits.selector, 600));
        licenses.reportUnits(id, 601);
        licenses.reportUnits(id, 600);
        vm.assertEq(licenses.issueOf(id).unitsReported, 1000);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TooManyUnits.selector, 0));
        licenses.reportUnits(id, 1);
        expectError(IDesignLicenses.DesignLicenses__NoQuantity.selector);
        licenses.reportUnits(id, 0);
        // Not metered at all.
        id = licenses.issue(buyer, ENTRY, MONTHLY, issueOf(1));
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TooManyUnits.selector, 0));
        licenses.reportUnits(id, 1);
    }

    function test_pieces_without_a_limit_never_run_out() public {
        IDesignLicenses.TermsFacts memory facts;
        facts.units = type(uint32).max;
        bytes32 terms = addTerms("unlimited printing", facts);
        uint256 id = licenses.issue(buyer, ENTRY, terms, issueOf(1));
        uint32 most = type(uint32).max - 1;
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TooManyUnits.selector, most));
        licenses.reportUnits(id, most + 1);
        licenses.reportUnits(id, most);
    }

    function test_what_was_never_issued_is_unknown() public {
        uint256[3] memory ids = [_perpetual, licenses.licenseIdOf(ENTRY, MONTHLY, 1), type(uint256).max];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory reason =
                abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownLicense.selector, ids[i]);
            vm.expectRevert(reason);
            licenses.issueOf(ids[i]);
            vm.expectRevert(reason);
            licenses.extend(ids[i], type(uint40).max);
            vm.expectRevert(reason);
            licenses.reportUnits(ids[i], 1);
        }
    }

    // ------------------------------------------------------------------ minters

    function test_only_a_minter_does_any_of_this() public {
        licenses.setMinter(address(this), false);
        bytes memory reason = abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotMinter.selector, this);
        vm.expectRevert(reason);
        licenses.mint(buyer, ENTRY, PERSONAL, 1);
        vm.expectRevert(reason);
        licenses.issue(buyer, ENTRY, MONTHLY, issueOf(1));
        vm.expectRevert(reason);
        licenses.extend(1, 1);
        vm.expectRevert(reason);
        licenses.reportUnits(1, 1);
    }

    function test_minters_are_set_by_the_administrator_alone() public {
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.MinterChanged(bob, true);
        licenses.setMinter(bob, true);
        vm.assertTrue(licenses.isMinter(bob));
        expectUnauthorized(operator);
        vm.prank(operator);
        licenses.setMinter(operator, true);
    }
}
