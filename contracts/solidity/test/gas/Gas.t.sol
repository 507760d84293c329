// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {IPaymentSource} from "../../src/interfaces/IPaymentSource.sol";
import {TestStablecoin} from "../../src/TestStablecoin.sol";
import {System} from "../support/System.sol";
import {PlainToken} from "../support/Tokens.sol";

/// @dev Whole-transaction gas. Runs only isolated (`script/contracts gas`): each call of a test is then a transaction
///  of its own, with 21,000 base gas, its calldata, and cold storage. Operator, payer and holders have had dollars before.
contract GasTest is System {
    uint256 private _number;
    uint128 private _warm;

    function setUp() public override {
        super.setUp();
        dollar.mint(treasury, 1);
        dollar.mint(alice, 1);
        dollar.mint(bob, 1);
        dollar.mint(buyer, 1e12);
        vm.prank(buyer);
        dollar.approve(address(market), type(uint256).max);
        _warm = registerShared(keccak256("warm"), 700_000);
        vm.prank(operator);
        market.buyFor(intentOf(_warm, PERSONAL, 1), keccak256("warming"));
    }

    function test_register() public {
        measureRegister("register-sole-creator", 0, false);
        measureRegister("register-1-more-co-creator", 1, false);
        measureRegister("register-2-more-co-creators", 2, false);
        measureRegister("register-sole-creator-2-offers", 0, true);
    }

    function test_buy() public {
        vm.prank(operator);
        market.buyFor(intentOf(_warm, PERSONAL, 1), keccak256("again"));
        vm.snapshotGasLastCall("Gas", "buyFor-same-buyer-again");
        vm.prank(buyer);
        market.buy(intentOf(_warm, PERSONAL, 1));
        vm.snapshotGasLastCall("Gas", "buy-same-buyer-again");

        uint128 fresh = registerShared(keccak256("fresh"), 700_000);
        vm.prank(operator);
        market.buyFor(intentOf(fresh, PERSONAL, 1), keccak256("first sale"));
        vm.snapshotGasLastCall("Gas", "buyFor-first-sale-of-entry");
        vm.prank(operator);
        market.buyFor(intentTo(fresh, carol), keccak256("next sale"));
        vm.snapshotGasLastCall("Gas", "buyFor-new-buyer");
        vm.prank(buyer);
        market.buy(intentTo(fresh, stranger));
        vm.snapshotGasLastCall("Gas", "buy-new-buyer");
    }

    function test_deposit() public {
        PlainSource plain = new PlainSource(shares);
        shares.setDepositor(address(plain), true);
        dollar.mint(address(plain), 1e9);
        plain.deposit(_warm, address(dollar), 1e6);
        plain.deposit(_warm, address(dollar), 1e6);
        vm.snapshotGasLastCall("Gas", "deposit");
    }

    function test_claim() public {
        vm.prank(alice);
        shares.claim(_warm, address(dollar));
        vm.snapshotGasLastCall("Gas", "claim");
        shares.withdrawFees(address(dollar));
        vm.snapshotGasLastCall("Gas", "withdrawFees");
    }

    function test_share_transfer() public {
        vm.prank(alice);
        shares.safeTransferFrom(alice, bob, _warm, 1000, "");
        vm.snapshotGasLastCall("Gas", "share-transfer-one-currency");
        vm.prank(alice);
        shares.safeTransferFrom(alice, carol, _warm, 1000, "");
        vm.snapshotGasLastCall("Gas", "share-transfer-to-new-holder-one-currency");

        PlainToken second = new PlainToken();
        shares.addCurrency(address(second));
        second.mint(address(source), 1e9);
        source.deposit(_warm, address(second), 1e6);
        vm.prank(alice);
        shares.safeTransferFrom(alice, stranger, _warm, 1000, "");
        vm.snapshotGasLastCall("Gas", "share-transfer-to-new-holder-two-currencies");
        source.deposit(_warm, address(second), 1e6);
        source.deposit(_warm, address(dollar), 1e6);
        vm.prank(alice);
        shares.safeTransferFrom(alice, stranger, _warm, 1000, "");
        vm.snapshotGasLastCall("Gas", "share-transfer-two-currencies");
    }

    function test_claimFor() public {
        uint128 id = registerAlone(keccak256("ten"));
        address[] memory holders = new address[](10);
        for (uint256 i = 0; i < 10; ++i) {
            holders[i] = address(uint160(uint256(keccak256(abi.encode("holder", i)))));
            dollar.mint(holders[i], 1);
            vm.prank(alice);
            shares.safeTransferFrom(alice, holders[i], id, 100_000, "");
        }
        source.deposit(id, address(dollar), 1e9);
        shares.claimFor(id, address(dollar), holders);
        vm.snapshotGasLastCall("Gas", "claimFor-10-first-payout");
        source.deposit(id, address(dollar), 1e9);
        shares.claimFor(id, address(dollar), holders);
        vm.snapshotGasLastCall("Gas", "claimFor-10-later");
    }

    function intentTo(uint128 id, address to) private view returns (ILicenseMarket.BuyIntent memory intent) {
        intent = intentOf(id, PERSONAL, 1);
        intent.to = to;
    }

    function measureRegister(string memory name, uint256 others, bool withOffers) private {
        bytes32 outputHash = keccak256(abi.encode(++_number));
        IDesignRegistry.ShareAllocation[] memory allocation = new IDesignRegistry.ShareAllocation[](others + 1);
        allocation[0] = IDesignRegistry.ShareAllocation(alice, uint32(1_000_000 - others * 100_000));
        uint256[] memory keys = new uint256[](others + 1);
        keys[0] = keyOf("alice");
        for (uint256 i = 1; i <= others; ++i) {
            keys[i] = uint256(keccak256(abi.encode("co-creator", i)));
            allocation[i] = IDesignRegistry.ShareAllocation(vm.addr(keys[i]), 100_000);
        }
        IDesignRegistry.Registration memory r = registrationOf(alice, outputHash, allocation);
        if (withOffers) r.offers = twoOffers();
        bytes32 digest = registry.digestOf(r);
        bytes[] memory signatures = new bytes[](others + 1);
        for (uint256 i = 0; i <= others; ++i) {
            signatures[i] = signatureOf(keys[i], digest);
        }
        vm.prank(operator);
        registry.register(r, signatures, 1);
        vm.snapshotGasLastCall("Gas", name);
    }
}

/// @dev The least that a depositor can be.
contract PlainSource is IPaymentSource {
    DesignShares private immutable _shares;

    constructor(DesignShares shares) {
        _shares = shares;
    }

    function deposit(uint128 entryId, address currency, uint256 gross) external {
        _shares.deposit(entryId, currency, gross, 1, 0, "");
    }

    function pay(address currency, uint256 gross, bytes calldata) external {
        TestStablecoin(currency).transfer(msg.sender, gross);
    }
}
