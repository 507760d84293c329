// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {FeeOnTransferToken} from "../../support/Tokens.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";

contract BuyTest is MarketSystem {
    // ------------------------------------------------------------------ one sale

    function test_the_buyer_pays_the_ledger_and_gets_the_licenses() public {
        uint256 licenseId = licenses.licenseIdOf(_id, COMMERCIAL, 0);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), 0, 80e6, 4e6, 0, 76e6, 1);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(_id, licenseId, buyer, buyer, COMMERCIAL, address(dollar), 40e6, 2, 1, 0, 0);
        vm.prank(buyer);
        vm.assertEq(market.buy(intentOf(_id, COMMERCIAL, 2), NO_PROOF), licenseId);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 2);
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS - 80e6);
        vm.assertEq(dollar.balanceOf(address(market)), 0);
        vm.assertEq(dollar.balanceOf(address(shares)), 80e6);
        vm.assertEq(shares.claimable(_id, address(dollar), alice), 45_600_000);
        (, uint32 sold,) = market.offer(_id, COMMERCIAL, address(dollar));
        vm.assertEq(sold, 2);
    }

    function test_in_the_native_coin_exactly_the_price_comes_along() public {
        open(PERSONAL, NATIVE, priceOf(0.1 ether));
        vm.startPrank(buyer);
        uint256 licenseId = market.buy{value: 0.3 ether}(nativeIntent(3), NO_PROOF);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 3);
        vm.assertEq(address(shares).balance, 0.3 ether);
        vm.assertEq(address(market).balance, 0);
        vm.expectRevert(errorOf(IMarket.Market__WrongValue.selector, 0.3 ether, 0.4 ether));
        market.buy{value: 0.4 ether}(nativeIntent(3), NO_PROOF);
        vm.expectRevert(errorOf(IMarket.Market__WrongValue.selector, 0.3 ether, 0));
        market.buy(nativeIntent(3), NO_PROOF);
        vm.expectRevert(errorOf(IMarket.Market__WrongValue.selector, 0, 1));
        market.buy{value: 1}(intentOf(_id, PERSONAL, 1), NO_PROOF);
    }

    function test_a_gift_goes_to_whom_the_intent_names() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        intent.to = carol;
        vm.prank(buyer);
        uint256 licenseId = market.buy(intent, NO_PROOF);
        vm.assertEq(licenses.balanceOf(carol, licenseId), 1);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 0);
    }

    function test_a_license_with_a_serial_is_bought_alone() public {
        open(MONTHLY, priceOf(3e6));
        uint256 first = licenses.licenseIdOf(_id, MONTHLY, 1);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(_id, first, buyer, buyer, MONTHLY, address(dollar), 3e6, 1, 1, 0, 0);
        vm.assertEq(buyOne(MONTHLY), first);
        vm.assertEq(buyOne(MONTHLY), first + 1);
        vm.assertEq(licenses.expiresAt(first), block.timestamp + 30 days);
        buyFails(intentOf(_id, MONTHLY, 2), abi.encodePacked(ILicenseMarket.LicenseMarket__OneAtATime.selector));
    }

    // ------------------------------------------------------------------ bounds

    function test_supply_is_a_limit_and_zero_supply_is_none() public {
        vm.startPrank(buyer);
        market.buy(intentOf(_id, COMMERCIAL, 2), NO_PROOF);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__SoldOut.selector, 1));
        market.buy(intentOf(_id, COMMERCIAL, 2), NO_PROOF);
        market.buy(intentOf(_id, COMMERCIAL, 1), NO_PROOF);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__SoldOut.selector, 0));
        market.buy(intentOf(_id, COMMERCIAL, 1), NO_PROOF);
        market.buy(intentOf(_id, PERSONAL, 100), NO_PROOF);
        vm.stopPrank();
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, COMMERCIAL, 0)), 3);
        // The counter of an unlimited offer ends, too.
        open(PERSONAL, priceOf(1));
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, type(uint32).max);
        buyFails(intent, errorOf(ILicenseMarket.LicenseMarket__SoldOut.selector, type(uint32).max - 100));
    }

    function test_what_the_intent_does_not_allow_is_not_bought() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        intent.maxPrice = 40e6 - 1;
        buyFails(intent, errorOf(IMarket.Market__PriceAboveMaximum.selector, uint256(40e6), uint256(40e6 - 1)));
        intent = intentOf(_id, COMMERCIAL, 1);
        intent.deadline = uint64(block.timestamp - 1);
        buyFails(intent, errorOf(IMarket.Market__Expired.selector, intent.deadline));
        buyFails(intentOf(_id, COMMERCIAL, 0), abi.encodePacked(IMarket.Market__NoQuantity.selector));
        buyFails(
            intentOf(_id + 1, COMMERCIAL, 1),
            abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id + 1, COMMERCIAL)
        );
        buyFails(
            intentOf(_id, REMIX, 1), abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id, REMIX)
        );
        intent = intentOf(_id, COMMERCIAL, 1);
        intent.currency = NATIVE;
        buyFails(intent, abi.encodeWithSelector(ILicenseMarket.LicenseMarket__NoOffer.selector, _id, COMMERCIAL));
        intent = intentOf(_id, COMMERCIAL, 1);
        intent.to = address(0);
        buyFails(intent, errorOf(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        intent.to = address(market);
        buyFails(intent, errorOf(IERC1155Errors.ERC1155InvalidReceiver.selector, address(market)));
        (, uint32 sold,) = market.offer(_id, COMMERCIAL, address(dollar));
        vm.assertEq(sold, 0);
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS);
    }

    function test_without_allowance_or_money_nothing_is_sold() public {
        vm.prank(buyer);
        dollar.approve(address(market), 40e6 - 1);
        buyFails(
            intentOf(_id, COMMERCIAL, 1),
            abi.encodeWithSignature(
                "ERC20InsufficientAllowance(address,uint256,uint256)", market, uint256(40e6 - 1), uint256(40e6)
            )
        );
    }

    function test_an_offer_sells_in_its_window() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.startsAt = uint40(block.timestamp + 10);
        offer.endsAt = uint40(block.timestamp + 20);
        open(PERSONAL, offer);
        bytes memory outside =
            errorOf(ILicenseMarket.LicenseMarket__OutsideWindow.selector, offer.startsAt, offer.endsAt);
        vm.warp(offer.startsAt - 1);
        buyFails(intentOf(_id, PERSONAL, 1), outside);
        vm.warp(offer.startsAt);
        buyOne(PERSONAL);
        vm.warp(offer.endsAt - 1);
        buyOne(PERSONAL);
        vm.warp(offer.endsAt);
        buyFails(intentOf(_id, PERSONAL, 1), outside);
    }

    function test_a_token_that_takes_a_part_sells_nothing() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        shares.addCurrency(address(token));
        token.mint(buyer, 1000);
        vm.prank(buyer);
        token.approve(address(market), 1000);
        open(PERSONAL, address(token), priceOf(100));
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        intent.currency = address(token);
        buyFails(intent, errorOf(IDesignShares.DesignShares__PaymentMismatch.selector, 100, 98));
        vm.assertEq(token.balanceOf(buyer), 1000);
    }

    // ------------------------------------------------------------------ status

    function test_a_suspended_or_withdrawn_entry_sells_nothing_and_a_contested_one_does() public {
        setStatus(IDesignRegistry.Status.Contested);
        buyOne(PERSONAL);
        setStatus(IDesignRegistry.Status.Suspended);
        buyFails(
            intentOf(_id, PERSONAL, 1),
            abi.encodeWithSelector(
                IDesignShares.DesignShares__NotAccepting.selector, _id, IDesignRegistry.Status.Suspended
            )
        );
        setStatus(IDesignRegistry.Status.Active);
        vm.prank(alice);
        registry.setWithdrawn(_id, true);
        buyFails(
            intentOf(_id, PERSONAL, 1),
            abi.encodeWithSelector(
                IDesignShares.DesignShares__NotAccepting.selector, _id, IDesignRegistry.Status.Withdrawn
            )
        );
        vm.prank(alice);
        registry.setWithdrawn(_id, false);
        buyOne(PERSONAL);
    }

    function test_a_closed_currency_sells_nothing() public {
        vm.prank(treasurer);
        shares.closeCurrency(address(dollar), true);
        buyFails(
            intentOf(_id, PERSONAL, 1), errorOf(IDesignShares.DesignShares__CurrencyIsClosed.selector, address(dollar))
        );
    }

    function test_an_exclusive_sale_closes_the_entry() public {
        open(EXCLUSIVE, priceOf(40e6));
        open(EXCLUSIVE, NATIVE, priceOf(1 ether));
        uint256 before = buyOne(PERSONAL);
        uint256 licenseId = licenses.licenseIdOf(_id, EXCLUSIVE, 1);
        vm.expectEmit(address(market));
        emit ILicenseMarket.EntryClosed(_id, licenseId);
        vm.assertEq(buyOne(EXCLUSIVE), licenseId);
        vm.assertEq(licenses.exclusiveOf(_id), licenseId);
        (bool closed,) = market.entryState(_id);
        vm.assertTrue(closed);
        vm.assertTrue(licenses.isActive(before, buyer)); // sold before, and valid

        bytes memory isClosed = errorOf(ILicenseMarket.LicenseMarket__EntryIsClosed.selector, _id);
        buyFails(intentOf(_id, PERSONAL, 1), isClosed);
        buyFails(intentOf(_id, EXCLUSIVE, 1), isClosed);
        ILicenseMarket.BuyIntent memory intent = nativeIntent(1);
        intent.terms = EXCLUSIVE;
        vm.expectRevert(isClosed);
        vm.prank(buyer);
        market.buy{value: 1 ether}(intent, NO_PROOF);
        refuseOffer(PERSONAL, priceOf(1), isClosed);
    }

    // ------------------------------------------------------------------ for someone else

    function test_the_operator_buys_once_for_each_reference() public {
        uint256 licenseId = licenses.licenseIdOf(_id, PERSONAL, 0);
        vm.expectEmit(address(shares));
        emit IDesignShares.RevenueReceived(_id, address(dollar), "order 1", 5e6, 250_000, 0, 4_750_000, 1);
        vm.expectEmit(address(market));
        emit ILicenseMarket.LicenseSold(
            _id, licenseId, buyer, operator, PERSONAL, address(dollar), 5e6, 1, 1, "order 1", 0
        );
        vm.prank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "order 1");
        vm.assertTrue(shares.refUsed("order 1"));
        vm.assertEq(dollar.balanceOf(buyer), BUYERS_DOLLARS);
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 1);

        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__RefUsed.selector, bytes32("order 1")));
        vm.prank(operator);
        market.buyFor(intentOf(_id, COMMERCIAL, 1), NO_PROOF, "order 1");
        expectError(ILicenseMarket.LicenseMarket__NoRef.selector);
        vm.prank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, 0);
        expectUnauthorized(buyer);
        vm.prank(buyer);
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "order 2");
    }

    function test_a_reference_of_a_purchase_that_failed_is_free() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        intent.maxPrice = 1;
        vm.expectRevert(errorOf(IMarket.Market__PriceAboveMaximum.selector, uint256(5e6), 1));
        vm.prank(operator);
        market.buyFor(intent, NO_PROOF, "order 1");
        vm.assertFalse(shares.refUsed("order 1"));
        vm.prank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "order 1");
    }

    function test_the_operator_pays_native_coin_too() public {
        open(PERSONAL, NATIVE, priceOf(1 ether));
        vm.deal(operator, 1 ether);
        vm.prank(operator);
        market.buyFor{value: 1 ether}(nativeIntent(1), NO_PROOF, "order 1");
        vm.assertEq(address(shares).balance, 1 ether);
    }

    // ------------------------------------------------------------------ the rest

    function test_only_the_ledger_calls_for_money() public {
        vm.expectRevert(errorOf(IMarket.Market__NotLedger.selector, stranger));
        vm.prank(stranger);
        market.pay(address(dollar), 1e6, abi.encode(buyer));
        vm.expectRevert(errorOf(IMarket.Market__NotLedger.selector, stranger));
        vm.prank(stranger);
        resale.pay(address(dollar), 1e6, abi.encode(buyer));
    }

    function test_the_guardian_stops_sales_and_the_administrator_lets_them_go_on() public {
        vm.prank(guardian);
        market.pause();
        bytes memory paused = abi.encodeWithSignature("EnforcedPause()");
        buyFails(intentOf(_id, PERSONAL, 1), paused);
        vm.expectRevert(paused);
        vm.prank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "x");
        expectUnauthorized(guardian);
        vm.prank(guardian);
        market.unpause();
        expectUnauthorized(operator);
        vm.prank(operator);
        market.pause();
        market.unpause();
        buyOne(PERSONAL);
    }

    function test_it_names_what_it_serves() public view {
        vm.assertEq(market.registry(), address(registry));
        vm.assertEq(market.shares(), address(shares));
        vm.assertEq(market.licenses(), address(licenses));
    }

    function test_a_buyers_hook_finds_everything_done_and_cannot_enter() public {
        CuriousBuyer curious = new CuriousBuyer(market);
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, COMMERCIAL, 1);
        intent.to = address(curious);
        curious.arm(intentOf(_id, COMMERCIAL, 1));
        vm.prank(buyer);
        market.buy(intent, NO_PROOF);
        vm.assertEq(curious.soldThen(), 1);
        vm.assertEq(curious.answer(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
    }
}

/// @dev Looks at the offer, and buys again, when it gets its license.
contract CuriousBuyer is IERC1155Receiver {
    LicenseMarket private immutable _market;
    ILicenseMarket.BuyIntent private _intent;
    uint32 public soldThen;
    bytes public answer;

    constructor(LicenseMarket market) {
        _market = market;
    }

    function arm(ILicenseMarket.BuyIntent calldata intent) external {
        _intent = intent;
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        (, soldThen,) = _market.offer(_intent.entryId, _intent.terms, _intent.currency);
        (, answer) = address(_market).call(abi.encodeCall(_market.buy, (_intent, new bytes32[](0))));
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return this.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }
}
