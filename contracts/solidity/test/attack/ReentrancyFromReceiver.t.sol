// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {HostileHolder} from "../support/Holders.sol";
import {System} from "../support/System.sol";

/// @dev https://github.com/OpenZeppelin/openzeppelin-contracts/pull/2956 (what a receiver's hook finds)
///  A receiver's hook runs in the middle of our calls. What it can do there is only what it could do after.
contract ReentrancyFromReceiverTest is System {
    HookedHolder private _holder;

    function setUp() public override {
        super.setUp();
        _holder = new HookedHolder();
    }

    function test_sent_shares_it_claims_only_what_it_had_earned() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        vm.prank(alice);
        shares.safeTransferFrom(alice, address(_holder), id, 100_000, "");
        source.deposit(id, address(dollar), 10e6);
        _holder.arm(address(shares), abi.encodeCall(IDesignShares.claim, (id, address(dollar))));
        vm.prank(alice);
        shares.safeTransferFrom(alice, address(_holder), id, 500_000, "");
        vm.assertTrue(_holder.succeeded());
        vm.assertEq(dollar.balanceOf(address(_holder)), 950_000); // 100,000 units of 9.5, not 600,000
        vm.assertEq(shares.claimable(id, address(dollar), alice), 4_750_000);
        vm.assertEq(shares.claimable(id, address(dollar), address(_holder)), 0);
    }

    function test_sent_shares_it_can_send_them_on_and_no_unit_is_made() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        source.deposit(id, address(dollar), 10e6);
        _holder.arm(
            address(shares), abi.encodeCall(shares.safeTransferFrom, (address(_holder), carol, id, 600_000, ""))
        );
        vm.prank(alice);
        shares.safeTransferFrom(alice, address(_holder), id, 600_000, "");
        vm.assertTrue(_holder.succeeded());
        vm.assertEq(shares.balanceOf(carol, id), 600_000);
        vm.assertEq(shares.balanceOf(address(_holder), id), 0);
        vm.assertEq(shares.balanceOf(alice, id), 0);
        vm.assertEq(shares.claimable(id, address(dollar), alice), 5_700_000);
        vm.assertEq(shares.claimable(id, address(dollar), carol), 0);
    }

    function test_at_registration_it_sees_the_whole_allocation_and_open_offers() public {
        IDesignRegistry.Registration memory r =
            registrationOf(alice, keccak256("output"), between(address(_holder), 400_000, alice));
        r.offers = twoOffers();
        _holder.watch(shares, market, registry.entryIdOf(alice, r.outputHash), alice, PERSONAL, address(dollar));
        register("alice", "bob", r);
        vm.assertEq(_holder.unitsSeen(), 600_000);
        vm.assertTrue(_holder.offerSeen());
    }

    function test_sold_a_license_it_finds_the_sale_complete_and_cannot_pass_the_supply() public {
        uint128 id = registerShared(keccak256("output"), 600_000);
        dollar.mint(address(_holder), 1000e6);
        vm.prank(address(_holder));
        dollar.approve(address(market), type(uint256).max);
        ILicenseMarket.BuyIntent memory intent = intentOf(id, COMMERCIAL, 2);
        intent.to = address(_holder);
        _holder.arm(address(market), abi.encodeCall(ILicenseMarket.buy, (intent, NO_PROOF)));
        vm.prank(operator);
        market.buyFor(intent, NO_PROOF, keccak256("ref"));
        vm.assertFalse(_holder.succeeded()); // two of three are sold: two more are not there
        (, uint32 sold,) = market.offer(id, COMMERCIAL, address(dollar));
        vm.assertEq(sold, 2);
        vm.assertEq(licenses.balanceOf(address(_holder), licenses.licenseIdOf(id, COMMERCIAL, 0)), 2);
        vm.assertEq(shares.claimable(id, address(dollar), alice), 45_600_000);
        vm.assertEq(dollar.balanceOf(address(_holder)), 1000e6);
    }

    /// @dev Paid in native coin it is called with the caller's gas: everything that moves money is closed to it.
    function test_paid_native_coin_it_finds_every_money_function_closed() public {
        (uint128 id, HostileHolder holder) = holderOf(300_000);
        uint128[] memory ids = new uint128[](1);
        address[] memory holders = new address[](1);
        (ids[0], holders[0]) = (id, bob);
        bytes[6] memory requests = [
            abi.encodeCall(IDesignShares.claim, (id, NATIVE)),
            abi.encodeCall(IDesignShares.claimMany, (ids, NATIVE)),
            abi.encodeCall(IDesignShares.claimFor, (id, NATIVE, holders)),
            abi.encodeCall(IDesignShares.withdrawFees, (NATIVE)),
            abi.encodeCall(IDesignShares.settle, (id, NATIVE, ids)),
            abi.encodeCall(IDesignShares.donate, (id, NATIVE, 0))
        ];
        for (uint256 i = 0; i < requests.length; ++i) {
            source.deposit(id, NATIVE, 1000);
            holder.arm(address(shares), requests[i]);
            uint256 had = address(holder).balance;
            if (i % 2 == 0) {
                vm.prank(address(holder));
                shares.claim(id, NATIVE);
            } else {
                holders[0] = address(holder);
                shares.claimFor(id, NATIVE, holders);
            }
            vm.assertTrue(holder.entered());
            vm.assertFalse(holder.succeeded());
            vm.assertEq(holder.answer(), bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
            vm.assertEq(address(holder).balance - had, 285);
        }
        vm.assertEq(shares.claimable(id, NATIVE, bob), 6 * 380);
    }

    /// @dev What stays open, moving units, gives no more than it gives outside.
    function test_paid_native_coin_it_can_move_its_units_and_gains_nothing() public {
        (uint128 id, HostileHolder holder) = holderOf(600_000);
        source.deposit(id, NATIVE, 1000);
        holder.arm(address(shares), abi.encodeCall(shares.safeTransferFrom, (address(holder), carol, id, 600_000, "")));
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (address(holder), carol);
        shares.claimFor(id, NATIVE, holders);
        vm.assertTrue(holder.succeeded());
        vm.assertEq(address(holder).balance, 570);
        vm.assertEq(carol.balance, 0);
        vm.assertEq(shares.balanceOf(carol, id), 600_000);
        vm.assertEq(shares.claimable(id, NATIVE, address(holder)), 0);
        vm.assertEq(shares.claimable(id, NATIVE, bob), 380);
    }

    /// @dev Read in the middle of its own payout, nothing is counted twice; a failed one is credited again after it.
    function test_paid_native_coin_it_reads_that_it_has_been_paid() public {
        (uint128 id, HostileHolder holder) = holderOf(600_000);
        source.deposit(id, NATIVE, 1000);
        holder.arm(address(shares), abi.encodeCall(IDesignShares.claimable, (id, NATIVE, address(holder))));
        vm.prank(address(holder));
        shares.claim(id, NATIVE);
        vm.assertTrue(holder.succeeded());
        vm.assertEq(holder.answer(), bytes32(0));
    }

    /// @dev Of so many of Alice's units, and paid in native coin from now on.
    function holderOf(uint256 units) private returns (uint128 id, HostileHolder holder) {
        id = registerShared(keccak256("output"), 600_000);
        holder = new HostileHolder();
        vm.prank(alice);
        shares.safeTransferFrom(alice, address(holder), id, units, "");
        holder.setMode(HostileHolder.Mode.Reenter);
        vm.deal(address(source), 1 ether);
    }
}

/// @dev Signs everything, holds ERC-1155 tokens, and in its hook calls what it is told to, or looks around.
contract HookedHolder is ERC1155Holder {
    address private _target;
    bytes private _request;
    IDesignShares private _shares;
    ILicenseMarket private _market;
    uint128 private _id;
    address private _other;
    bytes32 private _terms;
    address private _currency;
    bool public succeeded;
    uint256 public unitsSeen;
    bool public offerSeen;

    function arm(address target, bytes calldata request) external {
        (_target, _request) = (target, request);
    }

    function watch(
        IDesignShares shares,
        ILicenseMarket market,
        uint128 id,
        address other,
        bytes32 terms,
        address currency
    ) external {
        (_shares, _market, _id, _other, _terms, _currency) = (shares, market, id, other, terms, currency);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }

    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes memory data)
        public
        override
        returns (bytes4)
    {
        address target = _target;
        if (target != address(0)) {
            _target = address(0);
            (succeeded,) = target.call(_request);
        }
        if (address(_shares) != address(0)) {
            unitsSeen = _shares.balanceOf(_other, _id);
            (,, offerSeen) = _market.offer(_id, _terms, _currency);
        }
        return super.onERC1155Received(operator, from, id, value, data);
    }
}
