// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignViews} from "../../../src/DesignViews.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {IDesignViews} from "../../../src/interfaces/IDesignViews.sol";
import {RegistrySystem} from "../../support/RegistryDoubles.sol";

contract DesignViewsTest is RegistrySystem {
    bytes32 private constant SALT = keccak256("salt");
    bytes private constant PROMPT = bytes('"a gyroid"');
    DesignViews private _views;
    uint128 private _root;
    uint128 private _middle;
    uint128 private _leaf;

    function setUp() public override {
        super.setUp();
        _views = new DesignViews(address(registry));
        _root = registerOpen(keccak256("root"), 100_050, true);
        IDesignRegistry.Registration memory r = registrationOf(alice, keccak256("middle"), solely(alice));
        r.parents = parentsOf(_root, 100_050);
        r.standing = IDesignRegistry.Standing(true, true, 50_000);
        _middle = register("alice", r);
        r = registrationOf(alice, keccak256("leaf"), between(alice, 700_000, bob));
        r.parents = parentsOf(_middle, 50_000);
        r.minimums = minimum(DOLLAR, 3);
        r.standing = IDesignRegistry.Standing(true, false, 9);
        _leaf = register("alice", "bob", r);
    }

    function test_the_views_read_what_the_registry_names() public view {
        vm.assertEq(_views.registry(), address(registry));
        vm.assertEq(_views.shares(), address(shares));
        vm.assertEq(_views.licenses(), address(licenses));
    }

    function test_a_card_has_everything_of_an_entry_and_a_holder() public {
        vm.prank(alice);
        registry.transferControl(_leaf, carol);
        IDesignViews.EntryCard memory card = _views.entryCard(_leaf, bob);
        vm.assertEq(abi.encode(card.entry), abi.encode(registry.entry(_leaf)));
        vm.assertEq(card.controller, carol);
        vm.assertEq(card.inbox, licenses.inboxOf(_leaf));
        vm.assertEq(abi.encode(card.standing), abi.encode(registry.standingOf(_leaf)));
        vm.assertEq(uint256(card.standing.ppm), 9);
        vm.assertEq(abi.encode(card.minimums), abi.encode(minimum(DOLLAR, 3)));
        vm.assertEq(abi.encode(card.ancestors), abi.encode(registry.ancestorsOf(_leaf)));
        vm.assertEq(card.ancestors.length, 2);
        vm.assertEq(card.accounts.length, 3);
        vm.assertEq(card.accounts[1].currency, DOLLAR);
        vm.assertEq(card.accounts[1].claimable, 300_000); // the double says units
        vm.assertEq(card.units, 300_000);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        _views.entryCard(7, bob);
    }

    // ------------------------------------------------------------------ ERC-5521

    function test_parents_are_referred_to_and_grandparents_are_not() public view {
        checkReferring(address(shares), _leaf);
        checkReferring(address(licenses), (uint256(_leaf) << 128) | 77);
    }

    function test_two_parents_stand_in_their_order() public {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.parents = new IDesignRegistry.Parent[](2);
        r.parents[0] = IDesignRegistry.Parent(_middle, 0, 50_000);
        r.parents[1] = IDesignRegistry.Parent(_root, 0, 100_050);
        (, uint256[][] memory ids) = _views.referringOf(address(shares), register("alice", r));
        vm.assertEq(ids[0].length, 2);
        vm.assertEq(ids[0][0], _middle);
        vm.assertEq(ids[0][1], _root);
    }

    function test_an_original_and_an_unknown_token_refer_to_nothing() public view {
        uint256[3] memory ids = [uint256(_root), 7, uint256(_leaf) | (1 << 128)];
        for (uint256 i = 0; i < 3; ++i) {
            (address[] memory tokens, uint256[][] memory lists) = _views.referringOf(address(shares), ids[i]);
            vm.assertEq(tokens.length, 0);
            vm.assertEq(lists.length, 0);
        }
    }

    function test_a_foreign_token_is_refused() public {
        bytes memory reason = abi.encodeWithSelector(IDesignViews.DesignViews__ForeignToken.selector, registry);
        vm.expectRevert(reason);
        _views.referringOf(address(registry), _leaf);
        vm.expectRevert(reason);
        _views.getReferenceRoyaltyInfo(address(registry), _leaf);
        vm.expectRevert(reason);
        _views.getReferenceRoyaltyInfo(address(registry), _leaf, 1);
    }

    function test_the_timestamp_is_that_of_the_claim() public {
        vm.assertEq(_views.createdTimestamp(_leaf), 1_800_000_000);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 7));
        _views.createdTimestamp(7);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__UnknownEntry.selector, 0));
        _views.createdTimestamp(uint256(_leaf) | (1 << 128));
    }

    // ------------------------------------------------------------------ ERC-8034

    function test_every_ancestor_gets_its_part_into_its_inbox() public view {
        address[2] memory tokens = [address(shares), address(licenses)];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 id = i == 0 ? _leaf : uint256(_leaf) << 128;
            IDesignViews.ReferenceRoyalty memory told = _views.getReferenceRoyaltyInfo(tokens[i], id, 1e9);
            vm.assertEq(told.royaltyInfos.length, 2);
            vm.assertEq(told.referenceDepth, 2);
            vm.assertEq(told.royaltyInfos[0].recipient, licenses.inboxOf(_middle));
            vm.assertEq(told.royaltyInfos[0].royaltyAmount, 5e7);
            vm.assertEq(told.royaltyInfos[1].recipient, licenses.inboxOf(_root));
            vm.assertEq(told.royaltyInfos[1].royaltyAmount, 100_050_000);
            told = _views.getReferenceRoyaltyInfo(tokens[i], id);
            vm.assertEq(told.royaltyInfos[0].royaltyAmount, 500);
            vm.assertEq(told.royaltyInfos[1].royaltyAmount, 1000); // 1000.5
            vm.assertEq(_views.getReferenceRoyaltyInfo(tokens[i], id, 0).royaltyInfos[0].royaltyAmount, 0);
        }
        vm.assertEq(_views.getReferenceRoyaltyInfo(address(shares), _root, 1e9).royaltyInfos.length, 0);
        vm.assertEq(_views.getReferenceRoyaltyInfo(address(shares), 7, 1e9).royaltyInfos.length, 0);
    }

    function testFuzz_no_price_is_too_high(uint256 price) public view {
        uint256 told = _views.getReferenceRoyaltyInfo(address(shares), _middle, price).royaltyInfos[0].royaltyAmount;
        vm.assertLe(told, price / 9, "too much");
        vm.assertGe(told, price / 10, "too little");
    }

    // ------------------------------------------------------------------ ERC-7007

    function test_a_prompt_is_proved_for_the_first_output() public {
        (uint128 id, bytes memory proof) = withRecord();
        vm.assertTrue(_views.verify(PROMPT, abi.encode(OUTPUT), proof));
        vm.assertTrue(_views.verify("", abi.encode(OUTPUT), proof));
        vm.assertFalse(_views.verify(bytes('"another"'), abi.encode(OUTPUT), proof));
        vm.assertFalse(_views.verify(PROMPT, abi.encode(keccak256("another")), proof));
        vm.assertFalse(_views.verify(PROMPT, abi.encodePacked(OUTPUT, uint8(0)), proof));
        vm.assertFalse(_views.verify(PROMPT, "", proof));
        vm.assertFalse(_views.verify(PROMPT, abi.encode(OUTPUT), proofOf(id, 1, 2)));
        vm.assertFalse(_views.verify(PROMPT, abi.encode(OUTPUT), proofOf(7, 1, 1)));
        vm.assertFalse(_views.verify(PROMPT, abi.encode(OUTPUT), proofOf(_leaf, 1, 1)));
    }

    function test_a_later_versions_record_proves_nothing_of_the_first_output() public {
        uint128 id = registerAlone(OUTPUT);
        vm.prank(alice);
        registry.addVersion(id, 2, keccak256("next"), leaf(), type(uint64).max, "");
        vm.assertFalse(_views.verify(PROMPT, abi.encode(OUTPUT), proofOf(id, 2, 1)));
    }

    function test_a_proof_that_is_none_reverts() public {
        vm.expectRevert();
        _views.verify(PROMPT, abi.encode(OUTPUT), "proof");
    }

    function checkReferring(address token, uint256 id) private view {
        (address[] memory tokens, uint256[][] memory ids) = _views.referringOf(token, id);
        vm.assertEq(tokens.length, 1);
        vm.assertEq(tokens[0], address(shares));
        vm.assertEq(ids.length, 1);
        vm.assertEq(ids[0].length, 1);
        vm.assertEq(ids[0][0], _middle);
    }

    function withRecord() private returns (uint128 id, bytes memory proof) {
        IDesignRegistry.Registration memory r = registrationOf(alice, OUTPUT, solely(alice));
        r.recordRoot = leaf();
        id = register("alice", r);
        proof = proofOf(id, 1, 1);
    }

    function leaf() private pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(abi.encode(uint16(1), "prompt", PROMPT, SALT))));
    }

    function proofOf(uint128 id, uint32 version, uint16 schema) private pure returns (bytes memory) {
        return abi.encode(id, version, schema, "prompt", PROMPT, SALT, new bytes32[](0));
    }
}
