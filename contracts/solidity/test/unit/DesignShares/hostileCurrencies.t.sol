// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";
import {
    DenyListToken,
    FalseToken,
    FeeOnTransferToken,
    LyingToken,
    NoReturnToken,
    PlainToken,
    RebasingToken,
    StableToken,
    Uint96Token
} from "../../support/Tokens.sol";

interface Mintable {
    function mint(address to, uint256 amount) external;
}

/// @dev Every path of money with every kind of token. Tokens that call back are under test/attack.
contract HostileCurrenciesTest is LedgerTest {
    uint128 private constant CHILD = 0x2222;

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        registerShared(CHILD, 600_000);
        registry.link(CHILD, ENTRY, 100_000);
    }

    // ------------------------------------------------------------------ odd, but exact

    function test_a_token_that_returns_nothing_goes_every_way() public {
        allWays(address(new NoReturnToken()), 1e6);
    }

    function test_a_token_of_six_decimals_goes_every_way() public {
        allWays(address(new StableToken()), 1e6);
    }

    function test_a_token_of_eighteen_decimals_goes_every_way() public {
        allWays(address(new PlainToken()), 1e27);
    }

    function test_a_token_of_96_bits_goes_every_way() public {
        allWays(address(new Uint96Token()), 1e27);
    }

    function test_a_token_that_could_answer_false_goes_every_way() public {
        allWays(address(new FalseToken()), 1e6);
    }

    /// @dev Such a token's supply is below 2^96 as well, so no sum that the ledger pays at once can be above.
    function test_the_whole_supply_of_a_token_of_96_bits_is_paid_at_once() public {
        Uint96Token token = new Uint96Token();
        add(address(token));
        token.mint(address(source), type(uint96).max);
        source.donate(CHILD, address(token), type(uint96).max / 2);
        source.donate(ENTRY, address(token), type(uint96).max / 2 + 1);
        shares.settle(ENTRY, address(token), idsOf(CHILD));
        move(bob, alice, ENTRY, 400_000);
        move(bob, alice, CHILD, 400_000);
        shares.claimFor(ENTRY, address(token), listOf(bob, bob));
        shares.claimFor(CHILD, address(token), listOf(bob, bob));
        uint256 rest = token.balanceOf(address(shares));
        vm.prank(alice);
        vm.assertGe(shares.claimMany(idsOf(ENTRY, CHILD), address(token)), rest - 2, "some of it stayed");
    }

    // ------------------------------------------------------------------ refused

    function test_a_token_that_takes_a_fee_on_transfer_is_refused() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        add(address(token));
        token.mint(address(source), 1e9);
        bytes memory reason = abi.encodeWithSelector(IDesignShares.DesignShares__PaymentMismatch.selector, 1000, 989);
        vm.expectRevert(reason);
        source.deposit(ENTRY, address(token), 1000);
        vm.expectRevert(reason);
        source.donate(ENTRY, address(token), 1000);
    }

    function test_a_token_that_moves_nothing_is_refused() public {
        LyingToken token = new LyingToken();
        add(address(token));
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 1000, 0);
        source.deposit(ENTRY, address(token), 1000);
    }

    function test_a_token_that_answers_false_is_refused() public {
        FalseToken token = new FalseToken();
        add(address(token));
        token.mint(address(source), 1e6);
        source.deposit(ENTRY, address(token), 1000);
        token.fail(true);
        bytes memory reason = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token);
        vm.expectRevert(reason);
        source.deposit(ENTRY, address(token), 1000);
        vm.expectRevert(reason);
        source.donate(ENTRY, address(token), 1000);
        vm.expectRevert(reason);
        shares.withdrawFees(address(token));
        vm.expectRevert(reason);
        vm.prank(alice);
        shares.claim(ENTRY, address(token));
        vm.expectRevert(reason);
        vm.prank(alice);
        shares.claimMany(idsOf(ENTRY), address(token));
        shares.claimFor(ENTRY, address(token), listOf(alice, bob)); // skips both
        vm.assertEq(shares.claimable(ENTRY, address(token), alice), 570);
        vm.assertEq(shares.feesHeld(address(token)), 50);
        token.fail(false);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob));
        vm.assertEq(token.balanceOf(alice), 570);
        vm.assertEq(token.balanceOf(bob), 380);
    }

    // ------------------------------------------------------------------ changing by itself

    /// @dev What a token adds to balances is nobody's; what it takes is missing to who comes last, in that currency
    ///  only. Such tokens do not belong in the list; here is what one could do, and what not.
    function test_rebasing_up_credits_nobody() public {
        RebasingToken token = new RebasingToken();
        add(address(token));
        token.mint(address(source), 1e6);
        source.deposit(ENTRY, address(token), 1000);
        token.rebase(2e18);
        source.deposit(ENTRY, address(token), 1000);
        vm.assertEq(shares.claimable(ENTRY, address(token), alice), 1140);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob));
        vm.assertEq(shares.withdrawFees(address(token)), 100);
        vm.assertEq(token.balanceOf(address(shares)), 1000);
    }

    function test_rebasing_down_hurts_only_its_own_currency() public {
        RebasingToken token = new RebasingToken();
        add(address(token));
        token.mint(address(source), 1e6);
        source.donate(ENTRY, address(token), 1000);
        source.donate(ENTRY, NATIVE, 1000);
        token.rebase(5e17);
        vm.prank(bob);
        vm.assertEq(shares.claim(ENTRY, address(token)), 400);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob)); // 100 are left of her 600
        vm.assertEq(shares.claimable(ENTRY, address(token), alice), 600);
        token.rebase(1e18);
        vm.assertEq(shares.claimable(ENTRY, address(token), alice), 600);
        shares.claimFor(ENTRY, NATIVE, listOf(alice, bob));
        vm.assertEq(alice.balance, 600);
        vm.assertEq(bob.balance, 400);
    }

    function test_rebasing_in_the_middle_of_a_payment_is_refused() public {
        RebasingToken token = new RebasingToken();
        add(address(token));
        token.mint(address(source), 1e6);
        source.donate(ENTRY, address(token), 1000);
        token.rebaseInTransfer(2e18);
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 1000, 3000);
        source.deposit(ENTRY, address(token), 1000);
        token.rebaseInTransfer(1e17);
        expectError(IDesignShares.DesignShares__PaymentMismatch.selector, 1000, 0); // less than before it
        source.donate(ENTRY, address(token), 1000);
    }

    // ------------------------------------------------------------------ denying

    function test_a_denied_treasury_blocks_only_the_fees() public {
        DenyListToken token = new DenyListToken();
        add(address(token));
        token.mint(address(source), 1e6);
        source.deposit(ENTRY, address(token), 1000);
        token.setDenied(treasury, true);
        vm.expectRevert(bytes("denied"));
        shares.withdrawFees(address(token));
        source.deposit(ENTRY, address(token), 1000);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob));
        vm.assertEq(token.balanceOf(alice), 1140);
        token.setDenied(treasury, false);
        vm.assertEq(shares.withdrawFees(address(token)), 100);
    }

    /// @dev Denied as a whole, the ledger still counts rightly, and everything is there afterwards.
    function test_a_denied_ledger_loses_nothing() public {
        DenyListToken token = new DenyListToken();
        add(address(token));
        token.mint(address(source), 1e6);
        source.deposit(CHILD, address(token), 1000);
        token.setDenied(address(shares), true);
        vm.expectRevert(bytes("denied"));
        source.deposit(CHILD, address(token), 1000);
        vm.assertEq(shares.settle(ENTRY, address(token), idsOf(CHILD)), 95);
        move(alice, carol, ENTRY, 600_000);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob));
        vm.assertEq(shares.claimable(ENTRY, address(token), alice), 57);
        token.setDenied(address(shares), false);
        shares.claimFor(ENTRY, address(token), listOf(alice, bob));
        vm.assertEq(token.balanceOf(alice), 57);
    }

    /// @dev Someone denied can still have their money sent to another address, by a signature.
    function test_who_is_denied_can_order_it_elsewhere() public {
        DenyListToken token = new DenyListToken();
        add(address(token));
        token.mint(address(source), 1e6);
        source.donate(ENTRY, address(token), 1000);
        token.setDenied(alice, true);
        IDesignShares.ClaimOrder memory order =
            IDesignShares.ClaimOrder(alice, carol, address(token), idsOf(ENTRY), type(uint64).max, 0);
        shares.claimWithSig(order, signatureOf(keyOf("alice"), shares.claimOrderDigest(order)));
        vm.assertEq(token.balanceOf(carol), 600);
    }

    function add(address token) private {
        shares.addCurrency(token);
    }

    /// @dev Deposit, donation, inbox, settlement, every kind of claim, fees: all that came goes out again.
    function allWays(address token, uint256 amount) private {
        add(token);
        Mintable(token).mint(address(source), 10 * amount);
        source.deposit(CHILD, token, amount);
        source.donate(CHILD, token, amount);
        Mintable(token).mint(licenses.inboxOf(CHILD), amount);
        vm.assertEq(licenses.createInbox(CHILD).sweep(token), amount);
        vm.assertEq(balanceOf(token, address(shares)), 3 * amount);

        uint256 part = amount * 295 / 1000; // of 2.95: 5 % went to the platform once
        vm.assertEq(shares.settle(ENTRY, token, idsOf(CHILD)), part);
        vm.prank(alice);
        vm.assertEq(shares.claim(ENTRY, token), part * 6 / 10);
        vm.prank(bob);
        vm.assertEq(shares.claimMany(idsOf(ENTRY, CHILD), token), part * 4 / 10 + part * 9 * 4 / 10);
        IDesignShares.ClaimOrder memory order =
            IDesignShares.ClaimOrder(alice, carol, token, idsOf(CHILD), type(uint64).max, 0);
        bytes memory signature = signatureOf(keyOf("alice"), shares.claimOrderDigest(order));
        vm.assertEq(shares.claimWithSig(order, signature), part * 9 * 6 / 10);
        vm.assertEq(shares.withdrawFees(token), amount / 20);
        source.donate(CHILD, token, amount);
        shares.claimFor(CHILD, token, listOf(alice, bob));
        shares.settle(ENTRY, token, idsOf(CHILD));
        shares.claimFor(ENTRY, token, listOf(alice, bob));
        vm.assertEq(balanceOf(token, address(shares)), 0);
    }
}
