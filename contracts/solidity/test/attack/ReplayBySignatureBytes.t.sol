// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {DesignRegistry} from "../../src/DesignRegistry.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {System} from "../support/System.sol";

/// @dev A guard keyed by the bytes of a signature is passed by its malleated or compact form.
///  https://github.com/sherlock-audit/2024-04-titles-judging/issues/369
///  Here the entry itself is the guard: whatever the bytes, it exists once. Other chains, contracts and times neither.
contract ReplayBySignatureBytesTest is System {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function test_no_form_of_a_signature_registers_a_second_time() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), solely(alice));
        bytes[3] memory forms = formsOf(registry.digestOf(r));
        register(r, forms[0]);
        for (uint256 i = 0; i < 3; ++i) {
            uint128 id = registry.entryIdOf(alice, r.outputHash);
            vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__AlreadyRegistered.selector, id));
            register(r, forms[i]);
        }
        vm.assertEq(registry.claimCount(r.outputHash), 1);
    }

    function test_malleated_and_compact_forms_do_not_register_at_all() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), solely(alice));
        bytes[3] memory forms = formsOf(registry.digestOf(r));
        for (uint256 i = 1; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
            register(r, forms[i]);
        }
        bytes memory longer = bytes.concat(forms[0], hex"00");
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        register(r, longer);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        register(r, "");
        vm.assertFalse(registry.isRegistered(registry.entryIdOf(alice, r.outputHash)));
    }

    function test_a_signature_of_another_chain_or_contract_is_none() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("output"), solely(alice));
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        bytes memory elsewhere = signatureOf(keyOf("alice"), registry.digestOf(r));
        vm.chainId(here);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        register(r, elsewhere);

        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        DesignShares otherShares = new DesignShares(address(manager), next, treasury, FEE_PPM);
        DesignRegistry other = new DesignRegistry(address(manager), address(otherShares), address(licenses));
        bytes memory ofTheOther = signatureOf(keyOf("alice"), other.digestOf(r));
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__BadSignature.selector, alice));
        register(r, ofTheOther);
    }

    function register(IDesignRegistry.Registration memory r, bytes memory signature) private {
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature;
        vm.prank(operator);
        registry.register(r, signatures, 0);
    }

    /// @dev As signed, with the other s (EIP-2 forbids it), and compact (EIP-2098).
    function formsOf(bytes32 digest) private pure returns (bytes[3] memory forms) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf("alice"), digest);
        forms[0] = abi.encodePacked(r, s, v);
        forms[1] = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        forms[2] = abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }
}
