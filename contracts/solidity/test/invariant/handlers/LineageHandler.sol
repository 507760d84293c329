// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DesignRegistry} from "../../../src/DesignRegistry.sol";
import {IDesignRegistry} from "../../../src/interfaces/IDesignRegistry.sol";
import {Tally} from "../../support/Campaign.sol";
import {NaiveLineage} from "../../support/NaiveLineage.sol";
import {RegistrySystem, SharesDouble} from "../../support/RegistryDoubles.sol";

/// @dev Three creators claim and derive, by the operator and by commitments, while terms, controllers, versions and
///  statuses change; and keeps what should be there.
contract LineageHandler is RegistrySystem, Tally {
    uint256 internal constant OUTPUTS = 7;
    uint256 internal constant RATE = 90_000;

    /// @dev What was registered, and what was allowed to change since.
    struct Record {
        uint128 id;
        address creator;
        address controller;
        IDesignRegistry.EntryKind kind;
        IDesignRegistry.Status moderated;
        bool withdrawn;
        bool frozen;
        uint40 claimedAt;
        bytes32 outputHash;
        bytes32 table;
        bytes32[] roots;
    }

    Record[] internal _records;
    address[3] public creators;
    uint256[3] private _keys;
    uint256 private _nonce;
    NaiveLineage public naive;
    uint256 public touched;

    mapping(uint128 id => uint256) public indexOf;
    /// @dev Entries (by index) of one output, first claim first.
    mapping(bytes32 outputHash => uint256[]) internal _ranked;
    mapping(bytes32 commitment => uint40) public committedAt;
    mapping(address creator => mapping(bytes32 outputHash => bytes32[])) internal _salts;

    function setUp() public override {
        super.setUp();
        naive = new NaiveLineage();
        string[3] memory names = ["alice", "bob", "carol"];
        for (uint256 i = 0; i < 3; ++i) {
            creators[i] = account(names[i]);
            _keys[i] = keyOf(names[i]);
        }
        actRegister(0, 0, 0);
        actRegister(1, 1, 1);
    }

    function deployed() external view returns (DesignRegistry, SharesDouble) {
        return (registry, shares);
    }

    // ------------------------------------------------------------------ claiming

    /// @dev The operator relays; also again what is registered already.
    function actRegister(uint256 who, uint256 what, uint256 seed) public {
        IDesignRegistry.Registration memory r = random(who % 3, outputOf(what), seed);
        attempt(r, who % 3, operator, 0, uint40(block.timestamp));
    }

    /// @dev Somebody reveals one of the commitments that were made for this claim.
    function actReveal(uint256 who, uint256 what, uint256 seed) external {
        who %= 3;
        bytes32 outputHash = outputOf(what);
        bytes32[] storage salts = _salts[creators[who]][outputHash];
        if (salts.length == 0) return actCommit(who, what);
        bytes32 salt = salts[seed % salts.length];
        uint40 since = committedAt[commitmentOf(who, outputHash, salt)];
        IDesignRegistry.Registration memory r = random(who, outputHash, seed);
        if (block.timestamp < since + 60) {
            bytes[] memory signatures = signed(r, who);
            vm.expectRevert(
                abi.encodeWithSelector(IDesignRegistry.DesignRegistry__CommitmentTooYoung.selector, since + 60)
            );
            vm.prank(stranger);
            registry.register(r, signatures, 0, salt);
            return happened("revealed too early");
        }
        attempt(r, who, stranger, salt, since);
    }

    function actCommit(uint256 who, uint256 what) public {
        who %= 3;
        bytes32 salt = bytes32(++_nonce);
        bytes32 commitment = commitmentOf(who, outputOf(what), salt);
        committedAt[commitment] = uint40(block.timestamp);
        _salts[creators[who]][outputOf(what)].push(salt);
        registry.commitClaim(commitment);
    }

    /// @dev Neither without a role, nor with somebody else's commitment, nor with a signature of another.
    function actSteal(uint256 who, uint256 what, uint256 seed) external {
        who %= 3;
        IDesignRegistry.Registration memory r = random(who, outputOf(what), seed);
        bytes[] memory signatures = signed(r, who);
        expectUnauthorized(stranger);
        vm.prank(stranger);
        registry.register(r, signatures, 0, keccak256("no such salt"));
        r.recordRoot = keccak256("another");
        vm.prank(operator);
        (bool succeeded,) = address(registry).call(abi.encodeCall(IDesignRegistry.register, (r, signatures, 0, 0)));
        vm.assertFalse(succeeded);
    }

    function actCancel(uint256 who, uint256 what, uint256 seed) external {
        who %= 3;
        IDesignRegistry.Registration memory r = random(who, outputOf(what), seed);
        r.parents = new IDesignRegistry.Parent[](0);
        if (registry.isRegistered(registry.entryIdOf(r.creator, r.outputHash))) return;
        bytes[] memory signatures = signed(r, who);
        vm.prank(creators[who]);
        registry.cancel(r);
        vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Canceled.selector, registry.digestOf(r)));
        vm.prank(operator);
        registry.register(r, signatures, 0, 0);
        happened("canceled");
    }

    // ------------------------------------------------------------------ managing

    function actSetStanding(uint256 which, uint256 seed) external {
        Record storage one = pick(which);
        IDesignRegistry.Standing memory terms = termsOf(seed);
        naive.setTerms(touched, terms.open, terms.binding, terms.ppm);
        vm.prank(one.controller);
        registry.setStanding(one.id, terms);
    }

    function actAddVersion(uint256 which, uint256 seed) external {
        Record storage one = pick(which);
        uint32 number = uint32(one.roots.length + 1);
        bytes32 root = keccak256(abi.encode("version", seed));
        if (one.frozen) {
            vm.expectRevert(abi.encodeWithSelector(IDesignRegistry.DesignRegistry__Frozen.selector, one.id));
        } else {
            one.roots.push(root);
            happened("version added");
        }
        vm.prank(one.controller);
        // The same output again, or another entry's: a version claims nothing.
        registry.addVersion(one.id, number, outputOf(seed), root, type(uint64).max, "");
    }

    function actFreeze(uint256 which) external {
        Record storage one = pick(which);
        if (one.frozen) return;
        one.frozen = true;
        vm.prank(one.controller);
        registry.freeze(one.id);
        happened("frozen");
    }

    function actTransferControl(uint256 which, uint256 to) external {
        Record storage one = pick(which);
        address from = one.controller;
        one.controller = creators[to % 3];
        vm.prank(from);
        registry.transferControl(one.id, creators[to % 3]);
        if (from != one.controller) happened("control transferred");
    }

    function actSetStatus(uint256 which, uint256 seed) external {
        Record storage one = pick(which);
        IDesignRegistry.Status to = IDesignRegistry.Status(seed % 3);
        IDesignRegistry.Status from = statusOf(one);
        bool allowed = to != from && (from != IDesignRegistry.Status.Withdrawn || seed % 3 == 2);
        if (allowed) one.moderated = to;
        vm.prank(moderator);
        (bool succeeded,) = address(registry).call(abi.encodeCall(IDesignRegistry.setStatus, (one.id, to, 0)));
        vm.assertEq(succeeded, allowed);
        happened(allowed ? bytes32("status set") : bytes32("status refused"));
    }

    function actSetWithdrawn(uint256 which, uint256 what) external {
        bool withdrawn = what % 2 == 0;
        Record storage one = pick(which);
        bool allowed = one.moderated != IDesignRegistry.Status.Suspended && one.withdrawn != withdrawn;
        if (allowed) one.withdrawn = withdrawn;
        vm.prank(one.controller);
        (bool succeeded,) = address(registry).call(abi.encodeCall(IDesignRegistry.setWithdrawn, (one.id, withdrawn)));
        vm.assertEq(succeeded, allowed);
        if (allowed) happened("withdrawn or back");
    }

    function actWait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 90));
    }

    // ------------------------------------------------------------------ reading

    function count() external view returns (uint256) {
        return _records.length;
    }

    function record(uint256 i) external view returns (Record memory) {
        return _records[i];
    }

    function ranked(uint256 output) external view returns (uint256[] memory) {
        return _ranked[outputOf(output)];
    }

    function statusOf(uint256 i) external view returns (IDesignRegistry.Status) {
        return statusOf(_records[i]);
    }

    function outputOf(uint256 seed) public pure returns (bytes32) {
        return keccak256(abi.encode("output", seed % OUTPUTS));
    }

    // ------------------------------------------------------------------ helpers

    /// @dev Registers, if it can be, and then keeps what was.
    function attempt(IDesignRegistry.Registration memory r, uint256 who, address by, bytes32 salt, uint40 since)
        private
    {
        uint128 id = registry.entryIdOf(r.creator, r.outputHash);
        bool expected = !registry.isRegistered(id) && available(r);
        if (expected) {
            uint256[] memory parents = new uint256[](r.parents.length);
            for (uint256 i = 0; i < parents.length; ++i) {
                parents[i] = indexOf[r.parents[i].entryId];
            }
            uint256[4] memory minimums;
            if (r.minimums.length != 0) minimums[1] = r.minimums[0].amount;
            expected = naive.add(r.standing.open, r.standing.binding, r.standing.ppm, minimums, parents)
                == NaiveLineage.Outcome.Fine;
        }
        bytes[] memory signatures = signed(r, who);
        vm.prank(by);
        (bool succeeded,) = address(registry).call(abi.encodeCall(IDesignRegistry.register, (r, signatures, 0, salt)));
        vm.assertEq(succeeded, expected);
        if (!succeeded) return happened("claim refused");
        keep(r, id, since);
        happened(salt == 0 ? bytes32("registered") : bytes32("revealed"));
        if (r.parents.length != 0) happened("derived");
    }

    function keep(IDesignRegistry.Registration memory r, uint128 id, uint40 since) private {
        touched = _records.length;
        indexOf[id] = touched;
        Record storage one = _records.push();
        (one.id, one.creator, one.controller, one.kind) = (id, r.creator, r.creator, r.kind);
        (one.claimedAt, one.outputHash) = (since, r.outputHash);
        one.roots.push(r.recordRoot);
        one.table = keccak256(abi.encode(registry.ancestorsOf(id)));
        // Before all claims that were made later.
        uint256[] storage list = _ranked[r.outputHash];
        list.push(touched);
        for (uint256 i = list.length - 1; i != 0 && _records[list[i - 1]].claimedAt > since; --i) {
            (list[i - 1], list[i]) = (list[i], list[i - 1]);
        }
    }

    function available(IDesignRegistry.Registration memory r) private view returns (bool) {
        for (uint256 i = 0; i < r.parents.length; ++i) {
            if (uint8(statusOf(_records[indexOf[r.parents[i].entryId]])) > 1) return false;
        }
        return true;
    }

    function random(uint256 who, bytes32 outputHash, uint256 seed)
        private
        returns (IDesignRegistry.Registration memory r)
    {
        seed = uint256(keccak256(abi.encode(seed)));
        r = registrationOf(creators[who], outputHash, solely(creators[who]));
        r.deadline += uint64(++_nonce);
        r.kind = IDesignRegistry.EntryKind(seed % 4);
        r.recordRoot = keccak256(abi.encode("root", seed));
        r.standing = termsOf(seed >> 2);
        if (seed >> 8 & 7 == 0) r.minimums = minimum(DOLLAR, uint96(bound(seed >> 11, 1, 1e12)));
        uint256 length = _records.length;
        uint256 wanted = seed >> 60 & 3;
        if (wanted > length) wanted = length;
        r.parents = new IDesignRegistry.Parent[](wanted);
        for (uint256 i = 0; i < wanted; ++i) {
            // Different ones, because the step does not return to the first within three.
            uint256 place = (seed >> 64) % length + i * (length > 6 ? length / 3 : 1);
            r.parents[i] = IDesignRegistry.Parent(_records[place % length].id, 0, 500_000);
        }
    }

    function termsOf(uint256 seed) private pure returns (IDesignRegistry.Standing memory) {
        return IDesignRegistry.Standing(seed % 16 != 0, seed >> 4 & 1 == 0, uint32((seed >> 5) % RATE));
    }

    function signed(IDesignRegistry.Registration memory r, uint256 who) private view returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = signatureOf(_keys[who], registry.digestOf(r));
    }

    function commitmentOf(uint256 who, bytes32 outputHash, bytes32 salt) private view returns (bytes32) {
        return keccak256(abi.encode(creators[who], outputHash, salt));
    }

    function pick(uint256 which) private returns (Record storage) {
        touched = which % _records.length;
        return _records[touched];
    }

    function statusOf(Record storage one) private view returns (IDesignRegistry.Status) {
        if (one.moderated == IDesignRegistry.Status.Suspended) return one.moderated;
        return one.withdrawn ? IDesignRegistry.Status.Withdrawn : one.moderated;
    }
}
