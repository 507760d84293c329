// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {IResaleMarket} from "../../src/interfaces/IResaleMarket.sol";
import {MarketSystem} from "../support/MarketSystem.sol";
import {Relaying} from "../support/Relaying.sol";
import {System} from "../support/System.sol";

/// @dev One `msg.value` paid for every turn of a loop.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/211
///  The same by a payable multicall: https://github.com/OpenZeppelin/openzeppelin-contracts/issues/5421
///  Here is neither loop nor multicall; what is left is the forwarder's batch.
contract MsgValueInLoopTest is MarketSystem, Relaying {
    function setUp() public override(MarketSystem, System) {
        super.setUp();
        open(PERSONAL, NATIVE, priceOf(1 ether));
        vm.deal(stranger, 10 ether);
    }

    function test_three_licenses_cost_three_prices_and_not_more() public {
        expectWrongValue(3 ether, 1 ether);
        vm.prank(buyer);
        market.buy{value: 1 ether}(nativeIntent(3), NO_PROOF);
        expectWrongValue(3 ether, 3 ether + 1);
        vm.prank(buyer);
        market.buy{value: 3 ether + 1}(nativeIntent(3), NO_PROOF);
        vm.prank(buyer);
        market.buy{value: 3 ether}(nativeIntent(3), NO_PROOF);
        expectNothingKept(3 ether);
    }

    function test_value_beside_a_token_is_refused() public {
        expectWrongValue(0, 1);
        vm.prank(buyer);
        market.buy{value: 1}(intentOf(_id, PERSONAL, 1), NO_PROOF);
    }

    function test_a_voucher_costs_all_it_sells() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 1 ether, 4);
        voucher.currency = NATIVE;
        bytes memory signature = sign("alice", voucher);
        expectWrongValue(4 ether, 1 ether);
        vm.prank(buyer);
        market.buyWithVoucher{value: 1 ether}(voucher, signature, buyer);
        vm.prank(buyer);
        market.buyWithVoucher{value: 4 ether}(voucher, signature, buyer);
        expectNothingKept(4 ether);
    }

    /// @dev The value goes to two parties there: in all it is the price, and each part is paid once.
    function test_a_resale_pays_the_price_once_in_two_parts() public {
        open(COMMERCIAL, NATIVE, priceOf(1 ether));
        ILicenseMarket.BuyIntent memory intent = nativeIntent(1);
        intent.terms = COMMERCIAL;
        vm.prank(buyer);
        uint256 licenseId = market.buy{value: 1 ether}(intent, NO_PROOF);
        vm.prank(buyer);
        licenses.setApprovalForAll(address(resale), true);
        IResaleMarket.ResaleOrder memory order = orderOf(buyer, address(licenses), licenseId, 1, 2 ether);
        order.currency = NATIVE;
        bytes memory signature = sign("buyer", order);
        uint256 before = buyer.balance;
        vm.deal(stranger, 10 ether);
        expectWrongValue(2 ether, 0.2 ether);
        vm.prank(stranger);
        resale.fill{value: 0.2 ether}(order, signature, stranger, 2 ether);
        vm.prank(stranger);
        resale.fill{value: 2 ether}(order, signature, stranger, 2 ether);
        vm.assertEq(buyer.balance, before + 1.8 ether);
        expectNothingKept(1.2 ether);
    }

    function test_a_batch_brings_the_coin_of_each_request() public {
        ERC2771Forwarder.ForwardRequestData[] memory list = requests(1 ether);
        vm.prank(stranger);
        forwarder.executeBatch{value: 2 ether}(list, payable(address(0)));
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, PERSONAL, 0)), 2);
        vm.assertEq(address(shares).balance, 2 ether);
        vm.assertEq(stranger.balance, 8 ether);
    }

    function test_a_batch_with_the_coin_of_one_buys_nothing() public {
        ERC2771Forwarder.ForwardRequestData[] memory list = requests(1 ether);
        vm.expectRevert();
        vm.prank(stranger);
        forwarder.executeBatch{value: 1 ether}(list, payable(address(0)));
        vm.assertEq(licenses.balanceOf(buyer, licenses.licenseIdOf(_id, PERSONAL, 0)), 0);
    }

    function test_no_contract_runs_several_calls_in_one() public {
        address[5] memory ours =
            [address(registry), address(shares), address(licenses), address(market), address(resale)];
        bytes[] memory calls = new bytes[](2);
        for (uint256 i = 0; i < ours.length; ++i) {
            (bool succeeded, bytes memory reason) =
                ours[i].call{value: 0}(abi.encodeWithSignature("multicall(bytes[])", calls));
            vm.assertFalse(succeeded);
            vm.assertEq(reason.length, 0);
            // And none takes coin that belongs to nothing.
            vm.prank(buyer);
            (succeeded,) = ours[i].call{value: 1}("");
            vm.assertFalse(succeeded);
        }
    }

    /// @dev The buyer's two purchases, one after the other.
    function requests(uint256 value) private view returns (ERC2771Forwarder.ForwardRequestData[] memory list) {
        list = new ERC2771Forwarder.ForwardRequestData[](2);
        bytes memory call = abi.encodeCall(market.buy, (nativeIntent(1), NO_PROOF));
        list[0] = requestOf("buyer", address(market), value, call);
        list[1] = requestAt("buyer", address(market), value, call, forwarder.nonces(buyer) + 1);
    }

    function expectWrongValue(uint256 expected, uint256 given) private {
        vm.expectRevert(errorOf(IMarket.Market__WrongValue.selector, expected, given));
    }

    function expectNothingKept(uint256 inTheLedger) private view {
        vm.assertEq(address(shares).balance, inTheLedger);
        vm.assertEq(address(market).balance, 0);
        vm.assertEq(address(resale).balance, 0);
    }
}
