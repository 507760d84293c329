// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {IResaleMarket} from "../../src/interfaces/IResaleMarket.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {LicenseMarket} from "../../src/LicenseMarket.sol";
import {MarketSystem} from "../support/MarketSystem.sol";
import {Relaying} from "../support/Relaying.sol";
import {System} from "../support/System.sol";

/// @dev A guard keyed by the bytes of a signature is passed by its malleated or compact form.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/369
///  Here an entry exists once, and all else that is signed is spent by its digest, whatever the bytes.
contract ReplayBySignatureBytesTest is MarketSystem, Relaying {
    function setUp() public override(MarketSystem, System) {
        super.setUp();
    }

    // ------------------------------------------------------------------ registrations

    function test_no_form_of_a_signature_registers_a_second_time() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("other"), solely(alice));
        bytes[3] memory forms = formsOf(keyOf("alice"), registry.digestOf(r));
        register(r, forms[0]);
        uint128 id = registry.entryIdOf(alice, r.outputHash);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(errorOf(IDesignRegistry.DesignRegistry__AlreadyRegistered.selector, id));
            register(r, forms[i]);
        }
    }

    function test_malleated_and_compact_forms_do_not_register_at_all() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("other"), solely(alice));
        bytes[3] memory forms = formsOf(keyOf("alice"), registry.digestOf(r));
        bytes[4] memory wrong = [forms[1], forms[2], bytes.concat(forms[0], hex"00"), bytes("")];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(errorOf(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
            register(r, wrong[i]);
        }
        vm.assertFalse(registry.isRegistered(registry.entryIdOf(alice, r.outputHash)));
    }

    function test_a_signature_of_another_chain_or_contract_is_none() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("other"), solely(alice));
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        bytes memory elsewhere = signatureOf(keyOf("alice"), registry.digestOf(r));
        vm.chainId(here);
        vm.expectRevert(errorOf(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        register(r, elsewhere);

        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        DesignShares otherShares = new DesignShares(address(manager), next, treasury, FEE_PPM, address(0));
        DesignRegistry other =
            new DesignRegistry(address(manager), address(otherShares), address(licenses), address(forwarder));
        bytes memory ofTheOther = signatureOf(keyOf("alice"), other.digestOf(r));
        vm.expectRevert(errorOf(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        register(r, ofTheOther);
    }

    // ------------------------------------------------------------------ intents, vouchers, orders

    function test_no_form_of_an_intents_signature_buys_twice() public {
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        ILicenseMarket.Permit memory none;
        bytes32 digest = market.intentDigest(intent, buyer);
        bytes[3] memory forms = formsOf(keyOf("buyer"), digest);
        for (uint256 i = 1; i < 3; ++i) {
            vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
            market.buyWithPermit(intent, buyer, forms[i], NO_PROOF, none);
        }
        uint256 licenseId = market.buyWithPermit(intent, buyer, forms[0], NO_PROOF, none);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert();
            market.buyWithPermit(intent, buyer, forms[i], NO_PROOF, none);
        }
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 1);
    }

    function test_no_form_of_a_vouchers_or_orders_signature_sells_twice() public {
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 5e6, 1);
        bytes[3] memory forms = formsOf(keyOf("alice"), market.voucherDigest(voucher));
        IResaleMarket.ResaleOrder memory order = orderOf(alice, address(shares), _id, 1, 1e6);
        bytes[3] memory orders = formsOf(keyOf("alice"), resale.orderDigest(order));
        vm.prank(alice);
        shares.setApprovalForAll(address(resale), true);
        vm.startPrank(buyer);
        for (uint256 i = 1; i < 3; ++i) {
            vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, alice));
            market.buyWithVoucher(voucher, forms[i], buyer);
            vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, alice));
            resale.fill(order, orders[i], buyer, order.price);
        }
        uint256 licenseId = market.buyWithVoucher(voucher, forms[0], buyer);
        resale.fill(order, orders[0], buyer, order.price);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert();
            market.buyWithVoucher(voucher, forms[i], buyer);
            vm.expectRevert();
            resale.fill(order, orders[i], buyer, order.price);
        }
        vm.assertEq(licenses.balanceOf(buyer, licenseId), 1);
        vm.assertEq(shares.balanceOf(buyer, _id), 1);
    }

    /// @dev A contract wallet may find any bytes good. It sells once all the same.
    function test_a_wallet_that_accepts_every_form_sells_once() public {
        CarelessWallet wallet = new CarelessWallet();
        vm.prank(alice);
        registry.transferControl(_id, address(wallet));
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 5e6, 1);
        bytes32 digest = market.voucherDigest(voucher);
        vm.startPrank(buyer);
        market.buyWithVoucher(voucher, "one form", buyer);
        vm.expectRevert(abi.encodeWithSelector(IMarket.Market__Void.selector, digest));
        market.buyWithVoucher(voucher, "another form", buyer);
        vm.assertTrue(market.isVoid(digest));
    }

    function test_intents_vouchers_and_orders_of_another_chain_or_contract_are_none() public {
        LicenseMarket other = new LicenseMarket(address(manager), address(registry), address(forwarder));
        ILicenseMarket.BuyIntent memory intent = intentOf(_id, PERSONAL, 1);
        ILicenseMarket.Voucher memory voucher = voucherOf(PERSONAL, 5e6, 1);
        IResaleMarket.ResaleOrder memory order = orderOf(alice, address(shares), _id, 1, 1e6);
        ILicenseMarket.Permit memory none;
        bytes memory intents = signatureOf(keyOf("buyer"), other.intentDigest(intent, buyer));
        bytes memory vouchers = signatureOf(keyOf("alice"), other.voucherDigest(voucher));
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, buyer));
            market.buyWithPermit(intent, buyer, intents, NO_PROOF, none);
            vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, alice));
            market.buyWithVoucher(voucher, vouchers, buyer);
            uint256 here = block.chainid;
            vm.chainId(here + 1);
            intents = signIntent("buyer", intent);
            vouchers = sign("alice", voucher);
            bytes memory orders = sign("alice", order);
            vm.chainId(here);
            vm.expectRevert(errorOf(IMarket.Market__BadSignature.selector, alice));
            resale.fill(order, orders, buyer, order.price);
        }
    }

    function register(IDesignRegistry.Registration memory r, bytes memory signature) private {
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature;
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
    }
}

/// @dev Finds everything signed.
contract CarelessWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}
