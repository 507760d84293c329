// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {System} from "../../support/System.sol";

contract AuthorizationsTest is System {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function test_it_is_a_dollar_of_six_decimals_that_only_the_owner_mints() public {
        vm.assertEq(dollar.name(), "Test Dollar");
        vm.assertEq(dollar.symbol(), "tUSD");
        vm.assertEq(dollar.decimals(), 6);
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", alice));
        vm.prank(alice);
        dollar.mint(alice, 1);
        dollar.mint(alice, 1);
        vm.assertEq(dollar.balanceOf(alice), 1);
    }

    function test_a_permit_sets_an_allowance_once() public {
        (uint8 v, bytes32 r, bytes32 s) =
            sign(keccak256(abi.encode(PERMIT, alice, address(market), 7e6, 0, block.timestamp)));
        dollar.permit(alice, address(market), 7e6, block.timestamp, v, r, s);
        vm.assertEq(dollar.allowance(alice, address(market)), 7e6);
        vm.expectRevert();
        dollar.permit(alice, address(market), 7e6, block.timestamp, v, r, s);
    }

    function test_a_transfer_authorization_works_once_and_can_be_canceled() public {
        dollar.mint(alice, 10e6);
        bytes32 nonce = keccak256("nonce");
        uint256 until = block.timestamp + 1;
        (uint8 v, bytes32 r, bytes32 s) = sign(keccak256(abi.encode(TRANSFER, alice, bob, 4e6, 0, until, nonce)));
        dollar.transferWithAuthorization(alice, bob, 4e6, 0, until, nonce, v, r, s);
        vm.assertEq(dollar.balanceOf(bob), 4e6);
        vm.assertTrue(dollar.authorizationState(alice, nonce));
        vm.expectRevert();
        dollar.transferWithAuthorization(alice, bob, 4e6, 0, until, nonce, v, r, s);

        bytes32 other = keccak256("other");
        (v, r, s) = sign(
            keccak256(abi.encode(keccak256("CancelAuthorization(address authorizer,bytes32 nonce)"), alice, other))
        );
        dollar.cancelAuthorization(alice, other, v, r, s);
        (v, r, s) = sign(keccak256(abi.encode(TRANSFER, alice, bob, 4e6, 0, until, other)));
        vm.expectRevert();
        dollar.transferWithAuthorization(alice, bob, 4e6, 0, until, other, v, r, s);
        vm.assertEq(dollar.balanceOf(bob), 4e6);
    }

    function test_only_the_payee_uses_a_receive_authorization() public {
        dollar.mint(alice, 10e6);
        bytes32 nonce = keccak256("nonce");
        uint256 until = block.timestamp + 1;
        (uint8 v, bytes32 r, bytes32 s) = sign(keccak256(abi.encode(RECEIVE, alice, bob, 4e6, 0, until, nonce)));
        vm.expectRevert();
        vm.prank(carol);
        dollar.receiveWithAuthorization(alice, bob, 4e6, 0, until, nonce, v, r, s);
        vm.prank(bob);
        dollar.receiveWithAuthorization(alice, bob, 4e6, 0, until, nonce, v, r, s);
        vm.assertEq(dollar.balanceOf(bob), 4e6);
    }

    function sign(bytes32 structHash) private view returns (uint8, bytes32, bytes32) {
        return vm.sign(keyOf("alice"), keccak256(bytes.concat(hex"1901", dollar.DOMAIN_SEPARATOR(), structHash)));
    }
}
