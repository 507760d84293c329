// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {System} from "../../support/System.sol";

contract MetadataTest is System {
    uint128 private constant ENTRY = 0x0123456789abcdef0123456789abcdef;
    uint256 private _id;

    function setUp() public override {
        super.setUp();
        _id = licenses.licenseIdOf(ENTRY, PERSONAL, 0);
    }

    function test_a_license_has_an_address_of_its_own_or_that_of_all() public {
        vm.assertEq(licenses.uri(_id), "ipfs://licenses/{id}");
        vm.startPrank(operator);
        vm.expectEmit(address(licenses));
        emit IERC1155.URI("ipfs://one", _id);
        licenses.setURI(_id, "ipfs://one", false);
        vm.assertEq(licenses.uri(_id), "ipfs://one");
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.BaseURIChanged("ipfs://new/{id}", false);
        licenses.setBaseURI("ipfs://new/{id}", false);
        vm.assertEq(licenses.uri(_id), "ipfs://one");
        vm.assertEq(licenses.uri(_id + 1), "ipfs://new/{id}");
        licenses.setURI(_id, "", false);
        vm.assertEq(licenses.uri(_id), "ipfs://new/{id}");
        vm.stopPrank();
    }

    function test_what_is_frozen_never_changes() public {
        vm.startPrank(operator);
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.MetadataFrozen(_id);
        licenses.setURI(_id, "ipfs://one", true);
        expectError(IDesignLicenses.DesignLicenses__MetadataIsFrozen.selector);
        licenses.setURI(_id, "ipfs://two", false);

        licenses.setBaseURI("ipfs://last/{id}", true);
        expectError(IDesignLicenses.DesignLicenses__MetadataIsFrozen.selector);
        licenses.setBaseURI("ipfs://later/{id}", false);
        expectError(IDesignLicenses.DesignLicenses__MetadataIsFrozen.selector);
        licenses.setURI(_id + 1, "ipfs://own", false);
        vm.stopPrank();
        vm.assertEq(licenses.uri(_id), "ipfs://one");
        vm.assertEq(licenses.uri(_id + 1), "ipfs://last/{id}");
    }

    /// @dev It was frozen in name only: it went on following the base.
    function test_a_license_frozen_without_an_address_of_its_own_keeps_that_of_all() public {
        vm.startPrank(operator);
        licenses.setURI(_id, "", true);
        licenses.setBaseURI("ipfs://new/{id}", false);
        vm.stopPrank();
        vm.assertEq(licenses.uri(_id), "ipfs://licenses/{id}");
    }

    function test_the_collection_has_an_address() public {
        vm.assertEq(licenses.contractURI(), "ipfs://collection");
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.ContractURIUpdated();
        vm.prank(operator);
        licenses.setContractURI("ipfs://newer");
        vm.assertEq(licenses.contractURI(), "ipfs://newer");
    }

    function test_nobody_but_the_operator_sets_addresses() public {
        vm.startPrank(stranger);
        expectUnauthorized(stranger);
        licenses.setURI(_id, "x", false);
        expectUnauthorized(stranger);
        licenses.setBaseURI("x", false);
        expectUnauthorized(stranger);
        licenses.setContractURI("x");
    }

    function test_the_royalty_goes_to_the_inbox_and_asking_never_fails() public view {
        uint256 id = licenses.licenseIdOf(ENTRY, COMMERCIAL, 0);
        (address receiver, uint256 amount) = licenses.royaltyInfo(id, 40e6);
        vm.assertEq(receiver, licenses.inboxOf(ENTRY));
        vm.assertEq(amount, 4e6);
        (, amount) = licenses.royaltyInfo(id, type(uint256).max);
        vm.assertEq(amount, type(uint256).max / 10);
        (, amount) = licenses.royaltyInfo(id, 19);
        vm.assertEq(amount, 1);
        (receiver, amount) = licenses.royaltyInfo(_id, 40e6); // its terms ask nothing
        vm.assertEq(receiver, address(0));
        vm.assertEq(amount, 0);
        (receiver, amount) = licenses.royaltyInfo(type(uint256).max, type(uint256).max);
        vm.assertEq(receiver, address(0));
        vm.assertEq(amount, 0);
    }

    function test_anyone_gives_an_inbox_its_code_and_again() public {
        address inbox = licenses.inboxOf(ENTRY);
        vm.assertEq(inbox.code.length, 0);
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.InboxCreated(ENTRY, inbox);
        vm.prank(stranger);
        vm.assertEq(licenses.createInbox(ENTRY), inbox);
        vm.assertTrue(inbox.code.length != 0);
        vm.recordLogs();
        vm.assertEq(licenses.createInbox(ENTRY), inbox);
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_it_says_which_interfaces_it_has() public view {
        vm.assertTrue(licenses.supportsInterface(type(IERC1155).interfaceId));
        vm.assertTrue(licenses.supportsInterface(type(IERC1155MetadataURI).interfaceId));
        vm.assertTrue(licenses.supportsInterface(type(IERC2981).interfaceId));
        vm.assertTrue(licenses.supportsInterface(type(IERC165).interfaceId));
        vm.assertFalse(licenses.supportsInterface(0xffffffff));
    }
}
