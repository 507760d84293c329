// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

/// @dev announce and commit.
contract AnnounceTest is RegistrySystem {
    function test_the_controller_announces_in_the_words_of_both_standards() public {
        uint128 id = registerAlone(OUTPUT);
        vm.expectEmit(address(registry));
        emit IDesignRegistry.Commit(alice, "cid", "said");
        vm.expectEmit(address(registry));
        emit IDesignRegistry.AigcData(id, "prompt", abi.encodePacked(OUTPUT), "proof");
        vm.prank(alice);
        registry.announce(id, OUTPUT, "cid", "said", "prompt", "proof");
    }

    function test_without_a_prompt_there_is_no_aigc_data() public {
        uint128 id = registerAlone(OUTPUT);
        vm.recordLogs();
        vm.prank(alice);
        registry.announce(id, OUTPUT, "cid", "said", "", "proof");
        vm.assertEq(vm.getRecordedLogs().length, 1);
    }

    function test_only_the_controller_announces_and_only_the_first_output() public {
        uint128 id = registerAlone(OUTPUT);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotController.selector, operator));
        vm.prank(operator);
        registry.announce(id, OUTPUT, "cid", "said", "prompt", "proof");
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__NotTheSameOutput.selector, id, id));
        vm.prank(alice);
        registry.announce(id, keccak256("another"), "cid", "said", "prompt", "proof");
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        registry.announce(7, OUTPUT, "cid", "said", "prompt", "proof");
    }

    function test_anyone_commits_to_any_asset() public {
        vm.expectEmit(address(registry));
        emit IDesignRegistry.Commit(stranger, "cid", "said");
        vm.prank(stranger);
        vm.assertEq(registry.commit("cid", "said"), block.number);
    }
}
