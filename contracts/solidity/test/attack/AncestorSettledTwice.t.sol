// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {System} from "../support/System.sol";

/// @dev Who can be paid for the same revenue again takes it from others. Story dropped snapshots for an accumulator:
///  https://github.com/thedatafoundation/protocol-core-v1/pull/291
///  and elsewhere holders who came later could claim old distributions:
///  https://github.com/PartyDAO/party-protocol/pull/318
///  Here an ancestor takes its rate over the descendant's lifetime total, less all that it took before.
contract AncestorSettledTwiceTest is System {
    uint128 private _root;
    uint128 private _parent;
    uint128 private _child;

    function setUp() public override {
        super.setUp();
        _root = open("root", 100_000, new uint128[](0));
        _parent = open("parent", 200_000, only(_root));
        _child = open("child", 0, only(_parent));
    }

    function test_again_in_the_same_call_and_in_the_next_nothing_more_is_credited() public {
        source.deposit(_child, address(dollar), 1e6);
        uint128[] memory thrice = new uint128[](3);
        (thrice[0], thrice[1], thrice[2]) = (_child, _child, _child);
        vm.assertEq(shares.settle(_parent, address(dollar), thrice), 190_000);
        vm.assertEq(shares.settle(_parent, address(dollar), thrice), 0);
        vm.assertEq(shares.claimable(_parent, address(dollar), alice), 190_000);
        (,,, uint256 inbound) = shares.totals(_parent, address(dollar));
        vm.assertEq(inbound, 190_000);
    }

    /// @dev A grandparent stands in the child's own table, and what a parent was settled is nobody's revenue again.
    function test_money_from_a_child_is_not_passed_up_a_second_time() public {
        source.deposit(_child, address(dollar), 1e6);
        vm.assertEq(shares.settle(_root, address(dollar), only(_child)), 95_000);
        shares.settle(_parent, address(dollar), only(_child));
        vm.assertEq(shares.settle(_root, address(dollar), only(_parent)), 0);
        vm.assertEq(shares.settle(_root, address(dollar), only(_child)), 0);
        (uint256 net, uint256 own, uint256 reserved,) = shares.totals(_child, address(dollar));
        vm.assertEq(net, 950_000);
        vm.assertEq(reserved, 285_000);
        vm.assertEq(own, 665_000);
    }

    function test_strangers_the_child_itself_and_a_childs_ancestor_get_nothing_of_it() public {
        uint128 other = registerAlone(keccak256("other"));
        source.deposit(_child, address(dollar), 1e6);
        source.deposit(_root, address(dollar), 1e6);
        vm.assertEq(shares.settle(other, address(dollar), only(_child)), 0);
        vm.assertEq(shares.settle(_child, address(dollar), only(_child)), 0);
        vm.assertEq(shares.settle(_child, address(dollar), only(_root)), 0);
        vm.assertEq(shares.settle(type(uint128).max, address(dollar), only(_child)), 0);
    }

    /// @dev Settled after every deposit or once at the end, the sum is the same.
    function testFuzz_how_often_it_is_settled_does_not_matter(uint64[5] calldata amounts, uint8 when) public {
        uint256 sum = 0;
        uint256 net = 0;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 amount = bound(amounts[i], 1, 1e13);
            source.deposit(_child, address(dollar), amount);
            if ((when >> i) & 1 != 0) sum += shares.settle(_parent, address(dollar), only(_child));
        }
        sum += shares.settle(_parent, address(dollar), only(_child));
        (net,,,) = shares.totals(_child, address(dollar));
        vm.assertEq(sum, net * 200_000 / 1e6);
        (uint256 earned, uint256 settled) = shares.ancestorAccount(_child, _parent, address(dollar));
        vm.assertEq(earned, sum);
        vm.assertEq(settled, sum);
    }

    function only(uint128 id) private pure returns (uint128[] memory list) {
        list = new uint128[](1);
        list[0] = id;
    }

    function open(string memory name, uint32 ppm, uint128[] memory parents) private returns (uint128) {
        IDesignRegistry.Registration memory r = childOf(alice, keccak256(bytes(name)), parents);
        r.standing = IDesignRegistry.Standing(true, true, ppm);
        return register("alice", r);
    }
}
