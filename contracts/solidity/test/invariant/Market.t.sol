// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignLicenses} from "../../src/DesignLicenses.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {LicenseMarket} from "../../src/LicenseMarket.sol";
import {TestStablecoin} from "../../src/TestStablecoin.sol";
import {InvariantTest} from "../support/Test.sol";
import {MarketHandler} from "./handlers/MarketHandler.sol";

/// @dev Numbers are those of the invariants in docs/contracts/invariants.md. What a single call may do (9, 12, 13, 14)
///  is compared in the handler, call by call; here is what must hold between calls.
contract MarketInvariants is InvariantTest {
    MarketHandler private _handler;
    DesignShares private _shares;
    DesignLicenses private _licenses;
    LicenseMarket private _market;
    TestStablecoin private _dollar;

    function setUp() public {
        _handler = new MarketHandler();
        _handler.setUp();
        (_shares, _licenses, _market, _dollar) = _handler.deployed();
    }

    function targetContracts() public view override returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(_handler);
    }

    function targetSelectors() public view override returns (FuzzSelector[] memory list) {
        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = MarketHandler.actOpen.selector;
        selectors[1] = MarketHandler.actClose.selector;
        selectors[2] = MarketHandler.actSuspend.selector;
        selectors[3] = MarketHandler.actBuy.selector;
        selectors[4] = MarketHandler.actBuyFor.selector;
        selectors[5] = MarketHandler.actSigned.selector;
        selectors[6] = MarketHandler.actVoucher.selector;
        selectors[7] = MarketHandler.actRenew.selector;
        selectors[8] = MarketHandler.actConsent.selector;
        selectors[9] = MarketHandler.actRenewFor.selector;
        selectors[10] = MarketHandler.actWait.selector;
        selectors[11] = MarketHandler.actClaim.selector;
        // What is for sale and sold more often than the rest.
        selectors[12] = MarketHandler.actBuy.selector;
        selectors[13] = MarketHandler.actOpen.selector;
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(_handler), selectors);
    }

    function invariant_what_is_sold_is_offered_paid_and_minted() public view {
        uint128 id = _handler.touched();
        checkMoney(id);
        checkOffers(id);
        vm.assertEq(_dollar.balanceOf(address(_market)), 0, "the market holds money");
    }

    function afterInvariant() public view {
        for (uint256 i = 0; i < 4; ++i) {
            checkMoney(_handler.entries(i));
            checkOffers(_handler.entries(i));
        }
        for (uint256 ref = 1; ref <= 60; ++ref) {
            uint256 times = _handler.timesAccepted(bytes32(ref));
            vm.assertLe(times, 1, "16: a reference was accepted twice");
            vm.assertEq(_shares.refUsed(bytes32(ref)), times == 1);
        }
    }

    /// @dev 14: whatever happened, all that was sold is credited, and it was paid or can be claimed.
    function checkMoney(uint128 id) private view {
        (uint256 net, uint256 own,,) = _shares.totals(id, address(_dollar));
        uint256 gross = _handler.gross(id);
        vm.assertEq(net, gross - gross * 50_000 / 1e6, "what was sold is not what was credited");
        vm.assertEq(
            _shares.claimable(id, address(_dollar), _handler.holder()) + _handler.paid(id), own, "14: money is missing"
        );
    }

    function checkOffers(uint128 id) private view {
        address[2] memory people = _handler.people();
        for (uint256 terms = 0; terms < 4; ++terms) {
            uint256 seed = terms == 3 ? 15 : terms;
            MarketHandler.Known memory known = _handler.offerOf(id, seed);
            if (known.entryId == 0) continue;
            (, uint32 sold, bool open) = _market.offer(id, known.terms, address(_dollar));
            vm.assertEq(sold, known.sold, "12: sales were not counted");
            vm.assertTrue(open == known.open);
            if (known.supply != 0) vm.assertLe(sold, known.supply, "12: more was sold than offered");
            if (terms == 3) vm.assertLe(sold, 1, "12: two exclusive licenses");
            if (terms > 1) continue;
            uint256 licenseId = _handler.perpetualOf(id, seed);
            uint256 held = _licenses.balanceOf(people[0], licenseId) + _licenses.balanceOf(people[1], licenseId);
            vm.assertEq(held, _handler.minted(licenseId), "12: a sold license was not minted");
        }
        (bool closed,) = _market.entryState(id);
        vm.assertEq(closed, _handler.closed(id));
        vm.assertEq(_licenses.exclusiveOf(id) != 0, closed);
    }
}
