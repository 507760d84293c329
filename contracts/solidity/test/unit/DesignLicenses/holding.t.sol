// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {ContractWallet} from "../../support/Accounts.sol";
import {System} from "../../support/System.sol";

/// @dev Passing licenses on, losing them, and taking them out of custody.
contract HoldingTest is System {
    uint128 private constant ENTRY = 0x0123456789abcdef0123456789abcdef;
    bytes32 private constant REASON = keccak256("decision");
    bytes32 private _revocable; // perpetual and transferable
    uint256 private _personal;
    uint256 private _monthly;

    function setUp() public override {
        super.setUp();
        licenses.setMinter(address(this), true);
        IDesignLicenses.TermsFacts memory facts;
        facts.transferable = true;
        facts.revocable = true;
        _revocable = addTerms("revocable", facts);
        _personal = licenses.mint(buyer, ENTRY, PERSONAL, 5);
        IDesignLicenses.Issue memory issue;
        _monthly = licenses.issue(buyer, ENTRY, MONTHLY, issue);
    }

    // ------------------------------------------------------------------ transfers

    function test_terms_say_whether_a_license_passes_on() public {
        vm.startPrank(buyer);
        licenses.safeTransferFrom(buyer, bob, _personal, 2, "");
        vm.assertEq(licenses.balanceOf(bob, _personal), 2);
        bytes memory reason = abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotTransferable.selector, _monthly);
        vm.expectRevert(reason);
        licenses.safeTransferFrom(buyer, bob, _monthly, 1, "");
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        (ids[0], values[0], ids[1], values[1]) = (_personal, 1, _monthly, 1);
        vm.expectRevert(reason);
        licenses.safeBatchTransferFrom(buyer, bob, ids, values, "");
    }

    // ------------------------------------------------------------------ revoking

    function test_a_moderator_ends_what_terms_let_end() public {
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.LicenseRevoked(_monthly, buyer, REASON);
        vm.prank(moderator);
        licenses.revoke(_monthly, buyer, REASON);
        vm.assertTrue(licenses.isRevoked(_monthly, buyer));
        vm.assertFalse(licenses.isActive(_monthly, buyer));
        vm.assertEq(licenses.userExpires(_monthly, buyer), 0);
        vm.assertEq(licenses.balanceOf(buyer, _monthly), 1);

        bytes memory reason = abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotHeld.selector, _monthly, buyer);
        vm.expectRevert(reason);
        vm.prank(moderator);
        licenses.revoke(_monthly, buyer, REASON);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotHeld.selector, _monthly, bob));
        vm.prank(moderator);
        licenses.revoke(_monthly, bob, REASON);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotRevocable.selector, _personal));
        vm.prank(moderator);
        licenses.revoke(_personal, buyer, REASON);
        expectUnauthorized(operator);
        vm.prank(operator);
        licenses.revoke(_monthly, buyer, REASON);
    }

    function test_what_is_revoked_stays_and_what_is_bought_later_is_valid() public {
        uint256 id = licenses.mint(buyer, ENTRY, _revocable, 2);
        vm.prank(moderator);
        licenses.revoke(id, buyer, REASON);
        bytes memory reason = abi.encodeWithSelector(IDesignLicenses.DesignLicenses__NotTransferable.selector, id);
        vm.prank(buyer);
        vm.expectRevert(reason);
        licenses.safeTransferFrom(buyer, bob, id, 1, "");

        licenses.mint(buyer, ENTRY, _revocable, 1);
        vm.assertTrue(licenses.isActive(id, buyer));
        vm.startPrank(buyer);
        vm.expectRevert(reason);
        licenses.safeTransferFrom(buyer, bob, id, 2, "");
        licenses.safeTransferFrom(buyer, buyer, id, 3, ""); // nothing moves
        licenses.safeTransferFrom(buyer, bob, id, 1, "");
        vm.stopPrank();
        vm.assertTrue(licenses.isRevoked(id, buyer));
        vm.assertTrue(licenses.isActive(id, bob));
        // In parts of one batch neither.
        licenses.mint(buyer, ENTRY, _revocable, 1);
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        (ids[0], values[0], ids[1], values[1]) = (id, 1, id, 1);
        vm.expectRevert(reason);
        vm.prank(buyer);
        licenses.safeBatchTransferFrom(buyer, bob, ids, values, "");
    }

    // ------------------------------------------------------------------ out of custody

    function test_a_holder_releases_everything_to_one_wallet() public {
        uint64 deadline = uint64(block.timestamp + 1);
        bytes memory signature = releaseOf("buyer", bob, deadline);
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.CustodyReleased(buyer, bob);
        vm.prank(operator);
        licenses.release(buyer, bob, deadline, signature, both());
        vm.assertEq(licenses.releasedTo(buyer), bob);
        vm.assertEq(licenses.balanceOf(bob, _personal), 5);
        vm.assertEq(licenses.balanceOf(bob, _monthly), 1);
        vm.assertEq(licenses.balanceOf(buyer, _personal), 0);

        // What comes later goes there too, without another signature, and never elsewhere.
        vm.warp(deadline + 1);
        licenses.mint(buyer, ENTRY, PERSONAL, 1);
        vm.prank(operator);
        licenses.release(buyer, bob, 0, "", one(_personal));
        vm.assertEq(licenses.balanceOf(bob, _personal), 6);
        signature = releaseOf("buyer", carol, deadline + 9);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__ReleasedElsewhere.selector, bob));
        vm.prank(operator);
        licenses.release(buyer, carol, deadline + 9, signature, one(_personal));
    }

    function test_what_is_revoked_is_not_released() public {
        uint256 id = licenses.mint(buyer, ENTRY, _revocable, 2);
        vm.startPrank(moderator);
        licenses.revoke(id, buyer, REASON);
        licenses.revoke(_monthly, buyer, REASON);
        vm.stopPrank();
        licenses.mint(buyer, ENTRY, _revocable, 3);
        bytes memory signature = releaseOf("buyer", bob, type(uint64).max);
        vm.startPrank(operator);
        licenses.release(buyer, bob, type(uint64).max, signature, one(id));
        licenses.release(buyer, bob, 0, "", both());
        vm.stopPrank();
        vm.assertEq(licenses.balanceOf(bob, id), 3);
        vm.assertTrue(licenses.isActive(id, bob));
        vm.assertEq(licenses.balanceOf(bob, _monthly), 0);
        vm.assertTrue(licenses.isRevoked(_monthly, buyer));
    }

    function test_a_contract_wallet_releases_and_receives() public {
        ContractWallet from = new ContractWallet(alice);
        ContractWallet to = new ContractWallet(bob);
        licenses.mint(address(from), ENTRY, PERSONAL, 1);
        bytes memory signature =
            signatureOf(keyOf("alice"), releaseDigest(address(from), address(to), type(uint64).max));
        vm.prank(operator);
        licenses.release(address(from), address(to), type(uint64).max, signature, one(_personal));
        vm.assertEq(licenses.balanceOf(address(to), _personal), 1);
    }

    function test_what_is_no_release() public {
        uint64 deadline = uint64(block.timestamp);
        bytes memory signature = releaseOf("buyer", bob, deadline);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__BadSignature.selector, buyer));
        licenses.release(buyer, carol, deadline, signature, both());
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__BadSignature.selector, buyer));
        licenses.release(buyer, bob, deadline + 1, signature, both());
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        licenses.release(buyer, address(0), deadline, signature, both());
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, buyer));
        licenses.release(buyer, buyer, deadline, signature, both());
        // A contract that takes no tokens.
        address market_ = address(market);
        bytes memory toMarket = releaseOf("buyer", market_, deadline);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, market_));
        licenses.release(buyer, market_, deadline, toMarket, both());
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IDesignLicenses.DesignLicenses__Expired.selector, deadline));
        licenses.release(buyer, bob, deadline, signature, both());
        vm.stopPrank();
        expectUnauthorized(stranger);
        vm.prank(stranger);
        licenses.release(buyer, bob, deadline, signature, both());
        vm.assertEq(licenses.releasedTo(buyer), address(0));
    }

    // ------------------------------------------------------------------ deriving

    function test_who_may_derive_and_for_how_much() public {
        uint256 id = licenses.mint(buyer, ENTRY, REMIX, 1);
        (bool permitted, uint32 ppm, bool binding) = licenses.derivativeTermsOf(id, buyer);
        vm.assertTrue(permitted && binding);
        vm.assertEq(ppm, 100_000);
        (permitted, ppm, binding) = licenses.derivativeTermsOf(id, bob);
        vm.assertFalse(permitted || binding || ppm != 0);
        (permitted,,) = licenses.derivativeTermsOf(_personal, buyer);
        vm.assertFalse(permitted);
        (permitted,,) = licenses.derivativeTermsOf(type(uint256).max, buyer);
        vm.assertFalse(permitted);
    }

    function releaseOf(string memory from, address to, uint64 deadline) private view returns (bytes memory) {
        return signatureOf(keyOf(from), releaseDigest(account(from), to, deadline));
    }

    function one(uint256 id) private pure returns (uint256[] memory ids) {
        ids = new uint256[](1);
        ids[0] = id;
    }

    function both() private view returns (uint256[] memory ids) {
        ids = new uint256[](2);
        (ids[0], ids[1]) = (_personal, _monthly);
    }
}
