// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {HostileHolder} from "../../support/Holders.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";
import {Relaying} from "../../support/Relaying.sol";
import {System} from "../../support/System.sol";
import {ReentrantToken} from "../../support/Tokens.sol";

/// @dev Who is sent a license, and a token that pays, call the market within that and are refused.
contract ReenteredTest is MarketSystem, Relaying {
    HostileHolder private _holder;
    ILicenseMarket.BuyIntent private _intent;
    uint256 private _license;

    function setUp() public override(MarketSystem, System) {
        super.setUp();
        _holder = new HostileHolder();
        _holder.arm(address(market), abi.encodeCall(ILicenseMarket.renewFor, (0, buyer)));
        _intent = intentOf(_id, PERSONAL, 1);
        _intent.to = address(_holder);
    }

    modifier refused() {
        _;
        vm.assertEq(_holder.answer(), bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
        vm.assertEq(licenses.balanceOf(address(_holder), licenses.licenseIdOf(_id, PERSONAL, 0)), 1);
    }

    function test_buy() public refused {
        vm.prank(buyer);
        market.buy(_intent, NO_PROOF);
    }

    function test_buyFor() public refused {
        vm.prank(operator);
        market.buyFor(_intent, NO_PROOF, "ref");
    }

    function test_buyWithPermit() public refused {
        ILicenseMarket.Permit memory permit = permitOf("buyer", 40e6);
        market.buyWithPermit(_intent, buyer, signIntent("buyer", _intent), NO_PROOF, permit);
    }

    function test_buyWithAuthorization() public refused {
        market.buyWithAuthorization(_intent, buyer, NO_PROOF, authorize("buyer", _intent));
    }

    /// @dev The buyer has bought a license, and its price in a token that calls back is due again.
    modifier refusedToToken(bytes32 terms) {
        ReentrantToken token = new ReentrantToken();
        shares.addCurrency(address(token));
        ILicenseMarket.OfferTerms memory offer = priceOf(3e6);
        if (terms == PRINTING) offer.unitPrice = 7;
        open(terms, address(token), offer);
        token.mint(buyer, 1e9);
        _intent = intentOf(_id, terms, 1);
        _intent.currency = address(token);
        vm.startPrank(buyer);
        token.approve(address(market), 1e9);
        _license = market.buy(_intent, NO_PROOF);
        token.arm(address(market), abi.encodeCall(ILicenseMarket.renewFor, (0, buyer)), true, false);
        _;
        vm.stopPrank();
        vm.assertFalse(token.called());
        vm.assertEq(bytes32(token.answer()), bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
    }

    function test_renew() public refusedToToken(MONTHLY) {
        market.renew(_license, _intent.currency, 3e6);
    }

    function test_renewFor() public refusedToToken(MONTHLY) {
        market.consentToRenewal(
            _license, ILicenseMarket.RenewalConsent(_intent.currency, 3e6, 30 days, uint40(block.timestamp + 30 days))
        );
        vm.warp(block.timestamp + 29 days);
        market.renewFor(_license, buyer);
    }

    function test_reportUnits() public refusedToToken(PRINTING) {
        market.reportUnits(_license, 1, 7);
    }

    function test_buyWithVoucher() public refused {
        ILicenseMarket.Voucher memory voucher;
        (voucher.entryId, voucher.terms, voucher.currency) = (_id, PERSONAL, address(dollar));
        (voucher.price, voucher.quantity, voucher.deadline) = (5e6, 1, uint64(block.timestamp));
        bytes memory signature = signatureOf(keyOf("alice"), market.voucherDigest(voucher));
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signature, address(_holder));
    }
}
