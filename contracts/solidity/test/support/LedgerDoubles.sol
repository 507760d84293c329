// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {RoyaltyInbox} from "../../src/RoyaltyInbox.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {InboxClone} from "../../src/lib/InboxClone.sol";
import {TestSource} from "./Accounts.sol";
import {People} from "./Test.sol";
import {StableToken} from "./Tokens.sol";

/// @dev What the ledger asks a registry, told by a test: no signatures, no caps.
contract RegistryDouble {
    struct Facts {
        bool registered;
        uint32 stackPpm;
        IDesignRegistry.Status status;
    }

    address public immutable licenses;
    DesignShares public shares;
    mapping(uint128 entryId => Facts) private _facts;
    mapping(uint128 descendant => mapping(uint128 ancestor => uint32)) public partOf;

    constructor(address licenses_) {
        licenses = licenses_;
    }

    function bind(DesignShares shares_) external {
        shares = shares_;
    }

    function register(uint128 entryId, IDesignRegistry.ShareAllocation[] memory allocations) public {
        _facts[entryId].registered = true;
        shares.allocate(entryId, allocations);
    }

    /// @dev Before the descendant's first deposit, as a registration does.
    function link(uint128 descendant, uint128 ancestor, uint32 ppm) external {
        _facts[descendant].stackPpm = _facts[descendant].stackPpm + ppm - partOf[descendant][ancestor];
        partOf[descendant][ancestor] = ppm;
    }

    function setStatus(uint128 entryId, IDesignRegistry.Status status) external {
        _facts[entryId].status = status;
        shares.applyStatus(entryId, status);
    }

    function isRegistered(uint128 entryId) external view returns (bool) {
        return _facts[entryId].registered;
    }

    function ledgerFacts(uint128 entryId) external view returns (uint32, IDesignRegistry.Status) {
        if (!_facts[entryId].registered) revert IDesignRegistry.DesignRegistry__UnknownEntry(entryId);
        return (_facts[entryId].stackPpm, _facts[entryId].status);
    }
}

/// @dev Makes the inboxes, as the licenses do.
contract LicensesDouble {
    address public implementation;

    function bind(address implementation_) external {
        implementation = implementation_;
    }

    function inboxOf(uint128 entryId) external view returns (address) {
        return InboxClone.predict(implementation, entryId);
    }

    function createInbox(uint128 entryId) external returns (RoyaltyInbox) {
        return RoyaltyInbox(payable(InboxClone.create(implementation, entryId)));
    }
}

/// @dev A ledger with its own roles, a double of the registry and of the licenses, and two currencies: a stablecoin of
///  6 decimals and the native coin.
abstract contract LedgerTest is People {
    uint64 internal constant TREASURER_ROLE = 3;
    uint256 internal constant FEE_PPM = 50_000;
    address internal constant NATIVE = address(0);
    bytes32 internal constant REENTRANT = bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()")));
    uint128 internal constant ENTRY = 0x1111;

    address internal immutable treasury = account("treasury");
    address internal immutable treasurer = account("treasurer");

    AccessManager internal manager;
    RegistryDouble internal registry;
    LicensesDouble internal licenses;
    DesignShares internal shares;
    TestSource internal source;
    StableToken internal dollar;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        deploy(address(0));
        dollar = new StableToken();
        shares.addCurrency(address(dollar));
        shares.addCurrency(NATIVE);
        dollar.mint(address(source), 1e30);
        vm.deal(address(source), 1e30);
    }

    function deploy(address policy) internal {
        manager = new AccessManager(address(this));
        licenses = new LicensesDouble();
        registry = new RegistryDouble(address(licenses));
        shares = new DesignShares(address(manager), address(registry), treasury, FEE_PPM, policy);
        registry.bind(shares);
        licenses.bind(address(new RoyaltyInbox(address(shares))));
        source = new TestSource(shares);
        shares.setDepositor(address(source), true);
        bytes4[] memory selectors = new bytes4[](2);
        (selectors[0], selectors[1]) = (IDesignShares.closeCurrency.selector, IDesignShares.scheduleFee.selector);
        manager.setTargetFunctionRole(address(shares), selectors, TREASURER_ROLE);
        manager.grantRole(TREASURER_ROLE, treasurer, 0);
    }

    // ------------------------------------------------------------------ entries

    function register(uint128 entryId, address first, uint32 units, address second) internal returns (uint128) {
        IDesignRegistry.ShareAllocation[] memory list = new IDesignRegistry.ShareAllocation[](units < 1e6 ? 2 : 1);
        list[0] = IDesignRegistry.ShareAllocation(first, units);
        if (units < 1e6) list[1] = IDesignRegistry.ShareAllocation(second, 1e6 - units);
        registry.register(entryId, list);
        return entryId;
    }

    function registerAlone(uint128 entryId) internal returns (uint128) {
        return register(entryId, alice, 1e6, address(0));
    }

    function registerShared(uint128 entryId, uint32 unitsOfAlice) internal returns (uint128) {
        return register(entryId, alice, unitsOfAlice, bob);
    }

    // ------------------------------------------------------------------ short forms

    function move(address from, address to, uint128 entryId, uint256 units) internal {
        vm.prank(from);
        shares.safeTransferFrom(from, to, entryId, units, "");
    }

    function balanceOf(address currency, address holder) internal view returns (uint256) {
        return currency == NATIVE ? holder.balance : IERC20(currency).balanceOf(holder);
    }

    function listOf(address first, address second) internal pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (first, second);
    }

    function idsOf(uint128 first) internal pure returns (uint128[] memory list) {
        list = new uint128[](1);
        list[0] = first;
    }

    function idsOf(uint128 first, uint128 second) internal pure returns (uint128[] memory list) {
        list = new uint128[](2);
        (list[0], list[1]) = (first, second);
    }

    // ------------------------------------------------------------------ expectations

    function expectError(bytes4 selector, uint256 argument) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, argument));
    }

    function expectError(bytes4 selector, address argument) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, argument));
    }

    function expectError(bytes4 selector, uint256 first, uint256 second) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first, second));
    }
}
