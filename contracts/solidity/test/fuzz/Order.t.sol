// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Family} from "../support/Family.sol";

/// @dev Invariant 4: deposits, settlements and claims in another order pay each party the same, as long as what must
///  come before a transfer of shares comes before it. Two families with the same history, one in the given order and
///  settled only when it matters, the other shuffled, with claims and settlements in between.
contract OrderTest is Family {
    uint256 private constant STEPS = 8;

    struct Step {
        bool toChild;
        uint8 origin;
        uint256 amount;
    }

    mapping(uint128 entry => mapping(address holder => uint256)) private _paid;

    function testFuzz_the_order_does_not_matter(
        uint256[STEPS] calldata seeds,
        uint256 shuffle,
        uint256 moved,
        uint32 ppm
    ) public {
        ppm = uint32(bound(ppm, 0, 500_000));
        moved = bound(moved, 0, 1_000_000);
        (uint128 plainParent, uint128 plainChild) = family("plain", ppm);
        (uint128 otherParent, uint128 otherChild) = family("other", ppm);
        for (uint256 half = 0; half < 2; ++half) {
            Step[] memory steps = stepsOf(seeds, half);
            for (uint256 i = 0; i < steps.length; ++i) {
                run(steps[i], plainParent, plainChild);
            }
            shares.settle(plainParent, address(dollar), only(plainChild));
            permute(steps, shuffle >> (half * 128));
            for (uint256 i = 0; i < steps.length; ++i) {
                run(steps[i], otherParent, otherChild);
                uint256 between = shuffle >> (half * 128 + 64 + i * 8);
                if (between & 1 != 0) shares.settle(otherParent, address(dollar), only(otherChild));
                if (between & 2 != 0) claim(otherParent, alice);
                if (between & 4 != 0) claim(otherParent, bob);
                if (between & 8 != 0) claim(otherChild, alice);
            }
            shares.settle(otherParent, address(dollar), only(otherChild));
            if (half == 1) break;
            vm.startPrank(alice);
            shares.safeTransferFrom(alice, bob, plainParent, moved, "");
            shares.safeTransferFrom(alice, bob, otherParent, moved, "");
            shares.safeTransferFrom(alice, bob, plainChild, 1_000_000 - moved, "");
            shares.safeTransferFrom(alice, bob, otherChild, 1_000_000 - moved, "");
            vm.stopPrank();
        }
        compare(plainParent, otherParent, alice);
        compare(plainParent, otherParent, bob);
        compare(plainChild, otherChild, alice);
        compare(plainChild, otherChild, bob);
    }

    /// @dev A deposit is before or after the transfer in both families: that is what causality fixes.
    function stepsOf(uint256[STEPS] calldata seeds, uint256 half) private pure returns (Step[] memory steps) {
        steps = new Step[](STEPS / 2);
        for (uint256 i = 0; i < STEPS / 2; ++i) {
            uint256 seed = seeds[half * STEPS / 2 + i];
            uint256 amount = seed >> 16;
            steps[i] =
                Step(seed & 1 != 0, uint8((seed >> 1) % 4 + 1), bound(amount, 1, (seed >> 8) & 1 == 0 ? 50 : 1e13));
        }
    }

    function permute(Step[] memory steps, uint256 seed) private pure {
        for (uint256 i = steps.length - 1; i > 0; --i) {
            uint256 other = (seed >> i * 8) % (i + 1);
            (steps[i], steps[other]) = (steps[other], steps[i]);
        }
    }

    function run(Step memory step, uint128 parent, uint128 child) private {
        source.depositFrom(step.toChild ? child : parent, address(dollar), step.amount, step.origin, 0);
    }

    function claim(uint128 id, address holder) private {
        if (shares.claimable(id, address(dollar), holder) == 0) return;
        vm.prank(holder);
        _paid[id][holder] += shares.claim(id, address(dollar));
    }

    /// @dev Exactly the same, because everything is counted on lifetime totals.
    function compare(uint128 plain, uint128 other, address holder) private view {
        vm.assertEq(
            _paid[plain][holder] + shares.claimable(plain, address(dollar), holder),
            _paid[other][holder] + shares.claimable(other, address(dollar), holder)
        );
    }

    function family(string memory name, uint32 ppm) private returns (uint128 parent, uint128 child) {
        parent = open(name, ppm, true, none());
        child = open(string.concat(name, " child"), 0, false, only(parent));
    }
}
