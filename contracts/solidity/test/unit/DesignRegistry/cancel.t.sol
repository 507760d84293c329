// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract CancelTest is RegistrySystem {
    function test_a_creator_or_a_co_creator_takes_the_consent_back() public {
        address[2] memory by = [alice, bob];
        for (uint256 i = 0; i < 2; ++i) {
            IDesignRegistry.Registration memory r =
                registrationOf(alice, keccak256(abi.encode(i)), between(alice, 1, bob));
            bytes32 digest = registry.digestOf(r);
            bytes[] memory signatures = signedBy("alice", "bob", r);
            vm.assertFalse(registry.isCanceled(digest));
            vm.expectEmit(address(registry));
            emit IDesignRegistry.ConsentCanceled(digest, by[i]);
            vm.prank(by[i]);
            registry.cancel(r);
            vm.assertTrue(registry.isCanceled(digest));
            vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Canceled.selector, digest));
            vm.prank(operator);
            registry.register(r, signatures, 0, 0);
        }
    }

    function test_another_consent_for_the_same_output_still_counts() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        vm.prank(alice);
        registry.cancel(r);
        r.deadline += 1;
        register("alice", r);
    }

    function test_nobody_else_cancels() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, between(alice, 1, bob));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotASigner.selector, carol));
        vm.prank(carol);
        registry.cancel(r);
    }

    function test_a_consent_is_canceled_once_and_only_before_it_is_registered() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        vm.startPrank(alice);
        registry.cancel(r);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Canceled.selector, registry.digestOf(r)));
        registry.cancel(r);
        vm.stopPrank();
        r.deadline += 1;
        uint128 id = register("alice", r);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__AlreadyRegistered.selector, id));
        vm.prank(alice);
        registry.cancel(r);
    }
}
