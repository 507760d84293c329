// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignRegistry} from "../../../src/DesignRegistry.sol";
import {DesignShares} from "../../../src/DesignShares.sol";
import {LicenseMarket} from "../../../src/LicenseMarket.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {System} from "../../support/System.sol";

contract SetMarketTest is System {
    function test_a_new_market_opens_the_next_first_offers_and_old_earnings_stay() public {
        uint128 id = registerShared(keccak256("before"), 600_000);
        vm.prank(operator);
        market.buyFor(intentOf(id, PERSONAL, 1), keccak256("ref"));
        LicenseMarket next = new LicenseMarket(address(manager), address(registry));
        vm.expectEmit(address(registry));
        emit IDesignRegistry.MarketChanged(address(next));
        registry.setMarket(address(next));
        next.addTerms(PERSONAL, "");
        next.addTerms(COMMERCIAL, "");

        uint128 later = registerShared(keccak256("after"), 600_000);
        (,,,, bool open) = next.offer(later, PERSONAL);
        vm.assertTrue(open);
        (,,,, open) = market.offer(later, PERSONAL);
        vm.assertFalse(open);
        vm.assertEq(shares.claimable(id, address(dollar), alice), 2_850_000);
    }

    function test_only_the_administrator_sets_it() public {
        LicenseMarket next = new LicenseMarket(address(manager), address(registry));
        expectUnauthorized(operator);
        vm.prank(operator);
        registry.setMarket(address(next));
        vm.assertEq(registry.market(), address(market));
    }

    function test_a_market_of_another_registry_or_an_account_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, alice));
        registry.setMarket(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, address(otherMarket()))
        );
        registry.setMarket(address(otherMarket()));
        vm.assertEq(registry.market(), address(market));
    }

    function test_a_registry_refuses_shares_that_name_another() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, shares));
        new DesignRegistry(address(manager), address(shares), address(licenses));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, alice));
        new DesignRegistry(address(manager), alice, address(licenses));
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        DesignShares fitting = new DesignShares(address(manager), next, treasury, 0);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, alice));
        new DesignRegistry(address(manager), address(fitting), alice);
    }

    LicenseMarket private _other;

    function otherMarket() private returns (LicenseMarket) {
        if (address(_other) == address(0)) {
            address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
            DesignShares otherShares = new DesignShares(address(manager), next, treasury, 0);
            DesignRegistry otherRegistry = new DesignRegistry(address(manager), address(otherShares), address(licenses));
            _other = new LicenseMarket(address(manager), address(otherRegistry));
        }
        return _other;
    }
}
