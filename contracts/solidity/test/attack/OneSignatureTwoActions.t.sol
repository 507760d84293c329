// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../../src/interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {IResaleMarket} from "../../src/interfaces/IResaleMarket.sol";
import {ContractWallet} from "../support/Accounts.sol";
import {MarketSystem} from "../support/MarketSystem.sol";
import {Relaying} from "../support/Relaying.sol";
import {System} from "../support/System.sol";

/// @dev One signature was good for an action and for its opposite, because the typed struct did not name the action.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/138
///  And a signature for one contract wallet was good for another one of the same owner.
///  https://github.com/bcnmy/scw-contracts/pull/162
contract OneSignatureTwoActionsTest is MarketSystem, Relaying {
    function setUp() public override(MarketSystem, System) {
        super.setUp();
    }

    // ------------------------------------------------------------------ registrations

    function test_a_co_creators_signature_is_none_for_a_claim_of_their_own() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("other"), between(alice, 1, bob));
        bytes[] memory bobs = new bytes[](1);
        bobs[0] = signedBy("alice", "bob", r)[1];
        r = registrationOf(bob, keccak256("other"), solely(bob));
        vm.expectRevert(errorOf(IDesignRegistry.DesignRegistry__BadSignature.selector, bob));
        vm.prank(operator);
        registry.register(r, bobs, 0, 0);
    }

    /// @dev Two holders with their parts swapped, or a larger part: what a co-creator signed is the whole table.
    function test_consent_to_one_share_table_is_none_to_another() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("other"), between(alice, 400_000, bob));
        bytes[] memory signatures = signedBy("alice", "bob", r);
        (r.shares[0].units, r.shares[1].units) = (600_000, 400_000);
        vm.expectRevert(errorOf(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
    }

    /// @dev Arrays of structs are hashed element by element: no other cut of the same bytes gives the same digest.
    function testFuzz_the_digest_tells_tables_apart(uint32 first, uint32 second) public view {
        first = uint32(bound(first, 0, 1e6));
        second = uint32(bound(second, 0, 1e6));
        vm.assume(first != second);
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("other"), between(alice, first, bob));
        IDesignRegistry.Registration memory other =
            registrationOf(alice, keccak256("other"), between(alice, second, bob));
        vm.assertNotEq(registry.digestOf(r), registry.digestOf(other));
    }

    // ------------------------------------------------------------------ purchases

    /// @dev Each of the two ways needs a signature of its own, and both together buy once.
    function test_an_intent_and_an_authorization_of_it_buy_once() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", intent);
        ILicenseMarket.Authorization memory authorization = authorize("buyer", intent);
        ILicenseMarket.Permit memory none;
        // The authorization is no signed intent.
        bytes memory ofTheToken = abi.encodePacked(authorization.r, authorization.s, authorization.v);
        vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
        market.buyWithPermit(intent, buyer, ofTheToken, NO_PROOF, none);
        // The signed intent is no authorization.
        ILicenseMarket.Authorization memory ofTheMarket = authorization;
        (ofTheMarket.r, ofTheMarket.s, ofTheMarket.v) = split(signature);
        vm.expectRevert(abi.encodeWithSignature("ERC3009InvalidSignature()"));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, ofTheMarket);

        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorize("buyer", intent));
        bytes32 digest = market.intentDigest(intent, buyer);
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, digest));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, none);
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, COMMERCIAL, 0)), 1);
    }

    /// @dev These wallets do not bind a signature to themselves, as many do not. The intent names the one that pays.
    function test_an_intent_for_one_wallet_does_not_charge_another_of_the_same_owner() public {
        ContractWallet[2] memory wallets = [new ContractWallet(buyer), new ContractWallet(buyer)];
        for (uint256 i = 0; i < 2; ++i) {
            dollar.mint(address(wallets[i]), 100e6);
            wallets[i].execute(address(dollar), abi.encodeCall(dollar.approve, (address(market), 100e6)));
        }
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", address(wallets[0]), intent);
        ILicenseMarket.Permit memory none;
        vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, address(wallets[1])));
        market.buyWithPermit(intent, address(wallets[1]), signature, NO_PROOF, none);
        vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, none);
        market.buyWithPermit(intent, address(wallets[0]), signature, NO_PROOF, none);
        vm.assertEq(dollar.balanceOf(address(wallets[0])), 60e6);
        vm.assertEq(dollar.balanceOf(address(wallets[1])), 100e6);
    }

    /// @dev What is canceled and what is executed is the same digest, so no signature is good for the opposite.
    function test_to_cancel_takes_no_signature_and_leaves_none_valid() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 5e6, 1);
        bytes memory signature = sign("alice", voucher);
        vm.prank(alice);
        market.cancelVoucher(voucher);
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, market.voucherDigest(voucher)));
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signature, buyer);
    }

    /// @dev An order over shares is none over licenses, nor for one of the two markets what it is for the other.
    function test_an_order_is_for_one_token() public {
        IResaleMarket.ResaleOrder memory order = orderOf(bob, address(shares), _id, 1, 1e6);
        bytes memory signature = sign("bob", order);
        order.token = address(licenses);
        vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, bob));
        vm.prank(buyer);
        resale.fill(order, signature, buyer, 1e6);
    }

    // ------------------------------------------------------------------ across contracts

    /// @dev What is signed for one contract and action does nothing at any other that takes signatures.
    function test_no_signature_is_good_elsewhere() public {
        bytes[] memory signatures = new bytes[](5);
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 5e6, 1);
        IResaleMarket.ResaleOrder memory order = orderOf(alice, address(shares), _id, 1, 1e6);
        IDesignShares.ClaimOrder memory claim = claimOf();
        signatures[0] = signIntent("alice", intent);
        signatures[1] = sign("alice", voucher);
        signatures[2] = sign("alice", order);
        signatures[3] = signatureOf(keyOf("alice"), shares.claimOrderDigest(claim));
        signatures[4] = signatureOf(keyOf("alice"), releaseDigest(alice, stranger, type(uint64).max));
        ILicenseMarket.Permit memory none;
        uint256[] memory ids = new uint256[](0);

        for (uint256 i = 0; i < signatures.length; ++i) {
            if (i != 0) {
                vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, alice));
                market.buyWithPermit(intent, alice, signatures[i], NO_PROOF, none);
            }
            if (i != 1) {
                vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, alice));
                market.buyWithVoucher(voucher, signatures[i], buyer);
            }
            if (i != 2) {
                vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, alice));
                resale.fill(order, signatures[i], buyer, order.price);
            }
            if (i != 3) {
                vm.expectRevert(errorOf(IDesignShares.DesignShares__BadSignature.selector, alice));
                shares.claimWithSig(claim, signatures[i]);
            }
            if (i != 4) {
                vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__BadSignature.selector, alice));
                vm.prank(operator);
                licenses.release(alice, stranger, type(uint64).max, signatures[i], ids);
            }
        }
        // Each is good where it belongs.
        vm.prank(operator);
        licenses.release(alice, stranger, type(uint64).max, signatures[4], ids);
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signatures[1], buyer);
        vm.prank(alice);
        shares.setApprovalForAll(address(resale), true);
        vm.prank(buyer);
        resale.fill(order, signatures[2], buyer, order.price);
        shares.claimWithSig(claim, signatures[3]);
    }

    function claimOf() private view returns (IDesignShares.ClaimOrder memory claim) {
        claim.holder = alice;
        claim.to = alice;
        claim.currency = address(dollar);
        claim.entryIds = new uint128[](1);
        claim.entryIds[0] = _id;
        claim.deadline = type(uint64).max;
    }

    function split(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }
}
