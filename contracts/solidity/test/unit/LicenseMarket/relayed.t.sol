// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {ContractWallet} from "../../support/Accounts.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";
import {Relaying} from "../../support/Relaying.sol";
import {System} from "../../support/System.sol";

/// @dev Purchases and changes that somebody else brings, who can do nothing but that.
contract RelayedTest is MarketSystem, Relaying {
    function setUp() public override(MarketSystem, System) {
        super.setUp();
        vm.prank(buyer);
        dollar.approve(address(market), 0);
    }

    // ------------------------------------------------------------------ by permit

    function test_a_permit_and_an_intent_buy_without_an_allowance_before() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 2);
        bytes memory signature = signIntent("buyer", intent);
        ILicenseMarket.Permit memory permit = permitOf("buyer", 80e6);
        bytes32 key = market.intentDigest(intent, buyer);
        vm.expectEmit(address(market));
        emit IMarket.Voided(key, stranger);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(
            _id, licenses.licenseIdOf(_id, COMMERCIAL, 0), buyer, buyer, COMMERCIAL, address(dollar), 40e6, 2, 1, 0, 0
        );
        vm.prank(stranger);
        uint256 licenseId = market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 2);
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS - 80e6);
        vm.assertTrue(market.isVoid(key));
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, key));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
    }

    function test_an_allowance_does_where_the_permit_is_none() public {
        vm.prank(buyer);
        dollar.approve(address(market), 40e6);
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        ILicenseMarket.Permit memory none;
        market.buyWithPermit(intent, buyer, signIntent("buyer", intent), NO_PROOF, none);
        intent.maxPrice += 1;
        bytes memory signature = signIntent("buyer", intent);
        vm.expectRevert(
            abi.encodeWithSignature("ERC20InsufficientAllowance(address,uint256,uint256)", market, 0, uint256(40e6))
        );
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, none);
    }

    function test_a_contract_wallet_signs_intents() public {
        ContractWallet wallet = new ContractWallet(buyer);
        dollar.mint(address(wallet), 40e6);
        wallet.execute(address(dollar), abi.encodeCall(dollar.approve, (address(market), 40e6)));
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        intent.to = address(wallet);
        bytes memory signature = signIntent("buyer", address(wallet), intent);
        ILicenseMarket.Permit memory none;
        uint256 licenseId = market.buyWithPermit(intent, address(wallet), signature, NO_PROOF, none);
        vm.assertEq(licenses.balanceOf(address(wallet), licenseId), 1);
    }

    function test_what_is_not_signed_is_not_bought() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("bob", buyer, intent);
        ILicenseMarket.Permit memory permit = permitOf("buyer", 40e6);
        vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        signature = signIntent("buyer", intent);
        intent.to = stranger;
        vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        intent = nativeIntent(1);
        signature = signIntent("buyer", intent);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotRelayable.selector, NATIVE));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        intent = intentOf(_id, COMMERCIAL, 1);
        signature = signIntent("buyer", intent);
        vm.warp(intent.deadline + 1);
        vm.expectRevert(errorOf(IMarket.Market__Expired.selector, intent.deadline));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
    }

    function test_a_payer_cancels_an_intent_and_nobody_else() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", intent);
        ILicenseMarket.Permit memory permit = permitOf("buyer", 80e6);
        vm.prank(stranger);
        market.cancelIntent(intent); // their own, of which nobody has heard
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        intent.deadline += 1;
        signature = signIntent("buyer", intent);
        vm.prank(buyer);
        market.cancelIntent(intent);
        bytes32 key = market.intentDigest(intent, buyer);
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, key));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        ILicenseMarket.Authorization memory authorization = authorize("buyer", intent);
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, key));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
    }

    // ------------------------------------------------------------------ by authorization

    function test_one_signature_buys_and_what_is_too_much_comes_back() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 3); // at most 40 each; it costs 5
        ILicenseMarket.Authorization memory authorization = authorize("buyer", intent);
        vm.prank(stranger);
        uint256 licenseId = market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 3);
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS - 15e6);
        vm.assertEq(dollar.balanceOf(address(shares)), 15e6);
        vm.assertEq(dollar.balanceOf(address(market)), 0);
        bytes32 key = market.intentDigest(intent, buyer);
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, key));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
    }

    function test_at_exactly_the_maximum_nothing_comes_back() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 2);
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorize("buyer", intent));
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS - 80e6);
        vm.assertEq(dollar.balanceOf(address(market)), 0);
    }

    function test_an_authorization_is_for_one_intent() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        ILicenseMarket.Authorization memory authorization = authorize("buyer", intent);
        intent.to = stranger;
        vm.expectRevert(abi.encodeWithSignature("ERC3009InvalidSignature()"));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
        intent = nativeIntent(1);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotRelayable.selector, NATIVE));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
        // Nor is there money left here if the purchase fails.
        intent = intentOf(_id, PERSONAL, 1);
        intent.maxPrice = 5e6 - 1;
        authorization = authorize("buyer", intent);
        vm.expectRevert(errorOf(IMarket.Market__PriceAboveMaximum.selector, uint256(5e6), uint256(5e6 - 1)));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS);
    }

    function test_an_intent_is_bought_once_whichever_way() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", intent);
        ILicenseMarket.Authorization memory authorization = authorize("buyer", intent);
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permitOf("buyer", 80e6));
        bytes32 key = market.intentDigest(intent, buyer);
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, key));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
    }

    function test_a_pause_stops_both() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        bytes memory signature = signIntent("buyer", intent);
        ILicenseMarket.Authorization memory authorization = authorize("buyer", intent);
        ILicenseMarket.Permit memory permit = permitOf("buyer", 40e6);
        vm.prank(guardian);
        market.pause();
        vm.expectRevert(abi.encodeWithSignature("EnforcedPause()"));
        market.buyWithPermit(intent, buyer, signature, NO_PROOF, permit);
        vm.expectRevert(abi.encodeWithSignature("EnforcedPause()"));
        market.buyWithAuthorization(intent, buyer, NO_PROOF, authorization);
    }

    // ------------------------------------------------------------------ by the forwarder

    function test_a_controller_changes_an_offer_without_gas() public {
        ERC2771Forwarder.ForwardRequestData memory request = requestOf(
            "alice",
            address(market),
            0,
            abi.encodeCall(market.openOffer, (_id, PERSONAL, address(dollar), priceOf(9e6)))
        );
        vm.prank(stranger);
        forwarder.execute(request);
        (ILicenseMarket.OfferTerms memory offer,,) = market.offer(_id, PERSONAL, address(dollar));
        vm.assertEq(offer.price, 9e6);
        request.signature = "";
        vm.expectRevert();
        forwarder.execute(request);
    }

    function test_nobody_else_passes_for_the_controller() public {
        bytes memory call = abi.encodeCall(market.closeOffer, (_id, PERSONAL, address(dollar)));
        // Not the forwarder: the address at the end of the call counts for nothing.
        vm.prank(stranger);
        (bool succeeded, bytes memory reason) = address(market).call(abi.encodePacked(call, alice));
        vm.assertFalse(succeeded);
        vm.assertEq(reason, errorOf(ILicenseMarket.LicenseMarket__NotController.selector, stranger));
    }

    function test_a_buyer_pays_through_the_forwarder_themselves() public {
        open(PERSONAL, NATIVE, priceOf(1 ether));
        ERC2771Forwarder.ForwardRequestData memory request =
            requestOf("buyer", address(market), 1 ether, abi.encodeCall(market.buy, (nativeIntent(1), NO_PROOF)));
        vm.deal(stranger, 1 ether);
        vm.prank(stranger);
        forwarder.execute{value: 1 ether}(request);
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, PERSONAL, 0)), 1);
    }

    function test_the_operator_and_the_guardian_act_through_it_by_their_roles() public {
        forwarder.execute(
            requestOf(
                "operator",
                address(market),
                0,
                abi.encodeCall(market.buyFor, (intentOf(_id, PERSONAL, 1), NO_PROOF, "r"))
            )
        );
        vm.assertTrue(shares.refUsed("r"));
        forwarder.execute(requestOf("guardian", address(market), 0, abi.encodeCall(market.pause, ())));
        vm.assertTrue(market.paused());
    }
}
