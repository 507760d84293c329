// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {DesignLicenses} from "../../src/DesignLicenses.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {LicenseMarket} from "../../src/LicenseMarket.sol";
import {ResaleMarket} from "../../src/ResaleMarket.sol";
import {RoyaltyInbox} from "../../src/RoyaltyInbox.sol";
import {TestStablecoin} from "../../src/TestStablecoin.sol";
import {IDesignLicenses} from "../../src/interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {TestSource} from "./Accounts.sol";
import {Registrations} from "./Registrations.sol";

/// @dev All contracts, deployed and wired as docs/contracts/deployment.md tells, with this test as administrator.
abstract contract System is Registrations {
    uint64 internal constant TREASURER_ROLE = 3;
    uint64 internal constant GUARDIAN_ROLE = 4;
    uint256 internal constant FEE_PPM = 50_000;

    address internal immutable treasurer = account("treasurer");
    address internal immutable guardian = account("guardian");
    address internal immutable treasury = account("treasury");
    address internal immutable buyer = account("buyer");

    DesignLicenses internal licenses;
    DesignShares internal shares;
    LicenseMarket internal market;
    ResaleMarket internal resale;
    TestStablecoin internal dollar;
    TestSource internal source;
    bytes32[] internal NO_PROOF;

    // Terms, by what contracts act on.
    bytes32 internal PERSONAL; // perpetual, transferable
    bytes32 internal COMMERCIAL; // perpetual, transferable, 10 % royalty on resale
    bytes32 internal REMIX; // perpetual, permits derivatives at 10 %, binding
    bytes32 internal MONTHLY; // 30 days, not transferable, revocable
    bytes32 internal EXCLUSIVE; // one for the entry
    bytes32 internal PRINTING; // metered, 1,000 pieces

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        deploy();
        assignRoles();
        defineAllTerms();
        listCurrencies();
        vm.prank(operator);
        dollar.approve(address(market), type(uint256).max);
        dollar.mint(operator, 1e15);
        dollar.mint(address(source), 1e15);
    }

    function deploy() internal virtual {
        address policy = policyOfShares();
        manager = new AccessManager(address(this));
        forwarder = new ERC2771Forwarder("Loomprint Forwarder");
        uint256 nonce = vm.getNonce(address(this));
        address sharesToBe = vm.computeCreateAddress(address(this), nonce + 2);
        address registryToBe = vm.computeCreateAddress(address(this), nonce + 3);
        RoyaltyInbox inbox = new RoyaltyInbox(sharesToBe);
        licenses = new DesignLicenses(address(manager), address(inbox), "ipfs://licenses/{id}", "ipfs://collection");
        shares = new DesignShares(address(manager), registryToBe, treasury, FEE_PPM, policy);
        registry = new DesignRegistry(address(manager), address(shares), address(licenses), address(forwarder));
        market = new LicenseMarket(address(manager), address(registry), address(forwarder));
        resale = new ResaleMarket(address(manager), address(registry), address(forwarder));
        dollar = new TestStablecoin(address(this));
        source = new TestSource(shares);
    }

    /// @dev What allows transfers of shares in this deployment.
    function policyOfShares() internal virtual returns (address) {
        return address(0);
    }

    /// @dev The first currency is the one whose first payouts are cheap.
    function listCurrencies() internal virtual {
        shares.addCurrency(address(dollar));
        shares.addCurrency(NATIVE);
    }

    function assignRoles() internal {
        allow(address(registry), IDesignRegistry.register.selector, OPERATOR_ROLE);
        allow(address(registry), IDesignRegistry.setStatus.selector, MODERATOR_ROLE);
        allow(address(registry), IDesignRegistry.resolveContest.selector, MODERATOR_ROLE);
        allow(address(licenses), IDesignLicenses.defineTerms.selector, OPERATOR_ROLE);
        allow(address(licenses), IDesignLicenses.setURI.selector, OPERATOR_ROLE);
        allow(address(licenses), IDesignLicenses.setBaseURI.selector, OPERATOR_ROLE);
        allow(address(licenses), IDesignLicenses.setContractURI.selector, OPERATOR_ROLE);
        allow(address(licenses), IDesignLicenses.release.selector, OPERATOR_ROLE);
        allow(address(licenses), IDesignLicenses.revoke.selector, MODERATOR_ROLE);
        allow(address(shares), IDesignShares.closeCurrency.selector, TREASURER_ROLE);
        allow(address(shares), IDesignShares.scheduleFee.selector, TREASURER_ROLE);
        employ(market);
        registry.setMarket(address(market));
        allow(address(resale), IMarket.pause.selector, GUARDIAN_ROLE);
        shares.setDepositor(address(resale), true);
        shares.setDepositor(address(source), true);
        manager.grantRole(OPERATOR_ROLE, operator, 0);
        manager.grantRole(MODERATOR_ROLE, moderator, 0);
        manager.grantRole(TREASURER_ROLE, treasurer, 0);
        manager.grantRole(GUARDIAN_ROLE, guardian, 0);
    }

    /// @dev Gives a license market its roles.
    function employ(LicenseMarket market_) internal {
        allow(address(market_), ILicenseMarket.buyFor.selector, OPERATOR_ROLE);
        allow(address(market_), IMarket.pause.selector, GUARDIAN_ROLE);
        shares.setDepositor(address(market_), true);
        licenses.setMinter(address(market_), true);
    }

    function allow(address target, bytes4 selector, uint64 role) internal {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }

    function defineAllTerms() internal {
        IDesignLicenses.TermsFacts memory facts;
        facts.transferable = true;
        PERSONAL = addTerms("personal", facts);
        facts.resalePpm = 100_000;
        COMMERCIAL = addTerms("commercial", facts);
        facts.derivatives = true;
        facts.binding = true;
        facts.derivativePpm = 100_000;
        REMIX = addTerms("remix", facts);

        IDesignLicenses.TermsFacts memory monthly;
        monthly.revocable = true;
        monthly.period = 30 days;
        MONTHLY = addTerms("monthly", monthly);

        IDesignLicenses.TermsFacts memory exclusive;
        exclusive.transferable = true;
        exclusive.exclusive = true;
        EXCLUSIVE = addTerms("exclusive", exclusive);

        IDesignLicenses.TermsFacts memory printing;
        printing.transferable = true;
        printing.units = 1000;
        PRINTING = addTerms("printing", printing);
    }

    function addTerms(string memory text, IDesignLicenses.TermsFacts memory facts) internal returns (bytes32) {
        vm.prank(operator);
        return licenses.defineTerms(keccak256(bytes(text)), facts, string.concat("ipfs://", text));
    }

    // ------------------------------------------------------------------ registrations

    /// @dev A child of these parents under their standing terms, all its shares the creator's.
    function childOf(address creator, bytes32 outputHash, uint128[] memory parents)
        internal
        view
        returns (IDesignRegistry.Registration memory r)
    {
        r = registrationOf(creator, outputHash, solely(creator));
        r.parents = new IDesignRegistry.Parent[](parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            r.parents[i] = IDesignRegistry.Parent(parents[i], 0, 1_000_000);
        }
    }

    /// @dev Two offers in the stablecoin: personal for 5, unlimited; commercial for 40, three of them.
    function twoOffers() internal view returns (IDesignRegistry.FirstOffer[] memory offers) {
        offers = new IDesignRegistry.FirstOffer[](2);
        offers[0] = IDesignRegistry.FirstOffer(PERSONAL, address(dollar), 5e6, 0);
        offers[1] = IDesignRegistry.FirstOffer(COMMERCIAL, address(dollar), 40e6, 3);
    }

    /// @dev Alice's entry, shared with Bob, with both offers.
    function registerShared(bytes32 outputHash, uint32 unitsOfAlice) internal returns (uint128) {
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, between(alice, unitsOfAlice, bob));
        r.offers = twoOffers();
        return register("alice", "bob", r);
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

    /// @dev What a custodial holder signs, as any wallet computes it from the types in the interface.
    function releaseDigest(address from, address to, uint64 deadline) internal view returns (bytes32) {
        bytes32 content =
            keccak256(abi.encode(keccak256("Release(address from,address to,uint64 deadline)"), from, to, deadline));
        return typed(domainOf("Loomprint Licenses", address(licenses)), content);
    }
}
