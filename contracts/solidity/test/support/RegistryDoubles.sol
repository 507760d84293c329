// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {Registrations} from "./Registrations.sol";

/// @dev The part of the ledger that the registry speaks to. Four currencies at most, each an address without meaning.
contract SharesDouble {
    address public immutable registry;
    address[] private _currencies;
    mapping(uint128 entryId => mapping(address holder => uint256)) public units;
    mapping(uint128 entryId => IDesignRegistry.Status) public statusOf;
    uint256 public pushes;

    constructor(address registry_) {
        registry = registry_;
    }

    function addCurrency(address currency) external {
        _currencies.push(currency);
    }

    function currencies() external view returns (address[] memory) {
        return _currencies;
    }

    function currencyIndex(address currency) external view returns (uint8) {
        for (uint8 i = 0; i < _currencies.length; ++i) {
            if (_currencies[i] == currency) return i;
        }
        revert IDesignShares.DesignShares__UnknownCurrency(currency);
    }

    function allocate(uint128 entryId, IDesignRegistry.ShareAllocation[] calldata allocations) external {
        require(msg.sender == registry, "not the registry");
        for (uint256 i = 0; i < allocations.length; ++i) {
            address holder = allocations[i].holder;
            if (units[entryId][holder] != 0) revert IDesignRegistry.DesignRegistry__DuplicateHolder(holder);
            units[entryId][holder] = allocations[i].units;
            emit IERC1155.TransferSingle(registry, address(0), holder, entryId, allocations[i].units);
        }
    }

    function applyStatus(uint128 entryId, IDesignRegistry.Status status) external {
        require(msg.sender == registry, "not the registry");
        statusOf[entryId] = status;
        ++pushes;
    }

    function accounts(uint128 entryId, address holder) external view returns (IDesignShares.Account[] memory list) {
        list = new IDesignShares.Account[](_currencies.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = IDesignShares.Account(_currencies[i], units[entryId][holder], 5, 4, 3, 2);
        }
    }

    function balanceOf(address holder, uint256 id) external view returns (uint256) {
        return units[uint128(id)][holder];
    }
}

/// @dev The part of the licenses that the registry and its views speak to: what a holder may derive, as told.
contract LicensesDouble {
    mapping(uint256 licenseId => mapping(address holder => IDesignRegistry.Standing)) private _terms;

    function grant(uint256 licenseId, address holder, uint32 ppm, bool binding) external {
        _terms[licenseId][holder] = IDesignRegistry.Standing(true, binding, ppm);
    }

    function derivativeTermsOf(uint256 licenseId, address holder) external view returns (bool, uint32, bool) {
        IDesignRegistry.Standing memory terms = _terms[licenseId][holder];
        return (terms.open, terms.ppm, terms.binding);
    }

    function inboxOf(uint128 entryId) external pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("inbox", entryId)))));
    }
}

/// @dev The part of the market that the registry speaks to.
contract MarketDouble {
    address public registry;
    mapping(uint128 entryId => uint256) public offersOf;
    mapping(uint128 entryId => uint32) public versionOf;

    constructor(address registry_) {
        registry = registry_;
    }

    function openFirstOffers(uint128 entryId, IDesignRegistry.FirstOffer[] calldata offers) external {
        require(msg.sender == registry, "not the registry");
        offersOf[entryId] += offers.length;
    }

    function noteVersion(uint128 entryId, uint32 number) external {
        require(msg.sender == registry, "not the registry");
        versionOf[entryId] = number;
    }
}

/// @dev The registry among doubles, with this test as administrator.
abstract contract RegistrySystem is Registrations {
    bytes32 internal constant OUTPUT = keccak256("output");

    LicensesDouble internal licenses;
    SharesDouble internal shares;
    MarketDouble internal market;
    address internal constant DOLLAR = address(0xd011a5);
    address internal constant EURO = address(0xe0e0e0);

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        manager = new AccessManager(address(this));
        forwarder = new ERC2771Forwarder("Loomprint Forwarder");
        licenses = new LicensesDouble();
        address registryToBe = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        shares = new SharesDouble(registryToBe);
        registry = new DesignRegistry(address(manager), address(shares), address(licenses), address(forwarder));
        market = new MarketDouble(address(registry));
        registry.setMarket(address(market));
        shares.addCurrency(NATIVE);
        shares.addCurrency(DOLLAR);
        shares.addCurrency(EURO);

        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IDesignRegistry.register.selector;
        manager.setTargetFunctionRole(address(registry), selectors, OPERATOR_ROLE);
        selectors = new bytes4[](2);
        selectors[0] = IDesignRegistry.setStatus.selector;
        selectors[1] = IDesignRegistry.resolveContest.selector;
        manager.setTargetFunctionRole(address(registry), selectors, MODERATOR_ROLE);
        manager.grantRole(OPERATOR_ROLE, operator, 0);
        manager.grantRole(MODERATOR_ROLE, moderator, 0);
    }

    // ------------------------------------------------------------------ registrations

    function parentsOf(uint128 parentId, uint32 maxPpm) internal pure returns (IDesignRegistry.Parent[] memory list) {
        list = new IDesignRegistry.Parent[](1);
        list[0] = IDesignRegistry.Parent(parentId, 0, maxPpm);
    }

    function minimum(address currency, uint96 amount) internal pure returns (IDesignRegistry.Minimum[] memory list) {
        list = new IDesignRegistry.Minimum[](1);
        list[0] = IDesignRegistry.Minimum(currency, amount);
    }

    /// @dev Two offers in the stablecoin.
    function twoOffers() internal pure returns (IDesignRegistry.FirstOffer[] memory offers) {
        offers = new IDesignRegistry.FirstOffer[](2);
        offers[0] = IDesignRegistry.FirstOffer(keccak256("personal terms"), DOLLAR, 5e6, 0);
        offers[1] = IDesignRegistry.FirstOffer(keccak256("commercial terms"), DOLLAR, 40e6, 3);
    }

    /// @dev Alice's entry, from which anyone may derive.
    function registerOpen(bytes32 outputHash, uint32 ppm, bool binding) internal returns (uint128) {
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, solely(alice));
        r.standing = IDesignRegistry.Standing(true, binding, ppm);
        return register("alice", r);
    }

    // ------------------------------------------------------------------ refusals

    /// @dev Signed by Alice alone.
    function refuse(IDesignRegistry.Registration memory r, bytes memory reason) internal {
        refuse(r, signedBy("alice", r), reason);
    }

    function refuse(IDesignRegistry.Registration memory r, bytes[] memory signatures, bytes memory reason) internal {
        refuse(r, signatures, reason, 0, 0);
    }

    function refuse(
        IDesignRegistry.Registration memory r,
        bytes[] memory signatures,
        bytes memory reason,
        uint256 custodial,
        bytes32 salt
    ) internal {
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.register(r, signatures, custodial, salt);
        uint128 id = registry.entryIdOf(r.creator, r.outputHash);
        vm.assertFalse(registry.isRegistered(id));
        vm.assertEq(shares.units(id, alice), 0);
    }

    /// @dev Where the registry keeps its market.
    function marketSlot() internal view returns (bytes32) {
        for (uint256 i = 0; i < 16; ++i) {
            if (uint256(vm.load(address(registry), bytes32(i))) == uint160(address(market))) return bytes32(i);
        }
        revert("market not found in storage");
    }
}
