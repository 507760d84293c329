// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../../../src/interfaces/IDesignLicenses.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";

/// @dev A market loses its roles to another one and gets them back. An exclusive license stays exclusive, because the
///  licenses themselves know it; of versions from meanwhile it knows nothing. So a market that was replaced is not to be
///  used again; a new one is deployed.
contract ReinstatedTest is MarketSystem {
    LicenseMarket private _first;
    uint256 private _monthly;

    function setUp() public override {
        super.setUp();
        _first = market;
        open(MONTHLY, priceOf(3e6));
        open(EXCLUSIVE, priceOf(40e6));
        _monthly = buyOne(MONTHLY);
        replaceBy(new LicenseMarket(address(manager), address(registry), address(forwarder)));
    }

    function replaceBy(LicenseMarket next) private {
        shares.setDepositor(address(market), false);
        licenses.setMinter(address(market), false);
        market = next;
        employ(next);
        registry.setMarket(address(next));
        vm.prank(buyer);
        dollar.approve(address(next), type(uint256).max);
    }

    function sellExclusiveMeanwhile() private {
        open(EXCLUSIVE, priceOf(40e6));
        buyOne(EXCLUSIVE);
        replaceBy(_first);
    }

    function refusePersonal() private {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__EntryIsClosed.selector, _id));
        vm.prank(buyer);
        market.buy(intent, NO_PROOF);
    }

    /// @dev Its own word is stale.
    function test_offers_from_before_sell_nothing_beside_an_exclusive_license() public {
        sellExclusiveMeanwhile();
        (bool closed,) = market.entryState(_id);
        vm.assertFalse(closed);
        refusePersonal();
    }

    /// @dev It has never read the entry's word.
    function test_first_offers_sell_nothing_beside_an_exclusive_license() public {
        replaceBy(_first);
        _id = registerShared("other", 600_000);
        replaceBy(new LicenseMarket(address(manager), address(registry), address(forwarder)));
        sellExclusiveMeanwhile();
        (bool closed,) = market.entryState(_id);
        vm.assertTrue(closed);
        refuseOffer(PERSONAL, priceOf(1e6), errorOf(ILicenseMarket.LicenseMarket__EntryIsClosed.selector, _id));
        refusePersonal();
    }

    /// @dev Both have the roles for a while.
    function test_two_markets_at_once_sell_nothing_beside_an_exclusive_license() public {
        employ(_first);
        open(EXCLUSIVE, priceOf(40e6));
        buyOne(EXCLUSIVE);
        market = _first;
        refusePersonal();
        vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__EntryIsClosed.selector, _id));
        buyOne(MONTHLY);
    }

    /// @dev Not stale: these are asked of the licenses each time.
    function test_no_second_exclusive_license_and_no_renewal_beside_the_first() public {
        sellExclusiveMeanwhile();
        vm.expectRevert(errorOf(IDesignLicenses.DesignLicenses__EntryIsClosed.selector, _id));
        buyOne(EXCLUSIVE);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__EntryIsClosed.selector, _id));
        vm.prank(buyer);
        market.renew(_monthly, address(dollar), 3e6);
    }

    /// @dev Stale until the next version, of which the registry tells it again.
    function test_versions_from_meanwhile_are_not_what_is_sold() public {
        vm.prank(alice);
        registry.addVersion(_id, 2, "output 2", "root 2", uint64(block.timestamp), "");
        replaceBy(_first);
        (, uint32 version) = market.entryState(_id);
        vm.assertEq(version, 1);
        vm.assertEq(licenses.issueOf(buyOne(MONTHLY)).version, 1);
        vm.prank(alice);
        registry.addVersion(_id, 3, "output 3", "root 3", uint64(block.timestamp), "");
        vm.assertEq(licenses.issueOf(buyOne(MONTHLY)).version, 3);
    }
}
