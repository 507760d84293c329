// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";
import {ReentrantToken} from "../../support/Tokens.sol";

/// @dev While money moves, in whichever function, no other function that moves money runs.
contract ReenteredTest is LedgerTest {
    ReentrantToken private _token;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        _token = new ReentrantToken();
        shares.addCurrency(address(_token));
        _token.mint(address(source), 1e12);
        source.deposit(ENTRY, address(_token), 1000);
    }

    /// @dev The token calls the ledger in the middle of what the test does, and is refused.
    modifier refused() {
        uint128[] memory none = new uint128[](0);
        _token.arm(address(shares), abi.encodeCall(IDesignShares.settle, (ENTRY, address(_token), none)), true, false);
        _;
        vm.assertFalse(_token.called());
        vm.assertEq(bytes32(_token.answer()), REENTRANT);
    }

    function test_deposit() public refused {
        source.deposit(ENTRY, address(_token), 1000);
    }

    function test_donate() public refused {
        source.donate(ENTRY, address(_token), 1000);
    }

    function test_depositSwept() public refused {
        address inbox = licenses.inboxOf(ENTRY);
        _token.mint(inbox, 1000);
        vm.startPrank(inbox);
        _token.approve(address(shares), 1000);
        shares.depositSwept(ENTRY, address(_token), 1000);
        vm.stopPrank();
    }

    function test_claim() public refused {
        vm.prank(alice);
        shares.claim(ENTRY, address(_token));
    }

    function test_claimMany() public refused {
        vm.prank(alice);
        shares.claimMany(idsOf(ENTRY), address(_token));
    }

    function test_claimFor() public refused {
        shares.claimFor(ENTRY, address(_token), listOf(alice, bob));
    }

    function test_claimWithSig() public refused {
        IDesignShares.ClaimOrder memory order;
        (order.holder, order.to, order.currency) = (alice, carol, address(_token));
        (order.entryIds, order.deadline) = (idsOf(ENTRY), uint64(block.timestamp));
        shares.claimWithSig(order, signatureOf(keyOf("alice"), shares.claimOrderDigest(order)));
    }

    function test_withdrawFees() public refused {
        shares.withdrawFees(address(_token));
    }
}
