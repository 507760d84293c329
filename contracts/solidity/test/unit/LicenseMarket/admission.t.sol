// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {Badges, Collectible, OldVotes, Votes} from "../../support/Gates.sol";
import {MarketSystem} from "../../support/MarketSystem.sol";
import {PlainToken} from "../../support/Tokens.sol";

/// @dev Caps, lists and gates. All look at who gets the license, not at who pays.
contract AdmissionTest is MarketSystem {
    function gated(ILicenseMarket.GateKind kind, address token, uint256 id, uint256 minimum) private {
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.gate = ILicenseMarket.Gate(kind, token, id, minimum);
        open(PERSONAL, offer);
    }

    function isShut() private {
        buyFails(intentOf(_id, PERSONAL, 1), errorOf(ILicenseMarket.LicenseMarket__GateClosed.selector, buyer));
    }

    function test_holders_of_an_erc20() public {
        PlainToken token = new PlainToken();
        gated(ILicenseMarket.GateKind.Balance, address(token), 0, 10);
        token.mint(buyer, 9);
        token.mint(operator, 100);
        isShut();
        // The operator holds enough, but the license is not for them.
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__GateClosed.selector, buyer));
        vm.prank(operator);
        market.buyFor(intentOf(_id, PERSONAL, 1), NO_PROOF, "x");
        token.mint(buyer, 1);
        buyOne(PERSONAL);
    }

    function test_holders_of_an_erc721() public {
        Collectible token = new Collectible();
        gated(ILicenseMarket.GateKind.Balance, address(token), 0, 1);
        isShut();
        token.mint(buyer, 77);
        buyOne(PERSONAL);
    }

    function test_holders_of_one_id_of_an_erc1155() public {
        Badges token = new Badges();
        gated(ILicenseMarket.GateKind.Balance1155, address(token), 5, 2);
        token.mint(buyer, 4, 9);
        token.mint(buyer, 5, 1);
        isShut();
        token.mint(buyer, 5, 1);
        buyOne(PERSONAL);
    }

    /// @dev What is borrowed within a transaction does not count, and what was there a moment ago does.
    function test_holders_of_votes_before_now() public {
        Votes token = new Votes();
        gated(ILicenseMarket.GateKind.PastVotes, address(token), 0, 10);
        token.set(buyer, block.timestamp, 10);
        isShut();
        vm.warp(block.timestamp + 1);
        buyOne(PERSONAL);
        vm.warp(block.timestamp + 1);
        isShut();
    }

    function test_votes_without_a_clock_are_counted_by_block() public {
        OldVotes token = new OldVotes();
        gated(ILicenseMarket.GateKind.PastVotes, address(token), 0, 10);
        token.set(buyer, block.number, 99);
        isShut();
        token.set(buyer, block.number - 1, 10);
        buyOne(PERSONAL);
    }

    function test_only_who_is_on_the_list() public {
        bytes32 first = leafOf(buyer);
        bytes32 second = leafOf(carol);
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.allowRoot =
            first < second ? keccak256(abi.encodePacked(first, second)) : keccak256(abi.encodePacked(second, first));
        open(PERSONAL, offer);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = second;
        buyFails(intentOf(_id, PERSONAL, 1), errorOf(ILicenseMarket.LicenseMarket__NotAllowed.selector, buyer));
        vm.prank(buyer);
        market.buy(intentOf(_id, PERSONAL, 1), proof);
        // The proof of one is none for another.
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        intent.to = bob;
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__NotAllowed.selector, bob));
        vm.prank(buyer);
        market.buy(intent, proof);
        proof[0] = first;
        intent.to = carol;
        vm.prank(buyer);
        market.buy(intent, proof);
    }

    function test_no_account_gets_more_than_its_cap() public {
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.walletCap = 3;
        open(PERSONAL, offer);
        vm.startPrank(buyer);
        market.buy(intentOf(_id, PERSONAL, 2), NO_PROOF);
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__WalletCap.selector, 1));
        market.buy(intentOf(_id, PERSONAL, 2), NO_PROOF);
        // Passing them on makes no room.
        licenses.safeTransferFrom(buyer, carol, licenses.licenseIdOf(_id, PERSONAL, 0), 2, "");
        vm.expectRevert(errorOf(ILicenseMarket.LicenseMarket__WalletCap.selector, 1));
        market.buy(intentOf(_id, PERSONAL, 2), NO_PROOF);
        market.buy(intentOf(_id, PERSONAL, 1), NO_PROOF);
        vm.stopPrank();
        vm.assertEq(market.boughtBy(_id, PERSONAL, address(dollar), buyer), 3);
        // A lower cap later is below what they have.
        offer.walletCap = 1;
        open(PERSONAL, offer);
        buyFails(intentOf(_id, PERSONAL, 1), errorOf(ILicenseMarket.LicenseMarket__WalletCap.selector, 0));
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        intent.to = carol;
        vm.prank(buyer);
        market.buy(intent, NO_PROOF);
    }

    /// @dev A list that was taken away and put back, and a gate that was exchanged, are the new ones.
    function test_what_was_changed_counts_as_it_is_now() public {
        PlainToken token = new PlainToken();
        ILicenseMarket.OfferTerms memory offer = priceOf(1e6);
        offer.allowRoot = leafOf(carol);
        offer.gate = ILicenseMarket.Gate(ILicenseMarket.GateKind.Balance, address(token), 0, 1);
        open(PERSONAL, offer);
        open(PERSONAL, priceOf(1e6));
        buyOne(PERSONAL);
        offer.allowRoot = leafOf(buyer);
        offer.gate.kind = ILicenseMarket.GateKind.None;
        open(PERSONAL, offer);
        buyOne(PERSONAL);
        // A part of a gate that is none is not told as one.
        (ILicenseMarket.OfferTerms memory told,,) = market.offer(_id, PERSONAL, address(dollar));
        vm.assertEq(told.gate.token, address(0));
    }

    function leafOf(address who) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(who))));
    }
}
