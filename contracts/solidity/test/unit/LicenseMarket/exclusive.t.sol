// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";
import {ReentrantToken} from "../../support/Tokens.sol";

contract ExclusiveTest is MarketSystem {
    /// @dev While it is paid for, the exclusive license does not exist yet. Who then opens an offer, so that the market
    ///  reads the entry's state anew, must not find it open.
    function test_an_entry_cannot_be_reopened_while_its_exclusive_license_is_paid_for() public {
        ReentrantToken token = new ReentrantToken();
        shares.addCurrency(address(token));
        // Its offers came with the registration: the market has not read the entry's state.
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("other"), solely(alice));
        r.offers = new IDesignRegistry.FirstOffer[](1);
        r.offers[0] = IDesignRegistry.FirstOffer(EXCLUSIVE, address(token), 100, 0);
        uint128 id = register("alice", r);
        vm.prank(alice);
        registry.transferControl(id, address(token));
        token.mint(buyer, 100);
        vm.prank(buyer);
        token.approve(address(market), 100);
        token.arm(
            address(market),
            abi.encodeCall(ILicenseMarket.openOffer, (id, PERSONAL, address(token), priceOf(100))),
            true,
            false
        );
        ILicenseMarket.BuyIntent memory intent = intentOf(id, EXCLUSIVE, 1);
        intent.currency = address(token);
        vm.prank(buyer);
        market.buy(intent, NO_PROOF);
        vm.assertFalse(token.called());
        vm.assertEq(token.answer(), errorOf(ILicenseMarket.LicenseMarket__EntryIsClosed.selector, id));
        (bool closed,) = market.entryState(id);
        vm.assertTrue(closed);
    }
}
