// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";

/// @dev Another market takes this one's place while licenses run and money waits.
contract ReplacedTest is MarketSystem {
    LicenseMarket private _old;
    uint256 private _monthly;
    uint256 private _printing;
    uint256 private _personal;
    uint256 private _earned;

    function setUp() public override {
        super.setUp();
        open(MONTHLY, priceOf(3e6));
        ILicenseMarket.OfferTerms memory offer = priceOf(4e6);
        offer.unitPrice = 1e6;
        open(PRINTING, offer);
        _monthly = buyOne(MONTHLY);
        _printing = buyOne(PRINTING);
        _personal = buyOne(PERSONAL);
        vm.prank(buyer);
        market.reportUnits(_printing, 10, 1e6);
        vm.prank(alice);
        registry.addVersion(_id, 2, "output 2", "root 2", uint64(block.timestamp), "");
        _earned = shares.claimable(_id, address(dollar), alice);
    }

    function replace() private {
        _old = market;
        market = new LicenseMarket(address(manager), address(registry), address(forwarder));
        shares.setDepositor(address(_old), false);
        licenses.setMinter(address(_old), false);
        employ(market);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.MarketChanged(address(market));
        registry.setMarket(address(market));
        vm.prank(buyer);
        dollar.approve(address(market), type(uint256).max);
    }

    function test_nothing_sold_or_earned_is_touched() public {
        replace();
        vm.assertTrue(licenses.isActive(_monthly, buyer));
        vm.assertTrue(licenses.isActive(_printing, buyer));
        vm.assertTrue(licenses.isActive(_personal, buyer));
        vm.assertEq(shares.claimable(_id, address(dollar), alice), _earned);
        vm.prank(alice);
        vm.assertEq(shares.claim(_id, address(dollar)), _earned);
        vm.assertEq(dollar.balanceOf(alice), _earned);
    }

    function test_the_old_one_can_do_nothing_any_more() public {
        replace();
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        vm.expectRevert(errorOf(IDesignShares.DesignShares__NotDepositor.selector, address(_old)));
        vm.prank(buyer);
        _old.buy(intent, NO_PROOF);
        vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__NotMinter.selector, address(_old)));
        vm.prank(buyer);
        _old.renew(_monthly, address(dollar), 3e6);
        vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__NotMinter.selector, address(_old)));
        vm.prank(buyer);
        _old.reportUnits(_printing, 1, 1e6);
        // Also where only one of its two roles was taken.
        shares.setDepositor(address(_old), true);
        vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__NotMinter.selector, address(_old)));
        vm.prank(buyer);
        _old.buy(intent, NO_PROOF);
    }

    function test_old_licenses_are_metered_and_renewed_at_the_new_one() public {
        replace();
        vm.prank(buyer);
        market.reportUnits(_printing, 5, 1e6);
        vm.assertEq(licenses.issueOf(_printing).unitsReported, 15);
        vm.assertEq(licenses.issueOf(_printing).version, 1);
        // Offers are the controller's to open again.
        vm.expectRevert(abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id, MONTHLY));
        vm.prank(buyer);
        market.renew(_monthly, address(dollar), 3e6);
        open(MONTHLY, priceOf(2e6));
        uint256 end = licenses.expiresAt(_monthly);
        vm.prank(buyer);
        market.renew(_monthly, address(dollar), 2e6);
        vm.assertEq(licenses.expiresAt(_monthly), end + 30 days);
        // Consent was given to the old one, and is asked for again.
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotConsented.selector, _monthly));
        market.renewFor(_monthly, buyer);
    }

    function test_the_new_one_knows_older_entries_versions_and_goes_on_numbering() public {
        replace();
        (bool closed, uint32 version) = market.entryState(_id);
        vm.assertFalse(closed);
        vm.assertEq(version, 2);
        open(MONTHLY, priceOf(2e6));
        uint256 id = licenses.licenseIdOf(_id, MONTHLY, 2);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(_id, id, buyer, buyer, MONTHLY, address(dollar), 2e6, 1, 2, 0, 0);
        vm.assertEq(buyOne(MONTHLY), id);
        vm.prank(alice);
        registry.addVersion(_id, 3, "output 3", "root 3", uint64(block.timestamp), "");
        (, version) = market.entryState(_id);
        vm.assertEq(version, 3);
        (, version) = _old.entryState(_id);
        vm.assertEq(version, 2);
    }

    function test_an_entry_that_was_closed_stays_closed() public {
        open(EXCLUSIVE, priceOf(40e6));
        buyOne(EXCLUSIVE);
        replace();
        (bool told,) = market.entryState(_id);
        vm.assertTrue(told);
        bytes memory closed = errorOf(ILicenseMarket.LicenseMarket__EntryIsClosed.selector, _id);
        refuseOffer(PERSONAL, priceOf(1e6), closed);
        // Also to a voucher for the new market, of which it has not heard before.
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1e6, 1);
        bytes memory signature = sign("alice", voucher);
        vm.expectRevert(closed);
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signature, buyer);
        // And to renewals.
        vm.expectRevert(closed);
        vm.prank(buyer);
        market.renew(_monthly, address(dollar), 3e6);
    }

    function test_what_was_signed_for_the_old_one_is_void_at_the_new_one() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1e6, 1);
        bytes memory signature = sign("alice", voucher);
        replace();
        vm.expectRevert(abi.encodeWithSignature("Market__BadSignature(address)", alice));
        vm.prank(buyer);
        market.buyWithVoucher(voucher, signature, buyer);
    }

    function test_a_reference_that_the_old_one_used_stays_used() public {
        vm.prank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "order 1");
        replace();
        open(PERSONAL, priceOf(5e6));
        vm.startPrank(operator);
        dollar.approve(address(market), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__RefUsed.selector, bytes32("order 1")));
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "order 1");
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "order 2");
        vm.stopPrank();
    }

    function test_new_entries_open_their_offers_at_the_new_one() public {
        replace();
        _id = registerShared("newer", 500_000);
        buyOne(PERSONAL);
        (,, bool isOpen) = _old.offer(_id, PERSONAL, address(dollar));
        vm.assertFalse(isOpen);
    }

    function test_a_market_of_another_registry_is_refused() public {
        vm.expectRevert(errorOf(IDesignRegistry.DesignRegistry__WrongContract.selector, stranger));
        registry.setMarket(stranger);
    }
}
