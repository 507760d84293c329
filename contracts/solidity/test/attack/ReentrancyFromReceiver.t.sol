// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {System} from "../support/System.sol";

/// @dev A receiver's hook runs in the middle of our calls. What it can do there is only what it could do after.
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
        _holder.watch(shares, market, registry.entryIdOf(alice, r.outputHash), alice, PERSONAL);
        bytes[] memory signatures = signedBy("alice", "bob", r);
        vm.prank(operator);
        registry.register(r, signatures, 0);
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
        _holder.arm(address(market), abi.encodeCall(ILicenseMarket.buy, (intent)));
        vm.prank(operator);
        market.buyFor(intent, keccak256("ref"));
        vm.assertFalse(_holder.succeeded()); // two of three are sold: two more are not there
        (,,, uint32 sold,) = market.offer(id, COMMERCIAL);
        vm.assertEq(sold, 2);
        vm.assertEq(licenses.balanceOf(address(_holder), licenses.licenseIdOf(id, COMMERCIAL, 0)), 2);
        vm.assertEq(shares.claimable(id, address(dollar), alice), 45_600_000);
        vm.assertEq(dollar.balanceOf(address(_holder)), 1000e6);
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
    bool public succeeded;
    uint256 public unitsSeen;
    bool public offerSeen;

    function arm(address target, bytes calldata request) external {
        (_target, _request) = (target, request);
    }

    function watch(IDesignShares shares, ILicenseMarket market, uint128 id, address other, bytes32 terms) external {
        (_shares, _market, _id, _other, _terms) = (shares, market, id, other, terms);
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
            (,,,, offerSeen) = _market.offer(_id, _terms);
        }
        return super.onERC1155Received(operator, from, id, value, data);
    }
}
