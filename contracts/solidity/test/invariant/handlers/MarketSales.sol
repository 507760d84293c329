// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {MarketBooks} from "./MarketBooks.sol";

/// @dev First sales in every way, with what is signed also in its other forms, changed, late, canceled and elsewhere. Carol
///  never gives a market an allowance: she pays with a permit or an authorization.
abstract contract MarketSales is MarketBooks {
    uint256 internal _buyerKey;
    uint256 internal _carolKey;
    uint256 internal _aliceKey;
    uint256 private _strangerKey;

    function setUp() public virtual override {
        super.setUp();
        (_buyerKey, _carolKey, _aliceKey) = (keyOf("buyer"), keyOf("carol"), keyOf("alice"));
        _strangerKey = keyOf("stranger");
    }

    function actBuy(uint256 entrySeed, uint256 termsSeed, uint256 quantity, uint256 maxPrice, uint256 to) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, maxPrice, to);
        if (attempt(intent, buyer, buyer, abi.encodeCall(market.buy, (intent, NO_PROOF)), true)) happened("bought");
    }

    function actBuyFor(uint256 entrySeed, uint256 termsSeed, uint256 quantity, uint256 refSeed) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, 40e6, refSeed);
        bytes32 ref = bytes32(refSeed % REFS + 1);
        bool isNew = timesAccepted[ref] == 0;
        bytes memory call = abi.encodeCall(market.buyFor, (intent, NO_PROOF, ref));
        if (!attempt(intent, operator, operator, call, isNew)) {
            if (!isNew && sells(intent)) happened("reference refused");
            return;
        }
        ++timesAccepted[ref];
        happened("bought for someone");
    }

    /// @dev 9: a signed intent in all its forms, one after the other.
    function actSigned(uint256 entrySeed, uint256 termsSeed, uint256 quantity, uint256 twist) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, 40e6, twist >> 8);
        twist %= 6;
        if (twist == 1) intent.deadline = uint64(block.timestamp - 1);
        bytes32 digest = market.intentDigest(intent, buyer);
        if (twist == 2) {
            vm.prank(buyer);
            market.cancelIntent(intent);
        }
        if (twist == 3) vm.chainId(block.chainid + 1);
        bytes32 signed = market.intentDigest(intent, buyer);
        if (twist == 3) vm.chainId(block.chainid - 1);
        bytes[3] memory forms = formsOf(_buyerKey, signed);
        if (twist == 4) intent.to = bob; // not what was signed
        bool valid = twist == 0 || twist == 5;
        uint256 executions = 0;
        for (uint256 i = 0; i < 3; ++i) {
            // The other forms first (5), or the plain one first.
            uint256 form = twist == 5 ? (i + 1) % 3 : i;
            bool plain = form == 0;
            if (attempt(intent, stranger, buyer, permitCall(intent, forms[form]), valid && plain)) ++executions;
        }
        vm.assertLe(executions, 1, "9: one signature was executed twice");
        // Nor is it one for another action: an authorization with the same digest as nonce, or a voucher.
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_buyerKey, digest);
        ILicenseMarket.Authorization memory a = ILicenseMarket.Authorization(0, type(uint256).max, v, r, s);
        attempt(
            intent, stranger, buyer, abi.encodeCall(market.buyWithAuthorization, (intent, buyer, NO_PROOF, a)), false
        );
        if (executions == 1) happened("bought by intent");
    }

    /// @dev 9: with an ERC-2612 permit, which somebody may use first; or which is spoiled, so that nothing is allowed.
    function actPermit(uint256 entrySeed, uint256 termsSeed, uint256 quantity, uint256 maxPrice, uint256 twist)
        external
    {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, maxPrice, twist >> 8);
        twist %= 5;
        bytes32 digest = market.intentDigest(intent, carol);
        bytes memory signature = signatureOf(twist == 1 ? _strangerKey : _carolKey, digest);
        ILicenseMarket.Permit memory p = permitOf(carol, _carolKey, uint256(intent.maxPrice) * intent.quantity);
        if (twist == 2) {
            vm.prank(stranger);
            dollar.permit(carol, address(market), p.value, p.deadline, p.v, p.r, p.s);
        }
        if (twist == 3) p.value += 1; // not what was signed
        bytes memory call = abi.encodeCall(market.buyWithPermit, (intent, carol, signature, NO_PROOF, p));
        bool done = attempt(intent, stranger, carol, call, twist != 1 && twist != 3);
        attempt(intent, stranger, carol, call, !done && twist != 1 && twist != 3);
        // What is left of it is no help to the next one.
        vm.prank(carol);
        dollar.approve(address(market), 0);
        if (done) happened(twist == 2 ? bytes32("bought with a used permit") : bytes32("bought by permit"));
    }

    /// @dev 9: with an ERC-3009 authorization, which nobody but the market can use.
    function actAuthorize(uint256 entrySeed, uint256 termsSeed, uint256 quantity, uint256 maxPrice, uint256 twist)
        external
    {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, termsSeed, quantity, maxPrice, twist >> 8);
        twist %= 7;
        if (twist == 1) vm.chainId(block.chainid + 1);
        ILicenseMarket.Authorization memory a = authorize(carol, twist == 2 ? _strangerKey : _carolKey, intent);
        if (twist == 1) vm.chainId(block.chainid - 1);
        if (twist == 3) a.validBefore = type(uint256).max - 1; // not what was signed
        if (twist == 4) {
            vm.prank(carol);
            market.cancelIntent(intent);
        }
        if (twist == 5) {
            bytes32 nonce = market.intentDigest(intent, carol);
            uint256 value = uint256(intent.maxPrice) * intent.quantity;
            vm.expectRevert();
            vm.prank(stranger);
            dollar.receiveWithAuthorization(
                carol, address(market), value, a.validAfter, a.validBefore, nonce, a.v, a.r, a.s
            );
        }
        bool valid = twist == 0 || twist > 4;
        bytes memory call = abi.encodeCall(market.buyWithAuthorization, (intent, carol, NO_PROOF, a));
        bool done = attempt(intent, stranger, carol, call, valid);
        attempt(intent, stranger, carol, call, !done && valid);
        if (done) happened("bought by authorization");
    }

    /// @dev 9, and 12 for what is sold by signature.
    function actVoucher(uint256 entrySeed, uint256 termsSeed, uint256 price, uint256 quantity, uint256 twist) external {
        ILicenseMarket.Voucher memory v;
        (v.entryId, v.terms, v.currency) = (entryOf(entrySeed), termsOf(termsSeed), address(dollar));
        (v.price, v.quantity) = (uint128(bound(price, 1, 40e6)), uint32(quantity % 4 == 3 ? 2 : 1));
        (v.deadline, v.salt) = (uint64(block.timestamp), bytes32(++_counter));
        address to = receiverOf(twist >> 8);
        twist %= 10;
        if (twist == 1) v.deadline -= 1;
        if (twist == 2) (v.startsAt, v.deadline) = (v.deadline + 1, v.deadline + 2);
        if (twist == 3) v.to = stranger;
        if (twist == 4) vm.chainId(block.chainid + 1);
        bytes[3] memory forms = formsOf(twist == 5 ? _strangerKey : _aliceKey, market.voucherDigest(v));
        if (twist == 4) vm.chainId(block.chainid - 1);
        if (twist == 6) {
            vm.prank(alice);
            market.cancelVoucher(v);
        }
        if (twist == 7) v.price += 1; // not what was signed
        bool expected = (twist == 0 || twist > 7) && isForSale(v.entryId) && v.price >= floors[v.entryId]
            && v.terms != PRINTING && (v.quantity == 1 || !isSerial(v.terms)) && to != address(dollar);
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory call = abi.encodeCall(market.buyWithVoucher, (v, forms[i], to));
            arm(to, address(market), call);
            uint256 before = dollar.balanceOf(buyer);
            (bool done, uint256 licenseId) = tryAs(buyer, call);
            vm.assertEq(done, expected && i == 0, "9, 12: a voucher");
            vm.assertEq(before - dollar.balanceOf(buyer), done ? uint256(v.price) * v.quantity : 0);
            if (!done) continue;
            checkReentry(to);
            noteSale(v.entryId, v.terms, licenseId, to, v.quantity, v.price);
            happened("bought by voucher");
        }
    }

    /// @dev Buys, and compares with what should happen: the price goes, one license comes, or nothing changes.
    function attempt(
        ILicenseMarket.BuyIntent memory intent,
        address caller,
        address payer,
        bytes memory call,
        bool otherwise
    ) private returns (bool done) {
        bytes32 key = keyFor(intent.entryId, intent.terms);
        uint128 price = _offers[key].price;
        otherwise = otherwise && sells(intent);
        uint256 before = dollar.balanceOf(payer);
        arm(intent.to, address(market), abi.encodeCall(market.buy, (intent, NO_PROOF)));
        uint256 licenseId;
        (done, licenseId) = tryAs(caller, call);
        vm.assertEq(done, otherwise, "9, 12: a purchase");
        vm.assertEq(
            before - dollar.balanceOf(payer),
            done ? uint256(price) * intent.quantity : 0,
            "12: something else was charged than the price"
        );
        if (!done) return false;
        checkReentry(intent.to);
        _offers[key].sold += intent.quantity;
        if (_offers[key].cap != 0) _got[key][intent.to] += intent.quantity;
        if (intent.terms == PRINTING) _serials[licenseId].unitPrice = _offers[key].unitPrice;
        noteSale(intent.entryId, intent.terms, licenseId, intent.to, intent.quantity, price);
    }

    function tryAs(address caller, bytes memory call) private returns (bool done, uint256 licenseId) {
        bytes memory answer;
        vm.prank(caller);
        (done, answer) = address(market).call(call);
        if (done) licenseId = abi.decode(answer, (uint256));
    }

    function intentFor(uint256 entrySeed, uint256 termsSeed, uint256 quantity, uint256 maxPrice, uint256 to)
        internal
        returns (ILicenseMarket.BuyIntent memory intent)
    {
        bytes32 terms = termsOf(termsSeed);
        intent = intentOf(entryOf(entrySeed), terms, uint32(bound(quantity, 1, 3)));
        // Several of these are always refused.
        if (isSerial(terms) && quantity % 4 != 0) intent.quantity = 1;
        intent.maxPrice = limitFor(maxPrice);
        intent.to = receiverOf(to);
        intent.deadline = uint64(block.timestamp + ++_counter); // no two are the same
    }

    /// @dev Half of all limits are above every price.
    function limitFor(uint256 seed) internal pure returns (uint128) {
        return seed % 2 == 0 ? 40e6 : uint128(bound(seed, 1, 40e6));
    }

    /// @dev The last one cannot hold licenses.
    function receiverOf(uint256 seed) internal view returns (address) {
        seed %= 12;
        if (seed < 6) return buyer;
        return seed < 9 ? carol : seed < 11 ? address(_hostile) : address(dollar);
    }

    function permitCall(ILicenseMarket.BuyIntent memory intent, bytes memory signature)
        private
        view
        returns (bytes memory)
    {
        ILicenseMarket.Permit memory none;
        return abi.encodeCall(market.buyWithPermit, (intent, buyer, signature, NO_PROOF, none));
    }
}
