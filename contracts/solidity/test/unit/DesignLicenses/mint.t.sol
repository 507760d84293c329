// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {System} from "../../support/System.sol";

contract MintTest is System {
    uint128 private constant ENTRY = 0x0123456789abcdef0123456789abcdef;
    uint256 private _id;

    function setUp() public override {
        super.setUp();
        _id = licenses.licenseIdOf(ENTRY, PERSONAL, 0);
        licenses.setMinter(address(this), true);
    }

    function test_the_id_holds_entry_terms_and_serial() public view {
        uint256 id = licenses.licenseIdOf(ENTRY, PERSONAL, 9);
        vm.assertEq(id >> 128, ENTRY);
        vm.assertEq((id >> 32) & type(uint96).max, uint256(PERSONAL) >> 160);
        vm.assertEq(id & type(uint32).max, 9);
    }

    function test_a_minter_mints_and_the_full_terms_are_known_from_then_on() public {
        vm.assertEq(licenses.termsOf(_id), bytes32(0));
        vm.expectEmit(address(licenses));
        emit IERC1155.TransferSingle(address(this), address(0), buyer, _id, 2);
        licenses.mint(buyer, _id, PERSONAL, 2);
        vm.assertEq(licenses.balanceOf(buyer, _id), 2);
        vm.assertEq(licenses.termsOf(_id), PERSONAL);
    }

    function test_only_an_allowed_minter_mints() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotMinter.selector, operator));
        vm.prank(operator);
        licenses.mint(buyer, _id, PERSONAL, 1);
        licenses.setMinter(address(this), false);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotMinter.selector, this));
        licenses.mint(buyer, _id, PERSONAL, 1);
        vm.assertEq(licenses.balanceOf(buyer, _id), 0);
    }

    function test_other_terms_with_the_same_prefix_are_refused() public {
        licenses.mint(buyer, _id, PERSONAL, 1);
        bytes32 forged = bytes32(uint256(PERSONAL) ^ 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TermsCollision.selector, PERSONAL, forged)
        );
        licenses.mint(buyer, _id, forged, 1);
        vm.assertEq(licenses.balanceOf(buyer, _id), 1);
        vm.assertEq(licenses.termsOf(_id), PERSONAL);
    }

    function test_terms_that_the_id_does_not_carry_are_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TermsMismatch.selector, _id, COMMERCIAL));
        licenses.mint(buyer, _id, COMMERCIAL, 1);
        uint256 empty = uint256(ENTRY) << 128;
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__TermsMismatch.selector, empty, 0));
        licenses.mint(buyer, empty, 0, 1);
    }

    function test_a_license_of_nothing_is_refused() public {
        expectError(IDesignLicenses.DesignLicenses__NoQuantity.selector);
        licenses.mint(buyer, _id, PERSONAL, 0);
    }

    function test_minters_are_set_by_the_administrator_alone() public {
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.MinterChanged(bob, true);
        licenses.setMinter(bob, true);
        vm.assertTrue(licenses.isMinter(bob));
        expectUnauthorized(operator);
        vm.prank(operator);
        licenses.setMinter(operator, true);
        vm.assertFalse(licenses.isMinter(operator));
    }

    function test_it_says_which_interfaces_it_has() public view {
        vm.assertTrue(licenses.supportsInterface(type(IERC1155).interfaceId));
        vm.assertTrue(licenses.supportsInterface(type(IERC1155MetadataURI).interfaceId));
        vm.assertTrue(licenses.supportsInterface(type(IERC165).interfaceId));
        vm.assertFalse(licenses.supportsInterface(0xffffffff));
    }
}
