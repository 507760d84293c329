// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RoyaltyInbox} from "../../../src/RoyaltyInbox.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract ApplyStatusTest is LedgerTest {
    uint128 private constant CHILD = 0x2222;
    uint8 private constant DONATION = 6;
    uint8 private constant INBOX = 5;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        registerAlone(CHILD);
        registry.link(CHILD, ENTRY, 100_000);
    }

    /// @dev Every source in every status, also where the first deposit finds the status.
    function test_each_status_takes_what_it_should() public {
        for (uint8 s = 0; s < 4; ++s) {
            for (uint8 source_ = 1; source_ <= 6; ++source_) {
                uint128 fresh = registerAlone(uint128(1000 + s * 10 + source_));
                uint128 known = registerAlone(uint128(2000 + s * 10 + source_));
                source.donate(known, NATIVE, 10);
                registry.setStatus(fresh, IDesignRegistry.Status(s));
                registry.setStatus(known, IDesignRegistry.Status(s));
                bool accepted = s == 0 || s == 1 || (s == 3 && source_ >= 3);
                bring(fresh, IDesignRegistry.Status(s), source_, accepted);
                bring(known, IDesignRegistry.Status(s), source_, accepted);
            }
        }
    }

    function test_it_reaches_all_currencies_and_can_be_taken_back() public {
        source.deposit(ENTRY, address(dollar), 10);
        source.deposit(ENTRY, NATIVE, 10);
        registry.setStatus(ENTRY, IDesignRegistry.Status.Suspended);
        refuse(ENTRY, address(dollar), IDesignRegistry.Status.Suspended);
        refuse(ENTRY, NATIVE, IDesignRegistry.Status.Suspended);
        registry.setStatus(ENTRY, IDesignRegistry.Status.Contested);
        source.deposit(ENTRY, address(dollar), 10);
        source.deposit(ENTRY, NATIVE, 10);
        (uint256 net,,,) = shares.totals(ENTRY, NATIVE);
        vm.assertEq(net, 19);
    }

    /// @dev The status changes nothing else in the word.
    function testFuzz_the_sums_beside_it_stay(uint8 first, uint8 second, uint256 amount) public {
        amount = bound(amount, 1, 1e28);
        source.deposit(CHILD, NATIVE, amount);
        source.donate(ENTRY, NATIVE, 7);
        shares.settle(ENTRY, NATIVE, idsOf(CHILD));
        (uint256 net, uint256 own, uint256 reserved, uint256 inbound) = shares.totals(ENTRY, NATIVE);
        (uint256 childNet,, uint256 childReserved,) = shares.totals(CHILD, NATIVE);
        registry.setStatus(ENTRY, IDesignRegistry.Status(first % 4));
        registry.setStatus(ENTRY, IDesignRegistry.Status(second % 4));
        registry.setStatus(CHILD, IDesignRegistry.Status(first % 4));
        (uint256 a, uint256 b, uint256 c, uint256 d) = shares.totals(ENTRY, NATIVE);
        vm.assertTrue(a == net && b == own && c == reserved && d == inbound);
        (a,, c,) = shares.totals(CHILD, NATIVE);
        vm.assertTrue(a == childNet && c == childReserved);
    }

    /// @dev Invariant 14: claims and settlements never ask.
    function test_a_suspended_entry_still_settles_and_pays() public {
        source.deposit(ENTRY, NATIVE, 1e6);
        source.deposit(CHILD, NATIVE, 1e6);
        registry.setStatus(ENTRY, IDesignRegistry.Status.Suspended);
        registry.setStatus(CHILD, IDesignRegistry.Status.Suspended);
        vm.assertEq(shares.settle(ENTRY, NATIVE, idsOf(CHILD)), 95_000);
        vm.prank(alice);
        vm.assertEq(shares.claim(ENTRY, NATIVE), 627_000);
        shares.claimFor(ENTRY, NATIVE, listOf(bob, carol));
        vm.assertEq(bob.balance, 418_000);
        move(alice, carol, ENTRY, 600_000);
    }

    function test_only_the_registry_tells() public {
        expectError(IDesignShares.DesignShares__NotRegistry.selector, address(this));
        shares.applyStatus(ENTRY, IDesignRegistry.Status.Suspended);
    }

    function bring(uint128 id, IDesignRegistry.Status status, uint8 source_, bool accepted) private {
        RoyaltyInbox inbox = licenses.createInbox(id);
        vm.deal(address(inbox), 10);
        (uint256 before,,,) = shares.totals(id, NATIVE);
        if (!accepted) {
            vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__NotAccepting.selector, id, status));
        }
        if (source_ == INBOX) inbox.sweep(NATIVE);
        else if (source_ == DONATION) source.donate(id, NATIVE, 10);
        else source.depositFrom(id, NATIVE, 10, source_, 0);
        (uint256 net,,,) = shares.totals(id, NATIVE);
        vm.assertEq(net, before + (accepted ? 10 : 0));
        if (source_ == INBOX) vm.assertEq(address(inbox).balance, accepted ? 0 : 10);
    }

    function refuse(uint128 id, address currency, IDesignRegistry.Status status) private {
        vm.expectRevert(abi.encodeWithSelector(IDesignShares.DesignShares__NotAccepting.selector, id, status));
        source.deposit(id, currency, 10);
    }
}
