// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {System} from "../../support/System.sol";

contract OpenFirstOffersTest is System {
    function test_offers_open_with_the_registration() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), solely(alice));
        r.offers = twoOffers();
        bytes[] memory signatures = signedBy("alice", r);
        uint128 id = registry.entryIdOf(alice, keccak256("output"));
        vm.expectEmit(address(market));
        emit ILicenseMarket.OfferOpened(id, PERSONAL, address(dollar), 5e6, 0);
        vm.expectEmit(address(market));
        emit ILicenseMarket.OfferOpened(id, COMMERCIAL, address(dollar), 40e6, 3);
        vm.prank(operator);
        registry.register(r, signatures, 0);
        (address currency, uint128 price, uint32 supply, uint32 sold, bool open) = market.offer(id, PERSONAL);
        vm.assertEq(currency, address(dollar));
        vm.assertEq(price, 5e6);
        vm.assertEq(supply, 0);
        vm.assertEq(sold, 0);
        vm.assertTrue(open);
    }

    function test_what_is_not_offered_reads_as_zero() public view {
        (address currency, uint128 price, uint32 supply, uint32 sold, bool open) = market.offer(1, PERSONAL);
        vm.assertEq(currency, address(0));
        vm.assertEq(uint256(price) + supply + sold, 0);
        vm.assertFalse(open);
    }

    function test_only_the_registry_opens_them() public {
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NotRegistry.selector, operator));
        vm.prank(operator);
        market.openFirstOffers(1, twoOffers());
    }

    function test_a_bad_offer_stops_the_whole_registration() public {
        IDesignRegistry.FirstOffer[] memory offers = twoOffers();
        offers[1].price = 0;
        refuse(offers, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__BadPrice.selector, 0));
        offers = twoOffers();
        offers[1].price = uint128(1) << 96;
        refuse(offers, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__BadPrice.selector, uint128(1) << 96));
        offers = twoOffers();
        offers[1].terms = keccak256("unknown");
        refuse(
            offers, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__UnknownTerms.selector, keccak256("unknown"))
        );
        offers = twoOffers();
        offers[1].currency = address(0);
        refuse(offers, abi.encodeWithSelector(IDesignShares.DesignShares__UnknownCurrency.selector, 0));
        offers = twoOffers();
        offers[1].terms = PERSONAL;
        uint128 id = registry.entryIdOf(alice, keccak256("output"));
        refuse(offers, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__OfferExists.selector, id, PERSONAL));
    }

    function refuse(IDesignRegistry.FirstOffer[] memory offers, bytes memory reason) private {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), solely(alice));
        r.offers = offers;
        bytes[] memory signatures = signedBy("alice", r);
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.register(r, signatures, 0);
        uint128 id = registry.entryIdOf(alice, keccak256("output"));
        vm.assertFalse(registry.isRegistered(id));
        (,,,, bool open) = market.offer(id, PERSONAL);
        vm.assertFalse(open);
        vm.assertEq(shares.balanceOf(alice, id), 0);
    }
}
