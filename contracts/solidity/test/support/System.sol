// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {DesignLicenses} from "../../src/DesignLicenses.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {LicenseMarket} from "../../src/LicenseMarket.sol";
import {TestStablecoin} from "../../src/TestStablecoin.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {TestSource} from "./Accounts.sol";
import {Test} from "./Test.sol";

/// @dev All contracts, deployed as docs/contracts/deployment.md tells, with this test as administrator.
abstract contract System is Test {
    uint64 internal constant OPERATOR_ROLE = 1;
    uint256 internal constant FEE_PPM = 50_000;
    bytes32 internal constant PERSONAL = keccak256("personal terms");
    bytes32 internal constant COMMERCIAL = keccak256("commercial terms");
    bytes32 internal constant RECORD_ROOT = keccak256("record root");

    // Computed once: deriving an address from a key is what costs most in a fuzz run.
    address internal immutable operator = account("operator");
    address internal immutable treasury = account("treasury");
    address internal immutable alice = account("alice");
    address internal immutable bob = account("bob");
    address internal immutable carol = account("carol");
    address internal immutable buyer = account("buyer");
    address internal immutable stranger = account("stranger");

    AccessManager internal manager;
    DesignLicenses internal licenses;
    DesignShares internal shares;
    DesignRegistry internal registry;
    LicenseMarket internal market;
    TestStablecoin internal dollar;
    TestSource internal source;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        manager = new AccessManager(address(this));
        licenses = new DesignLicenses(address(manager));
        address registryToBe = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        shares = new DesignShares(address(manager), registryToBe, treasury, FEE_PPM);
        registry = new DesignRegistry(address(manager), address(shares), address(licenses));
        market = new LicenseMarket(address(manager), address(registry));
        dollar = new TestStablecoin(address(this));
        source = new TestSource(shares);

        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IDesignRegistry.register.selector;
        manager.setTargetFunctionRole(address(registry), selectors, OPERATOR_ROLE);
        selectors = new bytes4[](2);
        selectors[0] = ILicenseMarket.buyFor.selector;
        selectors[1] = ILicenseMarket.addTerms.selector;
        manager.setTargetFunctionRole(address(market), selectors, OPERATOR_ROLE);
        manager.grantRole(OPERATOR_ROLE, operator, 0);

        shares.addCurrency(address(dollar));
        shares.setDepositor(address(market), true);
        shares.setDepositor(address(source), true);
        licenses.setMinter(address(market), true);
        registry.setMarket(address(market));
        vm.startPrank(operator);
        market.addTerms(PERSONAL, "ipfs://personal");
        market.addTerms(COMMERCIAL, "ipfs://commercial");
        dollar.approve(address(market), type(uint256).max);
        vm.stopPrank();
        dollar.mint(operator, 1e15);
        dollar.mint(address(source), 1e15);
    }

    // ------------------------------------------------------------------ registrations

    /// @dev An allocation of everything to one holder.
    function solely(address holder) internal pure returns (IDesignRegistry.ShareAllocation[] memory list) {
        list = new IDesignRegistry.ShareAllocation[](1);
        list[0] = IDesignRegistry.ShareAllocation(holder, 1_000_000);
    }

    /// @dev An allocation to two holders.
    function between(address first, uint32 units, address second)
        internal
        pure
        returns (IDesignRegistry.ShareAllocation[] memory list)
    {
        list = new IDesignRegistry.ShareAllocation[](2);
        list[0] = IDesignRegistry.ShareAllocation(first, units);
        list[1] = IDesignRegistry.ShareAllocation(second, 1_000_000 - units);
    }

    function registrationOf(address creator, bytes32 outputHash, IDesignRegistry.ShareAllocation[] memory allocation)
        internal
        view
        returns (IDesignRegistry.Registration memory)
    {
        return IDesignRegistry.Registration({
            kind: IDesignRegistry.EntryKind.Design,
            creator: creator,
            outputHash: outputHash,
            recordRoot: RECORD_ROOT,
            shares: allocation,
            offers: new IDesignRegistry.FirstOffer[](0),
            deadline: uint64(block.timestamp + 1 days)
        });
    }

    /// @dev Two offers in the stablecoin: personal for 5, unlimited; commercial for 40, three of them.
    function twoOffers() internal view returns (IDesignRegistry.FirstOffer[] memory offers) {
        offers = new IDesignRegistry.FirstOffer[](2);
        offers[0] = IDesignRegistry.FirstOffer(PERSONAL, address(dollar), 5e6, 0);
        offers[1] = IDesignRegistry.FirstOffer(COMMERCIAL, address(dollar), 40e6, 3);
    }

    function signedBy(string memory first, IDesignRegistry.Registration memory r)
        internal
        view
        returns (bytes[] memory list)
    {
        list = new bytes[](1);
        list[0] = signatureOf(keyOf(first), registry.digestOf(r));
    }

    function signedBy(string memory first, string memory second, IDesignRegistry.Registration memory r)
        internal
        view
        returns (bytes[] memory list)
    {
        list = new bytes[](2);
        bytes32 digest = registry.digestOf(r);
        list[0] = signatureOf(keyOf(first), digest);
        list[1] = signatureOf(keyOf(second), digest);
    }

    /// @dev Alice's entry, all shares hers, without offers.
    function registerAlone(bytes32 outputHash) internal returns (uint128) {
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, solely(alice));
        bytes[] memory signatures = signedBy("alice", r);
        vm.prank(operator);
        return registry.register(r, signatures, 0);
    }

    /// @dev Alice's entry, shared with Bob, with both offers.
    function registerShared(bytes32 outputHash, uint32 unitsOfAlice) internal returns (uint128) {
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, between(alice, unitsOfAlice, bob));
        r.offers = twoOffers();
        bytes[] memory signatures = signedBy("alice", "bob", r);
        vm.prank(operator);
        return registry.register(r, signatures, 0);
    }

    // ------------------------------------------------------------------ purchases

    function intentOf(uint128 entryId, bytes32 terms, uint32 quantity)
        internal
        view
        returns (ILicenseMarket.BuyIntent memory)
    {
        return ILicenseMarket.BuyIntent({
            entryId: entryId,
            terms: terms,
            currency: address(dollar),
            maxPrice: 40e6,
            quantity: quantity,
            to: buyer,
            deadline: uint64(block.timestamp + 1 hours)
        });
    }

    // ------------------------------------------------------------------ expectations

    /// @dev The next call must revert with this error, which has no arguments.
    function expectError(bytes4 selector) internal {
        vm.expectRevert(abi.encodePacked(selector));
    }

    function expectUnauthorized(address caller) internal {
        vm.expectRevert(abi.encodeWithSignature("AccessManagedUnauthorized(address)", caller));
    }
}
