// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";

contract OffersTest is MarketSystem {
    function test_first_offers_open_with_the_entry() public view {
        (ILicenseMarket.OfferTerms memory offer, uint32 sold, bool isOpen) =
            market.offer(_id, COMMERCIAL, address(dollar));
        vm.assertTrue(isOpen);
        vm.assertEq(offer.price, 40e6);
        vm.assertEq(offer.supply, 3);
        vm.assertEq(sold, 0);
        (bool closed, uint32 version) = market.entryState(_id);
        vm.assertFalse(closed);
        vm.assertEq(version, 1);
    }

    function test_first_offers_are_checked_as_all_are() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, "second", solely(alice));
        r.offers = twoOffers();
        r.offers[1] = IDesignRegistry.FirstOffer(PERSONAL, address(dollar), 6e6, 1);
        uint128 id = registry.entryIdOf(alice, "second");
        failsToRegister(r, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__OfferExists.selector, id, PERSONAL));
        r.offers[1].terms = "unknown";
        failsToRegister(
            r, abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, bytes32("unknown"))
        );
        r.offers[1] = IDesignRegistry.FirstOffer(COMMERCIAL, address(dollar), 0, 0);
        failsToRegister(r, errorOf(IMarket.Market__BadPrice.selector, 0));
        r.offers[1].price = uint128(1) << 96;
        failsToRegister(r, errorOf(IMarket.Market__BadPrice.selector, 1 << 96));
        r.offers[1] = IDesignRegistry.FirstOffer(COMMERCIAL, address(1), 1, 0);
        failsToRegister(r, errorOf(IDesignShares.DesignShares__UnknownCurrency.selector, address(1)));
        // Of a metered license it would have to state the price of a piece.
        r.offers[1] = IDesignRegistry.FirstOffer(PRINTING, address(dollar), 1e6, 0);
        failsToRegister(r, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__BadOffer.selector));
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotRegistry.selector, operator));
        vm.prank(operator);
        market.openFirstOffers(_id, r.offers);
    }

    function test_a_controller_opens_changes_and_closes_an_offer() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(7e6);
        offer.supply = 9;
        offer.startsAt = uint40(block.timestamp);
        offer.endsAt = uint40(block.timestamp + 1 days);
        offer.walletCap = 5;
        offer.allowRoot = keccak256(bytes.concat(keccak256(abi.encode(buyer))));
        offer.gate = ILicenseMarket.Gate(ILicenseMarket.GateKind.Balance, address(dollar), 0, 1e6);
        vm.expectEmit(address(market));
        emit ILicenseMarket.OfferOpened(_id, PERSONAL, address(dollar), offer);
        open(PERSONAL, offer);
        (ILicenseMarket.OfferTerms memory told, uint32 sold, bool isOpen) = market.offer(_id, PERSONAL, address(dollar));
        vm.assertEq(abi.encode(told), abi.encode(offer));
        vm.assertTrue(isOpen);
        vm.prank(buyer);
        market.buy(intentOf(_id, PERSONAL, 2), NO_PROOF);
        vm.assertEq(market.boughtBy(_id, PERSONAL, address(dollar), buyer), 2);

        // Everything that is taken away is gone, and what was sold still counts.
        open(PERSONAL, priceOf(8e6));
        (told, sold, isOpen) = market.offer(_id, PERSONAL, address(dollar));
        vm.assertEq(abi.encode(told), abi.encode(priceOf(8e6)));
        vm.assertEq(sold, 2);
        vm.warp(offer.endsAt + 1);
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 10);
        intent.to = carol;
        vm.prank(buyer);
        market.buy(intent, NO_PROOF);

        vm.expectEmit(address(market));
        emit ILicenseMarket.OfferClosed(_id, PERSONAL, address(dollar));
        vm.prank(alice);
        market.closeOffer(_id, PERSONAL, address(dollar));
        (told, sold, isOpen) = market.offer(_id, PERSONAL, address(dollar));
        vm.assertFalse(isOpen);
        vm.assertEq(told.price, 0);
        vm.assertEq(sold, 12);
        bytes memory none = abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id, PERSONAL);
        buyFails(intentOf(_id, PERSONAL, 1), none);
        vm.expectRevert(none);
        vm.prank(alice);
        market.closeOffer(_id, PERSONAL, address(dollar));
    }

    function test_only_the_controller_manages_offers_and_control_moves_on() public {
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotController.selector, bob));
        vm.prank(bob);
        market.openOffer(_id, PERSONAL, address(dollar), priceOf(1));
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotController.selector, bob));
        vm.prank(bob);
        market.closeOffer(_id, PERSONAL, address(dollar));
        vm.prank(alice);
        registry.transferControl(_id, bob);
        vm.prank(bob);
        market.openOffer(_id, PERSONAL, address(dollar), priceOf(1));
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotController.selector, alice));
        open(PERSONAL, priceOf(2));
    }

    function test_what_is_no_offer() public {
        bytes memory bad = abi.encodePacked(ILicenseMarket.LicenseMarket__BadOffer.selector);
        refuseOffer(PERSONAL, priceOf(0), errorOf(IMarket.Market__BadPrice.selector, 0));
        refuseOffer(PERSONAL, priceOf(1 << 96), errorOf(IMarket.Market__BadPrice.selector, 1 << 96));
        refuseOffer(
            "x", priceOf(1), abi.encodeWithSelector(IDesignLicenses.DesignLicenses__UnknownTerms.selector, bytes32("x"))
        );
        ILicenseMarket.OfferTerms memory offer = priceOf(1);
        offer.unitPrice = 1; // not metered
        refuseOffer(PERSONAL, offer, bad);
        offer = priceOf(1);
        offer.endsAt = uint40(block.timestamp);
        refuseOffer(PERSONAL, offer, bad);
        (offer.startsAt, offer.endsAt) = (uint40(block.timestamp + 9), uint40(block.timestamp + 9));
        refuseOffer(PERSONAL, offer, bad);
        offer = priceOf(1);
        offer.gate = ILicenseMarket.Gate(ILicenseMarket.GateKind.Balance, stranger, 0, 1);
        refuseOffer(PERSONAL, offer, bad);
        offer.gate = ILicenseMarket.Gate(ILicenseMarket.GateKind.Balance, address(dollar), 0, 0);
        refuseOffer(PERSONAL, offer, bad);
        // Fewer than were sold.
        vm.prank(buyer);
        market.buy(intentOf(_id, COMMERCIAL, 2), NO_PROOF);
        offer = priceOf(1);
        offer.supply = 1;
        refuseOffer(COMMERCIAL, offer, bad);
        vm.expectRevert(errorOf(IDesignShares.DesignShares__UnknownCurrency.selector, address(1)));
        open(PERSONAL, address(1), priceOf(1));
    }

    /// @dev A buyer agrees to the price of a license. What a piece costs could ruin it between order and sale.
    function test_what_a_piece_costs_only_goes_down() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(3e6);
        offer.unitPrice = 250_000;
        open(PRINTING, offer);
        offer.unitPrice = 250_001;
        bytes memory bad = abi.encodePacked(ILicenseMarket.LicenseMarket__BadOffer.selector);
        refuseOffer(PRINTING, offer, bad);
        vm.prank(alice);
        market.closeOffer(_id, PRINTING, address(dollar));
        refuseOffer(PRINTING, offer, bad);
        offer.unitPrice = 0;
        open(PRINTING, offer);
        offer.unitPrice = 1;
        refuseOffer(PRINTING, offer, bad);
        open(PRINTING, NATIVE, offer);
    }

    function test_versions_are_noted_by_the_registry_alone() public {
        vm.prank(alice);
        registry.addVersion(_id, 2, "second output", "second root", uint64(block.timestamp), "");
        (, uint32 version) = market.entryState(_id);
        vm.assertEq(version, 2);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(
            _id, licenses.licenseIdOf(_id, PERSONAL, 0), buyer, buyer, PERSONAL, address(dollar), 5e6, 1, 2, 0, 0
        );
        buyOne(PERSONAL);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotRegistry.selector, alice));
        vm.prank(alice);
        market.noteVersion(_id, 3);
    }

    // ------------------------------------------------------------------ floors

    /// @dev A child of an entry that wants 1 dollar of each sale and gets a tenth: no license below 10 dollars.
    function test_a_parents_minimum_is_a_floor_in_its_currencies() public {
        IDesignRegistry.Registration memory r = registrationOf(bob, "parent", solely(bob));
        r.standing = IDesignRegistry.Standing(true, true, 100_000);
        r.minimums = new IDesignRegistry.Minimum[](1);
        r.minimums[0] = IDesignRegistry.Minimum(address(dollar), 1e6);
        uint128[] memory parents = new uint128[](1);
        parents[0] = register("bob", r);
        r = childOf(alice, "child", parents);
        r.offers = new IDesignRegistry.FirstOffer[](1);
        r.offers[0] = IDesignRegistry.FirstOffer(PERSONAL, address(dollar), 10e6 - 1, 0);
        bytes memory below =
            errorOf(ILicenseMarket.LicenseMarket__BelowFloor.selector, uint256(10e6 - 1), uint256(10e6));
        failsToRegister(r, below);
        r.offers[0].price = 10e6;
        _id = register("alice", r);
        refuseOffer(PERSONAL, priceOf(10e6 - 1), below);
        open(PERSONAL, priceOf(11e6));
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__BelowFloor.selector, 1 ether, 0));
        open(PERSONAL, NATIVE, priceOf(1 ether));
        // A voucher is bound by it as well.
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 10e6 - 1, 1);
        bytes memory signature = sign("alice", voucher);
        vm.expectRevert(below);
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signature, buyer);

        buyOne(PERSONAL);
        shares.settle(parents[0], address(dollar), one(_id));
        // A tenth of what the platform's fee leaves: the minimum is stated before the fee.
        vm.assertEq(shares.claimable(parents[0], address(dollar), bob), 1_045_000);
    }

    function failsToRegister(IDesignRegistry.Registration memory r, bytes memory reason) private {
        bytes[] memory signatures = signedBy("alice", r);
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
    }

    function one(uint128 id) private pure returns (uint128[] memory ids) {
        ids = new uint128[](1);
        ids[0] = id;
    }
}
