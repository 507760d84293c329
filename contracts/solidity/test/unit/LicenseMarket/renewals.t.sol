// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";

contract RenewalsTest is MarketSystem {
    uint40 private constant PERIOD = 30 days;
    uint256 private _monthly;
    uint40 private _end;

    function setUp() public override {
        super.setUp();
        open(MONTHLY, priceOf(3e6));
        _monthly = buyOne(MONTHLY);
        _end = uint40(block.timestamp) + PERIOD;
    }

    function consentOf(uint128 maxPrice, uint40 until) private view returns (ILicenseMarket.RenewalConsent memory) {
        return ILicenseMarket.RenewalConsent(address(dollar), maxPrice, PERIOD, until);
    }

    function consent(ILicenseMarket.RenewalConsent memory given) private {
        vm.prank(buyer);
        market.consentToRenewal(_monthly, given);
    }

    function renewFails(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(buyer);
        market.renew(_monthly, address(dollar), 3e6);
    }

    function renewForFails(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(stranger);
        market.renewFor(_monthly, buyer);
    }

    // ------------------------------------------------------------------ by whoever pays

    function test_a_renewal_adds_a_period_to_what_is_left() public {
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.SubscriptionUpdate(_monthly, _end + PERIOD);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseRenewed(_monthly, buyer, address(dollar), 3e6, _end + PERIOD);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), 0, 3e6, 150_000, 0, 2_850_000, 2);
        vm.prank(buyer);
        market.renew(_monthly, address(dollar), 3e6);
        vm.assertEq(licenses.expiresAt(_monthly), _end + PERIOD);
        // Anyone may pay for it.
        vm.prank(operator);
        market.renew(_monthly, address(dollar), 3e6);
        vm.assertEq(licenses.expiresAt(_monthly), _end + 2 * PERIOD);
    }

    /// @dev Peers' subscriptions could not be renewed once they had ended.
    ///  https://github.com/unlock-protocol/unlock/issues/8812
    function test_after_the_end_it_begins_now() public {
        vm.warp(_end + 100 days);
        vm.assertFalse(licenses.isActive(_monthly, buyer));
        vm.prank(buyer);
        market.renew(_monthly, address(dollar), 3e6);
        vm.assertEq(licenses.expiresAt(_monthly), _end + 100 days + PERIOD);
        vm.assertTrue(licenses.isActive(_monthly, buyer));
    }

    function test_it_costs_what_the_offer_costs_now_in_any_currency_of_an_offer() public {
        open(MONTHLY, priceOf(4e6));
        renewFails(errorOf(IMarket.Market__PriceAboveMaximum.selector, uint256(4e6), uint256(3e6)));
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id, MONTHLY));
        vm.prank(buyer);
        market.renew{value: 1 ether}(_monthly, NATIVE, 1 ether);
        open(MONTHLY, NATIVE, priceOf(1 ether));
        vm.expectRevert(errorOf(IMarket.Market__WrongValue.selector, 1 ether, 2 ether));
        vm.prank(buyer);
        market.renew{value: 2 ether}(_monthly, NATIVE, 2 ether);
        vm.prank(buyer);
        market.renew{value: 1 ether}(_monthly, NATIVE, 1 ether);
        vm.assertEq(address(shares).balance, 1 ether);
        vm.prank(alice);
        market.closeOffer(_id, MONTHLY, address(dollar));
        renewFails(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id, MONTHLY));
    }

    function test_what_does_not_end_is_not_renewed() public {
        uint256 perpetual = buyOne(PERSONAL);
        bytes memory reason = errorOf(ILicenseMarket.LicenseMarket__NotRenewable.selector, perpetual);
        vm.expectRevert(reason);
        vm.prank(buyer);
        market.renew(perpetual, address(dollar), 100e6);
        vm.expectRevert(reason);
        vm.prank(buyer);
        market.consentToRenewal(perpetual, consentOf(1, 1));
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotRenewable.selector, _monthly + 1));
        market.renew(_monthly + 1, address(dollar), 100e6);
    }

    function test_what_sells_nothing_renews_nothing() public {
        setStatus(IDesignRegistry.Status.Suspended);
        renewFails(
            abi.encodeWithSelector(
                IDesignShares.DesignShares__NotAccepting.selector, _id, IDesignRegistry.Status.Suspended
            )
        );
        setStatus(IDesignRegistry.Status.Active);
        vm.prank(alice);
        registry.setWithdrawn(_id, true);
        renewFails(
            abi.encodeWithSelector(
                IDesignShares.DesignShares__NotAccepting.selector, _id, IDesignRegistry.Status.Withdrawn
            )
        );
        vm.prank(guardian);
        market.pause();
        renewFails(abi.encodeWithSignature("EnforcedPause()"));
        renewForFails(abi.encodeWithSignature("EnforcedPause()"));
    }

    /// @dev Who pays for a license that gives them no rights is not asked for money.
    function test_a_revoked_license_is_not_renewed_by_its_holder() public {
        vm.prank(moderator);
        licenses.revoke(_monthly, buyer, "reason");
        renewFails(errorOf(ILicenseMarket.LicenseMarket__NotRenewable.selector, _monthly));
    }

    // ------------------------------------------------------------------ beside an exclusive license

    function test_beside_an_exclusive_license_none_goes_on_beyond_its_term() public {
        open(EXCLUSIVE, priceOf(40e6));
        consent(consentOf(3e6, type(uint40).max));
        vm.prank(operator);
        market.buyFor(intentOf(_id, EXCLUSIVE, 1), NO_PROOF, "exclusive");
        vm.assertTrue(licenses.isActive(_monthly, buyer));
        bytes memory closed = errorOf(ILicenseMarket.LicenseMarket__EntryIsClosed.selector, _id);
        renewFails(closed);
        vm.warp(_end - 1);
        renewForFails(closed);
    }

    function test_an_exclusive_license_with_a_term_is_renewed_itself() public {
        IDesignLicenses.TermsFacts memory facts;
        facts.exclusive = true;
        facts.period = PERIOD;
        bytes32 terms = addTerms("exclusive for a month", facts);
        open(terms, priceOf(40e6));
        uint256 id = buyOne(terms);
        vm.prank(buyer);
        market.renew(id, address(dollar), 40e6);
        vm.assertEq(licenses.expiresAt(id), block.timestamp + 2 * PERIOD);
    }

    // ------------------------------------------------------------------ by consent

    function test_anyone_renews_within_a_holders_consent() public {
        ILicenseMarket.RenewalConsent memory given = consentOf(3e6, type(uint40).max);
        vm.expectEmit(address(market));
        emit ILicenseMarket.RenewalConsented(_monthly, buyer, given);
        consent(given);
        vm.assertEq(abi.encode(market.consentOf(_monthly, buyer)), abi.encode(given));
        bytes memory early = errorOf(ILicenseMarket.LicenseMarket__NotConsented.selector, _monthly);
        renewForFails(early);
        vm.warp(_end - PERIOD / 4 - 1);
        renewForFails(early);
        vm.warp(_end - PERIOD / 4);
        uint256 before = dollar.balanceOf(buyer);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseRenewed(_monthly, buyer, address(dollar), 3e6, _end + PERIOD);
        vm.prank(stranger);
        market.renewFor(_monthly, buyer);
        vm.assertEq(dollar.balanceOf(buyer), before - 3e6);
        renewForFails(early); // once a period
    }

    function test_more_than_was_consented_is_not_charged() public {
        consent(consentOf(3e6, _end + 1 days));
        vm.warp(_end);
        open(MONTHLY, priceOf(3e6 + 1));
        renewForFails(errorOf(IMarket.Market__PriceAboveMaximum.selector, uint256(3e6 + 1), uint256(3e6)));
        open(MONTHLY, priceOf(2e6));
        vm.warp(_end + 1 days + 1);
        renewForFails(errorOf(ILicenseMarket.LicenseMarket__NotConsented.selector, _monthly));
        vm.warp(_end + 1 days);
        market.renewFor(_monthly, buyer);
    }

    function test_without_consent_nothing_is_charged() public {
        bytes memory reason = errorOf(ILicenseMarket.LicenseMarket__NotConsented.selector, _monthly);
        vm.warp(_end);
        renewForFails(reason);
        consent(consentOf(3e6, type(uint40).max));
        ILicenseMarket.RenewalConsent memory none;
        consent(none); // taken back
        renewForFails(reason);
        // Of what is revoked nobody wants more.
        consent(consentOf(3e6, type(uint40).max));
        vm.prank(moderator);
        licenses.revoke(_monthly, buyer, "reason");
        renewForFails(reason);
    }

    function test_consent_is_the_holders_for_the_terms_period() public {
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotHolder.selector, stranger));
        vm.prank(stranger);
        market.consentToRenewal(_monthly, consentOf(1, 1));
        ILicenseMarket.RenewalConsent memory other = consentOf(1, 1);
        other.period = PERIOD - 1;
        bytes memory reason = errorOf(ILicenseMarket.LicenseMarket__NotRenewable.selector, _monthly);
        vm.expectRevert(reason);
        consent(other);
        other.period = 0;
        vm.expectRevert(reason);
        consent(other);
    }

    function test_the_native_coin_cannot_be_charged() public {
        open(MONTHLY, NATIVE, priceOf(1 ether));
        consent(ILicenseMarket.RenewalConsent(NATIVE, 1 ether, PERIOD, type(uint40).max));
        vm.warp(_end);
        renewForFails(errorOf(ILicenseMarket.LicenseMarket__NotRelayable.selector, NATIVE));
    }

    function test_who_has_passed_it_on_is_not_charged() public {
        consent(consentOf(3e6, type(uint40).max));
        bytes memory signature = signatureOf(keyOf("buyer"), releaseDigest(buyer, bob, type(uint64).max));
        uint256[] memory ids = new uint256[](1);
        ids[0] = _monthly;
        vm.prank(operator);
        licenses.release(buyer, bob, type(uint64).max, signature, ids);
        vm.warp(_end);
        renewForFails(errorOf(ILicenseMarket.LicenseMarket__NotHolder.selector, buyer));
    }

    // ------------------------------------------------------------------ pieces

    function test_a_holder_reports_pieces_and_pays_the_price_of_the_sale() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(3e6);
        offer.unitPrice = 250_000;
        open(PRINTING, offer);
        uint256 id = buyOne(PRINTING);
        offer.unitPrice = 200_000; // for later buyers
        open(PRINTING, offer);
        vm.expectEmit(address(licenses));
        emit IDesignLicenses.UnitsReported(id, 40, 40);
        vm.expectEmit(address(market));
        emit ILicenseMarket.UnitsPaid(id, buyer, address(dollar), 250_000, 40);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), 0, 10e6, 500_000, 0, 9_500_000, 3);
        vm.startPrank(buyer);
        market.reportUnits(id, 40, 250_000);
        vm.assertEq(licenses.issueOf(id).unitsReported, 40);
        vm.expectRevert(errorOf(IMarket.Market__PriceAboveMaximum.selector, uint256(250_000), uint256(249_999)));
        market.reportUnits(id, 1, 249_999);
        vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__TooManyUnits.selector, 960));
        market.reportUnits(id, 961, 250_000);
        vm.expectRevert(errorOf(IMarket.Market__WrongValue.selector, 0, 1));
        market.reportUnits{value: 1}(id, 1, 250_000);
        expectError(IDesignLicenses.DesignLicenses__NoQuantity.selector);
        market.reportUnits(id, 0, 250_000);
        vm.stopPrank();
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotHolder.selector, stranger));
        vm.prank(stranger);
        market.reportUnits(id, 1, 250_000);
        // Pieces that were made are paid also for a work that sells no more, but not for one that is suspended.
        vm.prank(alice);
        registry.setWithdrawn(_id, true);
        vm.prank(buyer);
        market.reportUnits(id, 1, 250_000);
        setStatus(IDesignRegistry.Status.Suspended);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDesignShares.DesignShares__NotAccepting.selector, _id, IDesignRegistry.Status.Suspended
            )
        );
        vm.prank(buyer);
        market.reportUnits(id, 1, 250_000);
    }

    function test_pieces_are_paid_in_the_currency_of_the_sale() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(1 ether);
        offer.unitPrice = 0.01 ether;
        open(PRINTING, NATIVE, offer);
        ILicenseMarket.BuyIntent memory intent = nativeIntent(1);
        intent.terms = PRINTING;
        vm.startPrank(buyer);
        uint256 id = market.buy{value: 1 ether}(intent, NO_PROOF);
        vm.assertEq(licenses.issueOf(id).currencyIndex, 1);
        market.reportUnits{value: 0.05 ether}(id, 5, 0.01 ether);
        vm.assertEq(address(shares).balance, 1.05 ether);
    }

    function test_pieces_that_cost_nothing_are_counted() public {
        open(PRINTING, priceOf(3e6));
        uint256 id = buyOne(PRINTING);
        vm.startPrank(buyer);
        market.reportUnits(id, 5, 0);
        vm.assertEq(licenses.issueOf(id).unitsReported, 5);
        vm.stopPrank();
        vm.prank(guardian);
        market.pause();
        vm.expectRevert(abi.encodeWithSignature("EnforcedPause()"));
        vm.prank(buyer);
        market.reportUnits(id, 5, 0);
    }
}
