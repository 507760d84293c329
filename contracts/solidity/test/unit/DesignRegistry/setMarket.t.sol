// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignRegistry} from "../../../src/DesignRegistry.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {MarketDouble, RegistrySystem, SharesDouble} from "../../support/RegistryDoubles.sol";

/// @dev setMarket and the constructor.
contract SetMarketTest is RegistrySystem {
    function test_a_new_market_opens_the_next_first_offers() public {
        MarketDouble next = new MarketDouble(address(registry));
        vm.expectEmit(address(registry));
        emit IDesignRegistry.MarketChanged(address(next));
        registry.setMarket(address(next));
        vm.assertEq(registry.market(), address(next));
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.offers = twoOffers();
        uint128 id = register("alice", r);
        vm.assertEq(next.offersOf(id), 2);
        vm.assertEq(market.offersOf(id), 0);
    }

    function test_only_the_administrator_sets_it() public {
        MarketDouble next = new MarketDouble(address(registry));
        expectUnauthorized(operator);
        vm.prank(operator);
        registry.setMarket(address(next));
        vm.assertEq(registry.market(), address(market));
    }

    function test_a_market_of_another_registry_or_an_account_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, alice));
        registry.setMarket(alice);
        MarketDouble other = new MarketDouble(alice);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, other));
        registry.setMarket(address(other));
        vm.assertEq(registry.market(), address(market));
    }

    function test_a_registry_names_its_other_contracts() public view {
        vm.assertEq(registry.shares(), address(shares));
        vm.assertEq(registry.licenses(), address(licenses));
        vm.assertEq(registry.market(), address(market));
        vm.assertEq(registry.authority(), address(manager));
        vm.assertTrue(registry.isTrustedForwarder(address(forwarder)));
    }

    function test_a_registry_refuses_shares_that_name_another_and_accounts_without_code() public {
        refuse(address(shares), address(licenses), address(forwarder), address(shares));
        refuse(alice, address(licenses), address(forwarder), alice);
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        refuse(address(new SharesDouble(next)), alice, address(forwarder), alice);
        next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        refuse(address(new SharesDouble(next)), address(licenses), alice, alice);
    }

    function refuse(address shares_, address licenses_, address forwarder_, address blamed) private {
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__WrongContract.selector, blamed));
        new DesignRegistry(address(manager), shares_, licenses_, forwarder_);
    }
}
