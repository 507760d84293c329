// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignLicenses} from "../../src/DesignLicenses.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {LicenseMarket} from "../../src/LicenseMarket.sol";
import {TestStablecoin} from "../../src/TestStablecoin.sol";
import {InvariantTest} from "../support/Test.sol";
import {MarketHandler} from "./handlers/MarketHandler.sol";

/// @dev Numbers are those of the invariants in docs/contracts/invariants.md.
contract MarketInvariants is InvariantTest {
    bytes32 private constant PERSONAL = keccak256("personal terms");
    bytes32 private constant COMMERCIAL = keccak256("commercial terms");

    MarketHandler private _handler;
    DesignRegistry private _registry;
    DesignShares private _shares;
    DesignLicenses private _licenses;
    LicenseMarket private _market;
    TestStablecoin private _dollar;
    address private _buyer;

    function setUp() public {
        _handler = new MarketHandler();
        _handler.setUp();
        (_registry, _shares, _licenses, _market, _dollar) = _handler.deployed();
        _buyer = account("buyer");
    }

    function targetContracts() public view override returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(_handler);
    }

    function targetSelectors() public view override returns (FuzzSelector[] memory list) {
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = MarketHandler.actRegister.selector;
        selectors[1] = MarketHandler.actBuyFor.selector;
        selectors[2] = MarketHandler.actBuy.selector;
        selectors[3] = MarketHandler.actTransferShares.selector;
        selectors[4] = MarketHandler.actPayOut.selector;
        selectors[5] = MarketHandler.actBuyFor.selector;
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(_handler), selectors);
    }

    function invariant_money_in_is_money_owed_or_paid() public view {
        vm.assertEq(
            _dollar.balanceOf(address(_shares)) + _handler.paidInAll(),
            _handler.grossInAll(),
            "2: the ledger does not hold what came in and was not paid"
        );
        vm.assertEq(_dollar.balanceOf(address(_market)), 0);
        uint256 gross = 0;
        for (uint256 i = 0; i < _handler.entryCount(); ++i) {
            uint128 id = _handler.entries(i);
            (uint256 entryGross, uint256 own, uint256 fees) = _shares.totals(id, address(_dollar));
            vm.assertEq(entryGross, _handler.gross(id), "gross is not what was sold");
            vm.assertEq(own + fees, entryGross, "3: own + fees is not gross");
            gross += entryGross;
            checkSales(id);
        }
        vm.assertEq(gross, _handler.grossInAll());
    }

    function afterInvariant() public view {
        uint256 accepted = 0;
        for (uint256 ref = 1; ref <= 60; ++ref) {
            uint256 times = _handler.timesAccepted(bytes32(ref));
            vm.assertLe(times, 1, "16: a reference was accepted twice");
            vm.assertEq(_market.refUsed(bytes32(ref)), times == 1);
            accepted += times;
        }
        vm.assertEq(accepted, _handler.refsAccepted());
        for (uint256 output = 0; output < 4; ++output) {
            bytes32 outputHash = keccak256(abi.encode(output));
            vm.assertEq(_registry.claimCount(outputHash), _handler.claims(outputHash), "15: claims were lost");
        }
    }

    function checkSales(uint128 id) private view {
        (,, uint32 supply, uint32 sold,) = _market.offer(id, COMMERCIAL);
        uint256 licenseId = _licenses.licenseIdOf(id, COMMERCIAL, 0);
        vm.assertLe(sold, supply, "12: more was sold than offered");
        vm.assertEq(_licenses.balanceOf(_buyer, licenseId), sold, "a sold license was not minted");
        vm.assertEq(_handler.sold(licenseId), sold);
        licenseId = _licenses.licenseIdOf(id, PERSONAL, 0);
        vm.assertEq(_licenses.balanceOf(_buyer, licenseId), _handler.sold(licenseId));
        uint256 units = 0;
        for (uint256 i = 0; i < 3; ++i) {
            units += _shares.balanceOf(_handler.personOf(i), id);
        }
        vm.assertEq(units, 1_000_000, "7: share supply changed");
    }
}
