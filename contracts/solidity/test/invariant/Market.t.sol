// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignLicenses} from "../../src/DesignLicenses.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {LicenseMarket} from "../../src/LicenseMarket.sol";
import {ResaleMarket} from "../../src/ResaleMarket.sol";
import {TestStablecoin} from "../../src/TestStablecoin.sol";
import {Campaign} from "../support/Campaign.sol";
import {MarketHandler} from "./handlers/MarketHandler.sol";

/// @dev Numbers are those of the invariants in docs/contracts/invariants.md. What a single call may do (9, 12, 13, 14)
///  is compared in the handler, call by call; here is what must hold between calls.
contract MarketInvariants is Campaign {
    MarketHandler private _handler;
    DesignShares private _shares;
    DesignLicenses private _licenses;
    ResaleMarket private _resale;
    TestStablecoin private _dollar;
    // They never change, and are read at every step.
    address[3] private _people;
    address private _alice;
    bytes32[5] private _terms;

    function setUp() public override {
        _handler = new MarketHandler();
        _handler.setUp();
        campaignOf(address(_handler));
        action(_handler.actOpen.selector, 2);
        action(_handler.actClose.selector, 1);
        action(_handler.actSetStatus.selector, 2);
        action(_handler.actAddVersion.selector, 1);
        action(_handler.actDerive.selector, 1);
        action(_handler.actReplaceMarket.selector, 1);
        action(_handler.actUseFormerMarket.selector, 1);
        action(_handler.actBuy.selector, 4);
        action(_handler.actBuyFor.selector, 2);
        action(_handler.actSigned.selector, 2);
        action(_handler.actPermit.selector, 2);
        action(_handler.actAuthorize.selector, 2);
        action(_handler.actVoucher.selector, 2);
        action(_handler.actRenew.selector, 1);
        action(_handler.actConsent.selector, 3);
        action(_handler.actRenewFor.selector, 3);
        action(_handler.actRevoke.selector, 1);
        action(_handler.actReportUnits.selector, 2);
        action(_handler.actResellLicense.selector, 4);
        action(_handler.actResellShares.selector, 3);
        action(_handler.actWait.selector, 2);
        action(_handler.actClaim.selector, 3);
        (_shares, _licenses, _resale, _dollar) = _handler.deployed();
        (_people, _alice, _terms) = (_handler.people(), _handler.creator(), _handler.allTerms());
    }

    function invariant_what_is_sold_is_offered_paid_and_minted() public view {
        uint128 id = _handler.touched();
        checkMoney(id);
        checkOffers(id);
        checkNothingHeld();
    }

    function afterInvariant() public view override {
        for (uint256 i = 0; i < _handler.entryCount(); ++i) {
            checkMoney(_handler.entries(i));
            checkOffers(_handler.entries(i));
        }
        for (uint256 ref = 1; ref <= 4; ++ref) {
            uint256 times = _handler.timesAccepted(bytes32(ref));
            vm.assertLe(times, 1, "16: a reference was accepted twice");
            vm.assertEq(_shares.refUsed(bytes32(ref)), times == 1);
        }
    }

    function test_every_action_succeeds_now_and_then() public {
        live(40);
        hasHappened("offer opened");
        hasHappened("offer closed");
        hasHappened("suspended");
        hasHappened("child registered");
        hasHappened("child refused");
        hasHappened("market replaced");
        hasHappened("former market refused");
        hasHappened("bought");
        hasHappened("bought for someone");
        hasHappened("reference refused");
        hasHappened("bought by intent");
        hasHappened("bought by permit");
        hasHappened("bought with a used permit");
        hasHappened("bought by authorization");
        hasHappened("bought by voucher");
        hasHappened("exclusive sold");
        hasHappened("re-entry refused");
        hasHappened("renewed");
        hasHappened("consented");
        hasHappened("renewed by consent");
        hasHappened("revoked");
        hasHappened("pieces paid");
        hasHappened("license resold");
        hasHappened("license resold with royalty");
        hasHappened("shares resold");
        hasHappened("shares resold after settling");
        hasHappened("claimed");
        hasHappened("claimed while suspended");
    }

    /// @dev 14: whatever happened, all that was paid is credited, and it was claimed or can be. Each holder's last fraction
    ///  of a base unit waits.
    function checkMoney(uint128 id) private view {
        (uint256 net, uint256 own,,) = _shares.totals(id, address(_dollar));
        uint256 gross = _handler.gross(id);
        vm.assertEq(
            net, gross - gross * 50_000 / 1e6 + _handler.royalties(id), "what was sold is not what was credited"
        );
        uint256 claimable = _shares.claimable(id, address(_dollar), _alice);
        for (uint256 i = 0; i < 2; ++i) {
            claimable += _shares.claimable(id, address(_dollar), _people[i]);
        }
        vm.assertLe(claimable + _handler.paid(id), own, "14: money was made");
        vm.assertGe(claimable + _handler.paid(id) + 2, own, "14: money is missing");
    }

    function checkOffers(uint128 id) private view {
        LicenseMarket market = _handler.currentMarket();
        for (uint256 i = 0; i < 5; ++i) {
            bytes32 terms = _terms[i];
            MarketHandler.Known memory known = _handler.offerOf(id, terms);
            (, uint32 sold, bool open) = market.offer(id, terms, address(_dollar));
            vm.assertEq(sold, known.sold, "12: sales were not counted");
            vm.assertEq(open, known.open);
            if (known.supply != 0) vm.assertLe(sold, known.supply, "12: more was sold than offered");
            if (i == 4) vm.assertLe(sold, 1, "12: two exclusive licenses");
            if (i > 1) continue;
            uint256 licenseId = _licenses.licenseIdOf(id, terms, 0);
            uint256 held = 0;
            for (uint256 k = 0; k < 3; ++k) {
                held += _licenses.balanceOf(_people[k], licenseId);
            }
            vm.assertEq(held, _handler.minted(licenseId), "12: a sold license was not minted");
        }
        (bool closed, uint32 version) = market.entryState(id);
        vm.assertEq(closed, _handler.closed(id));
        vm.assertEq(version, _handler.versionOf(id), "12: the market knows another version");
        vm.assertEq(_licenses.exclusiveOf(id) != 0, closed);
    }

    function checkNothingHeld() private view {
        vm.assertEq(_dollar.balanceOf(address(_handler.currentMarket())), 0, "the market holds money");
        vm.assertEq(_dollar.balanceOf(address(_resale)), 0, "the resale market holds money");
    }
}
