// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IDesignShares} from "../../../src/interfaces/IDesignShares.sol";
import {LedgerTest} from "../../support/LedgerDoubles.sol";

contract ClaimWithSigTest is LedgerTest {
    uint128 private constant SECOND = 0x2222;
    uint256 private immutable _key = keyOf("alice");

    function setUp() public override {
        super.setUp();
        registerShared(ENTRY, 600_000);
        registerShared(SECOND, 333_333);
        source.donate(ENTRY, NATIVE, 1000);
        source.donate(SECOND, NATIVE, 1000);
    }

    function test_anyone_executes_and_the_money_goes_where_the_holder_said() public {
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes32 digest = shares.claimOrderDigest(order);
        bytes memory signature = signatureOf(_key, digest);
        vm.expectEmit(address(shares));
        emit IDesignShares.ClaimOrdered(digest, alice, carol);
        vm.expectEmit(address(shares));
        emit IDesignShares.Claimed(ENTRY, NATIVE, alice, 600);
        vm.expectEmit(address(shares));
        emit IDesignShares.Claimed(SECOND, NATIVE, alice, 333);
        vm.prank(stranger);
        vm.assertEq(shares.claimWithSig(order, signature), 933);
        vm.assertEq(carol.balance, 933);
        vm.assertEq(alice.balance, 0);
        vm.assertTrue(shares.isVoid(digest));
    }

    /// @dev The digest is the one that EIP-712 says, from the parts in the interface's comment.
    function test_the_digest_is_that_of_the_documented_type() public view {
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes32 typeHash = keccak256(
            "ClaimOrder(address holder,address to,address currency,uint128[] entryIds,uint64 deadline,bytes32 salt)"
        );
        bytes32 ids = keccak256(abi.encode(uint256(ENTRY), uint256(SECOND)));
        bytes32 structHash = keccak256(abi.encode(typeHash, alice, carol, NATIVE, ids, order.deadline, order.salt));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Loomprint Shares"),
                keccak256("1"),
                block.chainid,
                address(shares)
            )
        );
        vm.assertEq(shares.claimOrderDigest(order), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        (, string memory name, string memory version,, address verifying,,) = IERC5267(address(shares)).eip712Domain();
        vm.assertEq(name, "Loomprint Shares");
        vm.assertEq(version, "1");
        vm.assertEq(verifying, address(shares));
    }

    /// @dev Invariant 9: the signature, its malleated form and its compact form, before and after each other.
    function test_no_form_of_a_signature_executes_twice() public {
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes[3] memory forms = formsOf(_key, shares.claimOrderDigest(order));
        for (uint256 i = 1; i < 3; ++i) {
            expectError(IDesignShares.DesignShares__BadSignature.selector, alice);
            shares.claimWithSig(order, forms[i]);
        }
        shares.claimWithSig(order, forms[0]);
        source.donate(ENTRY, NATIVE, 1000);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IDesignShares.DesignShares__OrderVoid.selector, shares.claimOrderDigest(order))
            );
            shares.claimWithSig(order, forms[i]);
        }
        vm.assertEq(carol.balance, 933);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 600);
    }

    /// @dev A contract wallet may accept every form; the order still executes once.
    function test_a_wallet_that_accepts_every_form_pays_once() public {
        address wallet = address(new GenerousWallet(alice));
        move(alice, wallet, ENTRY, 600_000);
        for (uint256 first = 0; first < 3; ++first) {
            source.donate(ENTRY, NATIVE, 1000);
            IDesignShares.ClaimOrder memory order = orderOf(wallet, carol);
            order.salt = bytes32(first);
            bytes[3] memory forms = formsOf(_key, shares.claimOrderDigest(order));
            uint256 had = carol.balance;
            shares.claimWithSig(order, forms[first]);
            vm.assertEq(carol.balance - had, 600);
            source.donate(ENTRY, NATIVE, 1000);
            for (uint256 i = 0; i < 3; ++i) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IDesignShares.DesignShares__OrderVoid.selector, shares.claimOrderDigest(order)
                    )
                );
                shares.claimWithSig(order, forms[i]);
            }
            vm.prank(wallet);
            shares.claim(ENTRY, NATIVE);
        }
    }

    function test_a_contract_wallet_decides_for_itself() public {
        GenerousWallet wallet = new GenerousWallet(alice);
        move(alice, address(wallet), ENTRY, 600_000);
        source.donate(ENTRY, NATIVE, 1000);
        IDesignShares.ClaimOrder memory order = orderOf(address(wallet), carol);
        bytes memory signature = signatureOf(keyOf("bob"), shares.claimOrderDigest(order));
        expectError(IDesignShares.DesignShares__BadSignature.selector, address(wallet));
        shares.claimWithSig(order, signature);
        signature = signatureOf(_key, shares.claimOrderDigest(order));
        vm.assertEq(shares.claimWithSig(order, signature), 600);
    }

    /// @dev Any other word of the order makes another digest.
    function testFuzz_nobody_can_change_an_order(uint8 field, uint256 seed) public {
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes memory signature = signatureOf(_key, shares.claimOrderDigest(order));
        field %= 6;
        if (field == 0) order.holder = bob;
        if (field == 1) order.to = address(uint160(bound(seed, 100, type(uint152).max)));
        if (field == 2) order.currency = address(dollar);
        if (field == 3) order.entryIds[seed % 2] = order.entryIds[1 - seed % 2];
        if (field == 4) order.deadline = uint64(bound(seed, order.deadline + 1, type(uint64).max));
        if (field == 5) order.salt = keccak256(abi.encode(seed));
        expectError(IDesignShares.DesignShares__BadSignature.selector, order.holder);
        shares.claimWithSig(order, signature);
        vm.assertEq(carol.balance, 0);
    }

    function test_never_on_another_chain_or_ledger() public {
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes memory signature = signatureOf(_key, shares.claimOrderDigest(order));
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        expectError(IDesignShares.DesignShares__BadSignature.selector, alice);
        shares.claimWithSig(order, signature);
        vm.chainId(here);
        IDesignShares first = shares;
        deploy(address(0));
        shares.addCurrency(NATIVE);
        registerShared(ENTRY, 600_000);
        vm.deal(address(source), 1000);
        source.donate(ENTRY, NATIVE, 1000);
        expectError(IDesignShares.DesignShares__BadSignature.selector, alice);
        shares.claimWithSig(order, signature);
        vm.assertEq(first.claimWithSig(order, signature), 933);
    }

    function test_never_late() public {
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes memory signature = signatureOf(_key, shares.claimOrderDigest(order));
        vm.warp(order.deadline + 1);
        expectError(IDesignShares.DesignShares__Expired.selector, order.deadline);
        shares.claimWithSig(order, signature);
        vm.warp(order.deadline);
        shares.claimWithSig(order, signature);
    }

    function test_with_nothing_to_claim_the_order_stays_good() public {
        vm.prank(alice);
        shares.claimMany(idsOf(ENTRY, SECOND), NATIVE);
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes memory signature = signatureOf(_key, shares.claimOrderDigest(order));
        expectError(IDesignShares.DesignShares__NothingToClaim.selector);
        shares.claimWithSig(order, signature);
        source.donate(ENTRY, NATIVE, 1000);
        vm.assertEq(shares.claimWithSig(order, signature), 600);
    }

    function test_money_cannot_be_ordered_where_it_would_be_nobodys() public {
        address[2] memory places = [address(0), address(shares)];
        for (uint256 i = 0; i < 2; ++i) {
            IDesignShares.ClaimOrder memory order = orderOf(alice, places[i]);
            bytes memory signature = signatureOf(_key, shares.claimOrderDigest(order));
            expectError(IDesignShares.DesignShares__TransferFailed.selector, places[i]);
            shares.claimWithSig(order, signature);
        }
        // And a receiver that refuses coin keeps nothing of it.
        IDesignShares.ClaimOrder memory refused = orderOf(alice, address(dollar));
        bytes memory refusedSignature = signatureOf(_key, shares.claimOrderDigest(refused));
        expectError(IDesignShares.DesignShares__TransferFailed.selector, address(dollar));
        shares.claimWithSig(refused, refusedSignature);
        vm.assertEq(shares.claimable(ENTRY, NATIVE, alice), 600);
    }

    function test_the_holder_takes_an_order_back() public {
        IDesignShares.ClaimOrder memory order = orderOf(alice, carol);
        bytes32 digest = shares.claimOrderDigest(order);
        bytes memory signature = signatureOf(_key, digest);
        expectError(IDesignShares.DesignShares__BadSignature.selector, alice);
        vm.prank(carol);
        shares.cancelClaimOrder(order);
        vm.startPrank(alice);
        vm.expectEmit(address(shares));
        emit IDesignShares.ClaimOrderCanceled(digest, alice);
        shares.cancelClaimOrder(order);
        bytes memory reason = abi.encodeWithSelector(IDesignShares.DesignShares__OrderVoid.selector, digest);
        vm.expectRevert(reason);
        shares.cancelClaimOrder(order);
        vm.stopPrank();
        vm.assertTrue(shares.isVoid(digest));
        vm.expectRevert(reason);
        shares.claimWithSig(order, signature);
        // Another salt, another order.
        order.salt = "again";
        signature = signatureOf(_key, shares.claimOrderDigest(order));
        vm.assertEq(shares.claimWithSig(order, signature), 933);
    }

    function orderOf(address holder, address to) private view returns (IDesignShares.ClaimOrder memory) {
        return IDesignShares.ClaimOrder({
            holder: holder,
            to: to,
            currency: NATIVE,
            entryIds: idsOf(ENTRY, SECOND),
            deadline: uint64(block.timestamp + 1 hours),
            salt: "salt"
        });
    }
}

/// @dev A contract wallet that accepts every form of its owner's signature.
contract GenerousWallet is IERC1271, ERC1155Holder {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    receive() external payable {}

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        address signer;
        if (signature.length == 64) {
            (signer,,) = ECDSA.tryRecover(hash, bytes32(signature[:32]), bytes32(signature[32:]));
        } else {
            signer = ecrecover(hash, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
        }
        return signer == _owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
