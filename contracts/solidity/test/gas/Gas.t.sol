// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {System} from "../support/System.sol";

/// @dev Whole-transaction gas. Runs only isolated (`script/contracts gas`): each call of a test is then a transaction
///  of its own, with 21,000 base gas, its calldata, and cold storage. Everyone has had coins and dollars before, and
///  the warm entry has sold before in both currencies.
abstract contract Measured is System {
    uint256 internal _number;
    uint128 internal _warm;

    function setUp() public override {
        super.setUp();
        address[7] memory people = [treasury, alice, bob, carol, buyer, operator, address(source)];
        for (uint256 i = 0; i < people.length; ++i) {
            vm.deal(people[i], 1e24);
            dollar.mint(people[i], 1e12);
        }
        vm.startPrank(buyer);
        dollar.approve(address(market), type(uint256).max);
        dollar.approve(address(shares), type(uint256).max);
        vm.stopPrank();
        _warm = registerShared(keccak256("warm"), 700_000);
        vm.prank(operator);
        market.buyFor(intentOf(_warm, PERSONAL, 1), NO_PROOF, keccak256("warming"));
        ILicenseMarket.OfferTerms memory offer;
        offer.price = 1e15;
        vm.prank(alice);
        market.openOffer(_warm, PERSONAL, NATIVE, offer);
        vm.prank(buyer);
        market.buy{value: 1e15}(nativeIntent(), NO_PROOF);
    }

    // ------------------------------------------------------------------ help

    function next() internal returns (bytes32) {
        return keccak256(abi.encode("file", ++_number));
    }

    function nativeIntent() internal view returns (ILicenseMarket.BuyIntent memory intent) {
        intent = intentOf(_warm, PERSONAL, 1);
        intent.currency = NATIVE;
        intent.maxPrice = 1e15;
    }

    function evenly(uint256 count) internal view returns (IDesignRegistry.ShareAllocation[] memory list) {
        address[3] memory people = [alice, bob, carol];
        list = new IDesignRegistry.ShareAllocation[](count);
        uint32 given = 0;
        for (uint256 i = 1; i < count; ++i) {
            list[i] = IDesignRegistry.ShareAllocation(people[i], uint32(1_000_000 / count));
            given += list[i].units;
        }
        list[0] = IDesignRegistry.ShareAllocation(alice, 1_000_000 - given);
    }

    function measure(string memory name, IDesignRegistry.Registration memory r, uint256 more) internal {
        string[3] memory names = ["alice", "bob", "carol"];
        bytes[] memory signatures = new bytes[](more + 1);
        bytes32 digest = registry.digestOf(r);
        for (uint256 i = 0; i <= more; ++i) {
            signatures[i] = signatureOf(keyOf(names[i]), digest);
        }
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        vm.snapshotGasLastCall("Gas", name);
    }

    function openEntry(uint32 ppm, bool binding) internal returns (uint128) {
        IDesignRegistry.Registration memory r = registrationOf(alice, next(), solely(alice));
        r.standing = IDesignRegistry.Standing(true, binding, ppm);
        return register("alice", r);
    }

    /// @dev An entry with `count` parents, all binding at a low rate.
    function familyOf(uint256 count) internal returns (uint128) {
        uint128[] memory parents = new uint128[](count);
        for (uint256 i = 0; i < count; ++i) {
            parents[i] = openEntry(1000, true);
        }
        IDesignRegistry.Registration memory r = childOf(alice, next(), parents);
        r.standing = IDesignRegistry.Standing(true, true, 1000);
        return register("alice", r);
    }

    function heldByTen() internal returns (uint128 entryId, address[] memory holders) {
        entryId = registerAlone(next());
        holders = new address[](10);
        for (uint256 i = 0; i < 10; ++i) {
            holders[i] = address(uint160(0xA11CE000 + i));
            vm.deal(holders[i], 1);
            dollar.mint(holders[i], 1);
            vm.prank(alice);
            shares.safeTransferFrom(alice, holders[i], entryId, 100_000, "");
        }
        source.deposit(entryId, address(dollar), 1e9);
        source.deposit(entryId, NATIVE, 1e18);
    }
}

contract GasTest is Measured {
    function test_register() public {
        measure("register-original", registrationOf(alice, next(), solely(alice)), 0);
        measure("register-1-more-co-creator", registrationOf(alice, next(), evenly(2)), 1);
        measure("register-2-more-co-creators", registrationOf(alice, next(), evenly(3)), 2);
        IDesignRegistry.Registration memory r = registrationOf(alice, next(), solely(alice));
        r.offers = twoOffers();
        measure("register-original-2-offers", r, 0);
    }

    function test_register_derived() public {
        uint128[] memory parents = new uint128[](1);
        parents[0] = openEntry(100_000, false);
        measure("register-one-parent", childOf(alice, next(), parents), 0);
        parents = new uint128[](8);
        for (uint256 i = 0; i < 8; ++i) {
            parents[i] = familyOf(7);
        }
        measure("register-64-ancestors", childOf(alice, next(), parents), 0);
    }

    function test_buy() public {
        vm.prank(buyer);
        market.buy(intentOf(_warm, PERSONAL, 1), NO_PROOF);
        vm.snapshotGasLastCall("Gas", "buy-warm-erc20");
        vm.prank(buyer);
        market.buy{value: 1e15}(nativeIntent(), NO_PROOF);
        vm.snapshotGasLastCall("Gas", "buy-warm-native");
        vm.prank(operator);
        market.buyFor(intentOf(_warm, PERSONAL, 1), NO_PROOF, keccak256("again"));
        vm.snapshotGasLastCall("Gas", "buyFor-same-buyer-again");
        ILicenseMarket.BuyIntent memory intent = intentOf(_warm, PERSONAL, 1);
        intent.to = stranger;
        vm.prank(buyer);
        market.buy(intent, NO_PROOF);
        vm.snapshotGasLastCall("Gas", "buy-new-buyer-erc20");
    }

    function test_deposit() public {
        vm.prank(buyer);
        shares.donate(_warm, address(dollar), 1e6);
        vm.snapshotGasLastCall("Gas", "deposit-erc20");
        vm.prank(buyer);
        shares.donate{value: 1e15}(_warm, NATIVE, 1e15);
        vm.snapshotGasLastCall("Gas", "deposit-native");
    }

    function test_claim() public {
        vm.prank(alice);
        shares.claim(_warm, address(dollar));
        vm.snapshotGasLastCall("Gas", "claim-first-erc20");
        vm.prank(alice);
        shares.claim(_warm, NATIVE);
        vm.snapshotGasLastCall("Gas", "claim-first-native");
        source.deposit(_warm, address(dollar), 1e6);
        source.deposit(_warm, NATIVE, 1e15);
        vm.prank(alice);
        shares.claim(_warm, address(dollar));
        vm.snapshotGasLastCall("Gas", "claim-erc20");
        vm.prank(alice);
        shares.claim(_warm, NATIVE);
        vm.snapshotGasLastCall("Gas", "claim-native");
        shares.withdrawFees(address(dollar));
        vm.snapshotGasLastCall("Gas", "withdrawFees-erc20");
    }

    function test_share_transfer() public {
        vm.prank(alice);
        shares.safeTransferFrom(alice, bob, _warm, 1000, "");
        vm.prank(alice);
        shares.safeTransferFrom(alice, bob, _warm, 1000, "");
        vm.snapshotGasLastCall("Gas", "share-transfer-two-currencies");
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, _warm, 1000, "");
        vm.snapshotGasLastCall("Gas", "share-transfer-new-holder");
    }

    function test_claimFor() public {
        (uint128 entryId, address[] memory holders) = heldByTen();
        shares.claimFor(entryId, address(dollar), holders);
        vm.snapshotGasLastCall("Gas", "claimFor-10-first-payout-erc20");
        shares.claimFor(entryId, NATIVE, holders);
        vm.snapshotGasLastCall("Gas", "claimFor-10-first-payout-native-as-second-currency");
    }
}

/// @dev Where the native coin is the ledger's first currency, whose money stands beside the units.
contract GasOfNativeFirstTest is Measured {
    function listCurrencies() internal override {
        shares.addCurrency(NATIVE);
        shares.addCurrency(address(dollar));
    }

    function test_claim() public {
        vm.prank(alice);
        shares.claim(_warm, NATIVE);
        vm.snapshotGasLastCall("Gas", "claim-first-native-as-first-currency");
    }

    function test_claimFor() public {
        (uint128 entryId, address[] memory holders) = heldByTen();
        shares.claimFor(entryId, NATIVE, holders);
        vm.snapshotGasLastCall("Gas", "claimFor-10-first-payout-native");
    }
}
