// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {Test} from "./Test.sol";

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

/// @dev A contract wallet of one key.
contract KeyWallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == _owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @dev The registry among doubles, with this test as administrator.
abstract contract RegistrySystem is Test {
    uint64 internal constant OPERATOR_ROLE = 1;
    uint64 internal constant MODERATOR_ROLE = 2;
    bytes32 internal constant OUTPUT = keccak256("output");
    bytes32 internal constant RECORD_ROOT = keccak256("record root");

    // Computed once: deriving an address from a key is what costs most in a fuzz run.
    address internal immutable operator = account("operator");
    address internal immutable moderator = account("moderator");
    address internal immutable alice = account("alice");
    address internal immutable bob = account("bob");
    address internal immutable carol = account("carol");
    address internal immutable stranger = account("stranger");

    AccessManager internal manager;
    ERC2771Forwarder internal forwarder;
    LicensesDouble internal licenses;
    SharesDouble internal shares;
    DesignRegistry internal registry;
    MarketDouble internal market;
    address internal constant NATIVE = address(0);
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
        returns (IDesignRegistry.Registration memory r)
    {
        r.creator = creator;
        r.outputHash = outputHash;
        r.recordRoot = RECORD_ROOT;
        r.shares = allocation;
        r.deadline = uint64(block.timestamp + 1 days);
    }

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

    /// @dev Relays Alice's registration, all shares hers.
    function relay(IDesignRegistry.Registration memory r) internal returns (uint128) {
        bytes[] memory signatures = signedBy("alice", r);
        vm.prank(operator);
        return registry.register(r, signatures, 0, 0);
    }

    /// @dev Alice's entry, all shares hers, without anything else.
    function registerAlone(bytes32 outputHash) internal returns (uint128) {
        return relay(registrationOf(alice, outputHash, solely(alice)));
    }

    /// @dev Alice's entry, from which anyone may derive.
    function registerOpen(bytes32 outputHash, uint32 ppm, bool binding) internal returns (uint128) {
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, solely(alice));
        r.standing = IDesignRegistry.Standing(true, binding, ppm);
        return relay(r);
    }

    /// @dev Where the registry keeps its market.
    function marketSlot() internal view returns (bytes32) {
        for (uint256 i = 0; i < 16; ++i) {
            if (uint256(vm.load(address(registry), bytes32(i))) == uint160(address(market))) return bytes32(i);
        }
        revert("market not found in storage");
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
