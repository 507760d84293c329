// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IResaleMarket} from "../../../src/interfaces/IResaleMarket.sol";
import {MarketSales} from "./MarketSales.sol";

/// @dev Holders sell on what they hold: licenses, also with serials and with a royalty, and shares, also with what descendants
///  owe them settled first. Orders are also changed, late, canceled, for someone else, elsewhere and in their other forms.
abstract contract MarketResale is MarketSales {
    function actResellLicense(uint256 seed, uint256 which, uint256 quantity, uint256 price, uint256 twist) external {
        IResaleMarket.ResaleOrder memory order = orderOf(address(licenses), licenseFor(seed, which), price);
        order.seller = licenses.balanceOf(buyer, order.id) != 0 ? buyer : carol;
        uint256 held = licenses.balanceOf(order.seller, order.id);
        order.quantity = quantity % 8 == 0 ? held + 1 : bound(quantity, 1, held == 0 ? 1 : held);
        bytes32 terms = licenses.termsOf(order.id);
        bool can = terms != MONTHLY && order.quantity <= held && isResellable(uint128(order.id >> 128));
        uint256 royalty = terms == COMMERCIAL ? order.price / 10 : 0;
        address to = twist >> 8 & 3 == 0 ? address(_hostile) : order.seller == buyer ? carol : buyer;
        if (!fill(order, order.seller == buyer ? _buyerKey : _carolKey, to, royalty, can, twist % 8)) return;
        vm.assertEq(licenses.balanceOf(order.seller, order.id), held - order.quantity);
        if (uint32(order.id) != 0) _serials[order.id].holder = to;
        happened(royalty == 0 ? bytes32("license resold") : bytes32("license resold with royalty"));
    }

    function actResellShares(uint256 entrySeed, uint256 who, uint256 quantity, uint256 price, uint256 twist) external {
        IResaleMarket.ResaleOrder memory order =
            orderOf(address(shares), entryOf(who >> 16 & 1 == 0 ? 0 : entrySeed), price);
        order.seller = [alice, buyer, carol][who % 3];
        uint256 held = shares.balanceOf(order.seller, order.id);
        order.quantity = quantity % 8 == 0 ? held + 1 : bound(quantity, 1, held < 10 ? 10 : held / 4);
        // Also what owes it nothing.
        if (who >> 8 & 1 == 1) order.settleFirst = entries;
        sellShares(order, [_aliceKey, _buyerKey, _carolKey][who % 3], held, twist % 8);
    }

    /// @dev 6: who sells and who buys are owed what they were owed, and the seller their part of what is settled first.
    function sellShares(IResaleMarket.ResaleOrder memory order, uint256 key, uint256 held, uint256 twist) private {
        address to = order.seller == buyer ? carol : buyer;
        bool can = order.quantity <= held && isResellable(uint128(order.id));
        uint256[3] memory before = earnings(uint128(order.id), order.seller, to);
        if (!fill(order, key, to, 0, can, twist)) return;
        vm.assertEq(shares.balanceOf(order.seller, order.id), held - order.quantity);
        uint256[3] memory now_ = earnings(uint128(order.id), order.seller, to);
        uint256 part = (now_[0] - before[0]) * held / 1e6;
        vm.assertGe(now_[1], before[1] + part, "6: the seller lost what they had earned");
        vm.assertLe(now_[1], before[1] + part + 1, "6: the seller earned more than their part");
        if (now_[0] == before[0]) vm.assertEq(now_[2], before[2], "6: units brought the buyer money");
        else happened("shares resold after settling");
        happened("shares resold");
        for (uint256 i = 0; i < order.settleFirst.length; ++i) {
            (uint256 earned, uint256 settled) =
                shares.ancestorAccount(order.settleFirst[i], uint128(order.id), address(dollar));
            vm.assertEq(settled, earned, "6: what was to be settled first was not");
        }
    }

    /// @dev In all forms of the signature, of which only the plain one sells, and once.
    function fill(
        IResaleMarket.ResaleOrder memory order,
        uint256 key,
        address to,
        uint256 royalty,
        bool can,
        uint256 twist
    ) private returns (bool sold) {
        if (twist == 1) order.deadline = uint64(block.timestamp - 1);
        if (twist == 2) order.buyer = stranger;
        if (twist == 3) vm.chainId(block.chainid + 1);
        bytes[3] memory forms = formsOf(key, resale.orderDigest(order));
        if (twist == 3) vm.chainId(block.chainid - 1);
        if (twist == 4) order.salt = 0; // not what was signed
        if (twist > 4) {
            // Only the seller cancels.
            vm.prank(twist == 5 ? order.seller : stranger);
            (bool canceled,) = address(resale).call(abi.encodeCall(resale.cancelOrder, (order)));
            vm.assertEq(canceled, twist == 5);
        }
        bool expected = can && (twist == 0 || twist > 5);
        for (uint256 i = 0; i < 3; ++i) {
            // The other forms first.
            uint256 form = (i + 1) % 3;
            bool done = fill(order, forms[form], to, royalty);
            vm.assertEq(done, expected && form == 0, "9, 14: a resale");
            sold = sold || done;
        }
        vm.assertFalse(fill(order, forms[0], to, royalty), "9: an order was executed twice");
    }

    /// @dev Whoever is not the seller pays: so much to the seller, so much to the work, nothing to the platform.
    function fill(IResaleMarket.ResaleOrder memory order, bytes memory signature, address to, uint256 royalty)
        private
        returns (bool done)
    {
        address payer = order.seller == buyer ? carol : buyer;
        (uint256 sellers, uint256 payers) = (dollar.balanceOf(order.seller), dollar.balanceOf(payer));
        bytes memory call = abi.encodeCall(resale.fill, (order, signature, to, order.price));
        arm(to, address(resale), call);
        vm.prank(payer);
        (done,) = address(resale).call(call);
        vm.assertEq(payers - dollar.balanceOf(payer), done ? order.price : 0, "12: something else was charged");
        vm.assertEq(dollar.balanceOf(order.seller) - sellers, done ? order.price - royalty : 0);
        if (!done) return false;
        checkReentry(to);
        touched = uint128(order.token == address(shares) ? order.id : order.id >> 128);
        royalties[touched] += royalty;
    }

    /// @dev Mostly what somebody may hold.
    function licenseFor(uint256 seed, uint256 which) private view returns (uint256) {
        if (which % 8 == 0 && _printings.length != 0) return _printings[seed % _printings.length];
        if (which % 8 == 1 && _exclusives.length != 0) return _exclusives[seed % _exclusives.length];
        if (which % 8 == 2 && _monthlies.length != 0) return _monthlies[seed % _monthlies.length];
        if (_perpetuals.length != 0) return _perpetuals[seed % _perpetuals.length];
        return licenses.licenseIdOf(entryOf(seed), PERSONAL, 0);
    }

    function orderOf(address token, uint256 id, uint256 price)
        private
        returns (IResaleMarket.ResaleOrder memory order)
    {
        (order.token, order.id, order.currency) = (token, id, address(dollar));
        (order.price, order.deadline) = (uint128(bound(price, 1, 40e6)), uint64(block.timestamp));
        order.salt = bytes32(++_counter);
    }

    function isResellable(uint128 id) private view returns (bool) {
        return uint8(statusOf(id)) <= uint8(IDesignRegistry.Status.Contested);
    }

    /// @dev What an entry has earned in all, and what two holders can claim of it.
    function earnings(uint128 id, address first, address second) private view returns (uint256[3] memory list) {
        (, list[0],,) = shares.totals(id, address(dollar));
        list[1] = shares.claimable(id, address(dollar), first);
        list[2] = shares.claimable(id, address(dollar), second);
    }
}
