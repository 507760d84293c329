// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {System} from "./System.sol";

/// @dev What people sign so that others bring it.
abstract contract Relaying is System {
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant REQUEST_TYPEHASH = keccak256(
        "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)"
    );

    function signIntent(string memory name, ILicenseMarket.BuyIntent memory intent)
        internal
        view
        returns (bytes memory)
    {
        return signIntent(name, account(name), intent);
    }

    /// @dev For an account of theirs, which pays.
    function signIntent(string memory name, address payer, ILicenseMarket.BuyIntent memory intent)
        internal
        view
        returns (bytes memory)
    {
        return signatureOf(keyOf(name), market.intentDigest(intent, payer));
    }

    function permitOf(string memory owner, uint256 value) internal view returns (ILicenseMarket.Permit memory) {
        return permitOf(account(owner), keyOf(owner), value);
    }

    function permitOf(address owner, uint256 key, uint256 value)
        internal
        view
        returns (ILicenseMarket.Permit memory permit)
    {
        permit.value = value;
        permit.deadline = type(uint256).max;
        bytes32 content = keccak256(
            abi.encode(PERMIT_TYPEHASH, owner, address(market), value, dollar.nonces(owner), permit.deadline)
        );
        (permit.v, permit.r, permit.s) = vm.sign(key, typed(dollar.DOMAIN_SEPARATOR(), content));
    }

    /// @dev Of all that the intent may cost, for this intent alone.
    function authorize(string memory payer, ILicenseMarket.BuyIntent memory intent)
        internal
        view
        returns (ILicenseMarket.Authorization memory)
    {
        return authorize(account(payer), keyOf(payer), intent);
    }

    function authorize(address payer, uint256 key, ILicenseMarket.BuyIntent memory intent)
        internal
        view
        returns (ILicenseMarket.Authorization memory authorization)
    {
        authorization.validBefore = type(uint256).max;
        bytes32 content = keccak256(
            abi.encode(
                RECEIVE_TYPEHASH,
                payer,
                address(market),
                uint256(intent.maxPrice) * intent.quantity,
                authorization.validAfter,
                authorization.validBefore,
                market.intentDigest(intent, payer)
            )
        );
        (authorization.v, authorization.r, authorization.s) = vm.sign(key, typed(dollar.DOMAIN_SEPARATOR(), content));
    }

    function requestOf(string memory from, address to, uint256 value, bytes memory data)
        internal
        view
        returns (ERC2771Forwarder.ForwardRequestData memory)
    {
        return requestAt(from, to, value, data, forwarder.nonces(account(from)));
    }

    /// @dev One that comes after others of the same person.
    function requestAt(string memory from, address to, uint256 value, bytes memory data, uint256 nonce)
        internal
        view
        returns (ERC2771Forwarder.ForwardRequestData memory request)
    {
        request.from = account(from);
        request.to = to;
        request.value = value;
        request.gas = 2_000_000;
        request.deadline = type(uint48).max;
        request.data = data;
        bytes32 content = keccak256(
            abi.encode(REQUEST_TYPEHASH, request.from, to, value, request.gas, nonce, request.deadline, keccak256(data))
        );
        request.signature =
            signatureOf(keyOf(from), typed(domainOf("Loomprint Forwarder", address(forwarder)), content));
    }
}
