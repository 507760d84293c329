// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignLicenses} from "../../../src/DesignLicenses.sol";
import {DesignRegistry} from "../../../src/DesignRegistry.sol";
import {DesignShares} from "../../../src/DesignShares.sol";
import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {TestStablecoin} from "../../../src/TestStablecoin.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../../src/interfaces/ILicenseMarket.sol";
import {System} from "../../support/System.sol";

/// @dev Drives all contracts together, from signature to payout, and keeps count of what should have happened.
contract MarketHandler is System {
    uint256 internal constant MAX_ENTRIES = 8;
    uint256 internal constant REFS = 60;

    uint256 private _aliceKey;
    uint128[] public entries;

    uint256 public refsAccepted;
    uint256 public grossInAll;
    uint256 public paidInAll;
    mapping(bytes32 ref => uint256) public timesAccepted;
    mapping(uint256 licenseId => uint256) public sold;
    mapping(uint128 entryId => uint256) public gross;
    mapping(bytes32 outputHash => uint32) public claims;

    function setUp() public override {
        super.setUp();
        _aliceKey = keyOf("alice");
        dollar.mint(buyer, 1e15);
        vm.prank(buyer);
        dollar.approve(address(market), type(uint256).max);
        actRegister(0);
    }

    function deployed()
        external
        view
        returns (DesignRegistry, DesignShares, DesignLicenses, LicenseMarket, TestStablecoin)
    {
        return (registry, shares, licenses, market, dollar);
    }

    /// @dev Alice claims one of four outputs, again and again: only the first time counts.
    function actRegister(uint256 outputSeed) public {
        if (entries.length == MAX_ENTRIES) return;
        bytes32 outputHash = keccak256(abi.encode(outputSeed % 4));
        uint128 id = registry.entryIdOf(alice, outputHash);
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, solely(alice));
        r.offers = twoOffers();
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signatureOf(_aliceKey, registry.digestOf(r));
        bool fresh = !registry.isRegistered(id);
        vm.prank(operator);
        try registry.register(r, signatures, 0) {
            vm.assertTrue(fresh, "15: an entry was registered twice");
            entries.push(id);
            ++claims[outputHash];
        } catch (bytes memory reason) {
            vm.assertFalse(fresh, "a fresh registration failed");
            vm.assertEq(reason, abi.encodeWithSelector(IDesignRegistry.DesignRegistry__AlreadyRegistered.selector, id));
        }
    }

    function actBuyFor(uint256 entrySeed, uint256 refSeed, uint32 quantity, bool commercial) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, quantity, commercial);
        bytes32 ref = bytes32(refSeed % REFS + 1);
        (uint128 price, bool available) = priceOf(intent);
        bool expected = timesAccepted[ref] == 0 && available;
        vm.prank(operator);
        (bool succeeded,) = address(market).call(abi.encodeCall(ILicenseMarket.buyFor, (intent, ref)));
        vm.assertEq(succeeded, expected);
        if (succeeded) {
            ++timesAccepted[ref];
            ++refsAccepted;
            noteSale(intent, price);
        }
    }

    function actBuy(uint256 entrySeed, uint32 quantity, bool commercial) external {
        ILicenseMarket.BuyIntent memory intent = intentFor(entrySeed, quantity, commercial);
        (uint128 price, bool available) = priceOf(intent);
        vm.prank(buyer);
        (bool succeeded,) = address(market).call(abi.encodeCall(ILicenseMarket.buy, (intent)));
        vm.assertEq(succeeded, available);
        if (succeeded) noteSale(intent, price);
    }

    function actTransferShares(uint256 entrySeed, uint256 fromSeed, uint256 toSeed, uint256 value) external {
        uint128 id = entries[entrySeed % entries.length];
        address from = personOf(fromSeed);
        value = bound(value, 0, shares.balanceOf(from, id));
        address to = personOf(toSeed);
        vm.prank(from);
        shares.safeTransferFrom(from, to, id, value, "");
    }

    function actPayOut(uint256 entrySeed) external {
        uint128 id = entries[entrySeed % entries.length];
        address[] memory holders = new address[](3);
        (holders[0], holders[1], holders[2]) = (alice, bob, carol);
        uint256 before = dollar.balanceOf(address(shares));
        shares.claimFor(id, address(dollar), holders);
        paidInAll += before - dollar.balanceOf(address(shares));
    }

    function entryCount() external view returns (uint256) {
        return entries.length;
    }

    function personOf(uint256 seed) public view returns (address) {
        return seed % 3 == 0 ? alice : seed % 3 == 1 ? bob : carol;
    }

    function intentFor(uint256 entrySeed, uint32 quantity, bool commercial)
        private
        view
        returns (ILicenseMarket.BuyIntent memory)
    {
        uint128 id = entries[entrySeed % entries.length];
        return intentOf(id, commercial ? COMMERCIAL : PERSONAL, uint32(bound(quantity, 1, 3)));
    }

    function priceOf(ILicenseMarket.BuyIntent memory intent) private view returns (uint128 price, bool available) {
        uint32 supply;
        (, price, supply,,) = market.offer(intent.entryId, intent.terms);
        uint256 licenseId = licenses.licenseIdOf(intent.entryId, intent.terms, 0);
        available = supply == 0 || sold[licenseId] + intent.quantity <= supply;
    }

    function noteSale(ILicenseMarket.BuyIntent memory intent, uint128 price) private {
        sold[licenses.licenseIdOf(intent.entryId, intent.terms, 0)] += intent.quantity;
        gross[intent.entryId] += uint256(price) * intent.quantity;
        grossInAll += uint256(price) * intent.quantity;
    }
}
