// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AuthorityUtils} from "@openzeppelin/contracts/access/manager/AuthorityUtils.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDesignLicenses} from "./interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "./interfaces/IDesignRegistry.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {ILicenseMarket} from "./interfaces/ILicenseMarket.sol";
import {Book, CONTROLLED, Facts, FLOORS, FROZEN, MINIMUMS, WITHDRAWN} from "./lib/Book.sol";
import {Consent} from "./lib/Consent.sol";
import {MAX_STACK_PPM} from "./lib/Draft.sol";
import {Lineage} from "./lib/Lineage.sol";
import {RegistrationHash} from "./lib/RegistrationHash.sol";

/// @title DesignRegistry
/// @dev A plain entry is two words: its facts and its record root. Everything else is written only where there is
///  something to say, and a bit in the facts tells readers whether there is.
contract DesignRegistry is IDesignRegistry, AccessManaged, ERC2771Context, EIP712 {
    /// @notice Seconds that a commitment must be old before it is revealed.
    uint256 public constant COMMITMENT_AGE = 60;

    bytes32 private constant VERSION_TYPEHASH =
        keccak256("Version(uint128 entryId,uint32 number,bytes32 outputHash,bytes32 recordRoot,uint64 deadline)");

    /// @inheritdoc IDesignRegistry
    address public immutable shares;
    /// @inheritdoc IDesignRegistry
    address public immutable licenses;
    /// @inheritdoc IDesignRegistry
    address public market;

    Book private _book;
    mapping(uint128 entryId => address) private _controllers;
    mapping(uint128 entryId => mapping(uint32 number => bytes32)) private _laterRoots;
    /// @inheritdoc IDesignRegistry
    mapping(bytes32 commitment => uint40) public commitments;
    /// @inheritdoc IDesignRegistry
    mapping(bytes32 digest => bool) public isCanceled;

    /// @param authority The AccessManager.
    /// @param shares_ The ledger, made for the address that this contract gets: it names its registry for ever.
    /// @param licenses_ The ERC-1155 of licenses.
    /// @param forwarder The ERC-2771 forwarder, whose word about the caller is believed.
    constructor(address authority, address shares_, address licenses_, address forwarder)
        AccessManaged(authority)
        ERC2771Context(forwarder)
        EIP712("Loomprint", "1")
    {
        if (shares_.code.length == 0 || IDesignShares(shares_).registry() != address(this)) {
            revert DesignRegistry__WrongContract(shares_);
        }
        if (licenses_.code.length == 0) revert DesignRegistry__WrongContract(licenses_);
        if (forwarder.code.length == 0) revert DesignRegistry__WrongContract(forwarder);
        shares = shares_;
        licenses = licenses_;
    }

    // ------------------------------------------------------------------ claiming

    /// @inheritdoc IDesignRegistry
    function register(Registration calldata registration, bytes[] calldata signatures, uint256 custodial, bytes32 salt)
        external
        returns (uint128 entryId)
    {
        uint40 claimedAt = _admit(registration, custodial, salt);
        if (block.timestamp > registration.deadline) revert DesignRegistry__Expired(registration.deadline);
        if (registration.creator == address(0)) revert DesignRegistry__NoCreator();
        if (registration.outputHash == 0 || registration.recordRoot == 0) revert DesignRegistry__EmptyHash();
        entryId = entryIdOf(registration.creator, registration.outputHash);
        if (isRegistered(entryId)) revert DesignRegistry__AlreadyRegistered(entryId);

        address[] memory signers = Consent.signersOf(registration.creator, registration.shares);
        bytes32 digest = digestOf(registration);
        if (isCanceled[digest]) revert DesignRegistry__Canceled(digest);
        _checkCustodial(signers.length, custodial);
        Consent.check(signers, digest, signatures);

        _announceEntry(entryId, registration, claimedAt, signers, custodial);
        _record(entryId, registration, claimedAt);

        if (registration.offers.length != 0) {
            if (market == address(0)) revert DesignRegistry__NoMarket();
            ILicenseMarket(market).openFirstOffers(entryId, registration.offers);
        }
        // Last, because it calls the hooks of holders that are contracts.
        _allocate(entryId, registration.shares);
    }

    /// @inheritdoc IDesignRegistry
    function commitClaim(bytes32 commitment) external {
        if (commitments[commitment] != 0) revert DesignRegistry__CommitmentKnown(commitment);
        commitments[commitment] = uint40(block.timestamp);
        emit ClaimCommitted(commitment, _msgSender());
    }

    /// @inheritdoc IDesignRegistry
    function cancel(Registration calldata registration) external {
        uint128 entryId = entryIdOf(registration.creator, registration.outputHash);
        if (isRegistered(entryId)) revert DesignRegistry__AlreadyRegistered(entryId);
        address caller = _msgSender();
        bool signs = caller == registration.creator;
        for (uint256 i = 0; !signs && i < registration.shares.length; ++i) {
            signs = caller == registration.shares[i].holder;
        }
        if (!signs) revert DesignRegistry__NotASigner(caller);
        bytes32 digest = digestOf(registration);
        if (isCanceled[digest]) revert DesignRegistry__Canceled(digest);
        isCanceled[digest] = true;
        emit ConsentCanceled(digest, caller);
    }

    /// @inheritdoc IDesignRegistry
    function contest(uint128 entryId, uint128 byEntryId, bytes32 outputHash, bytes32 statement) external {
        _checkController(byEntryId);
        _checkSameOutput(entryId, byEntryId, outputHash);
        emit ClaimContested(entryId, byEntryId, outputHash, statement);
    }

    /// @inheritdoc IDesignRegistry
    function resolveContest(uint128 upheld, uint128 dismissed, bytes32 outputHash, bytes32 reason) external restricted {
        _checkSameOutput(upheld, dismissed, outputHash);
        emit ContestResolved(upheld, dismissed, reason);
    }

    // ------------------------------------------------------------------ managing an entry

    /// @inheritdoc IDesignRegistry
    function addVersion(
        uint128 entryId,
        uint32 number,
        bytes32 outputHash,
        bytes32 recordRoot,
        uint64 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert DesignRegistry__Expired(deadline);
        if (signature.length == 0) {
            _checkController(entryId);
        } else {
            _known(entryId);
            address controller = controllerOf(entryId);
            bytes32 digest = versionDigestOf(entryId, number, outputHash, recordRoot, deadline);
            if (!SignatureChecker.isValidSignatureNowCalldata(controller, digest, signature)) {
                revert DesignRegistry__BadSignature(controller);
            }
        }
        if (outputHash == 0 || recordRoot == 0) revert DesignRegistry__EmptyHash();
        Facts storage facts = _book.entries[entryId];
        if (facts.flags & FROZEN != 0) revert DesignRegistry__Frozen(entryId);
        uint32 expected = facts.versions + 1;
        if (number != expected) revert DesignRegistry__WrongVersion(expected, number);
        facts.versions = number;
        _laterRoots[entryId][number] = recordRoot;
        emit VersionAdded(entryId, outputHash, number, recordRoot);
        if (market != address(0)) ILicenseMarket(market).noteVersion(entryId, number);
    }

    /// @inheritdoc IDesignRegistry
    function freeze(uint128 entryId) external {
        _checkController(entryId);
        Facts storage facts = _book.entries[entryId];
        if (facts.flags & FROZEN != 0) revert DesignRegistry__Frozen(entryId);
        facts.flags |= FROZEN;
        emit EntryFrozen(entryId);
    }

    /// @inheritdoc IDesignRegistry
    function setStanding(uint128 entryId, Standing calldata standing) external {
        _checkController(entryId);
        _setStanding(entryId, standing);
    }

    /// @inheritdoc IDesignRegistry
    function transferControl(uint128 entryId, address to) external {
        address from = _checkController(entryId);
        if (to == address(0) || _isOurs(to) || to == market || isTrustedForwarder(to)) {
            revert DesignRegistry__HolderNotAllowed(to);
        }
        _controllers[entryId] = to;
        _book.entries[entryId].flags |= CONTROLLED;
        emit ControllerChanged(entryId, from, to);
    }

    /// @inheritdoc IDesignRegistry
    function setWithdrawn(uint128 entryId, bool withdrawn) external {
        address controller = _checkController(entryId);
        Facts storage facts = _book.entries[entryId];
        Status from = facts.statusNow();
        if (from == Status.Suspended || withdrawn == (from == Status.Withdrawn)) {
            revert DesignRegistry__WrongStatus(from, withdrawn ? Status.Withdrawn : Status.Active);
        }
        facts.flags ^= WITHDRAWN;
        _pushStatus(entryId, facts.statusNow(), 0, controller);
    }

    /// @inheritdoc IDesignRegistry
    /// @dev What its controller withdrew stays withdrawn when a suspension ends.
    function setStatus(uint128 entryId, Status status, bytes32 reason) external restricted {
        Facts storage facts = _known(entryId);
        Status from = facts.statusNow();
        bool allowed =
            status != Status.Withdrawn && status != from && (from != Status.Withdrawn || status == Status.Suspended);
        if (!allowed) revert DesignRegistry__WrongStatus(from, status);
        facts.status = status;
        _pushStatus(entryId, facts.statusNow(), reason, _msgSender());
    }

    /// @inheritdoc IDesignRegistry
    function announce(
        uint128 entryId,
        bytes32 outputHash,
        string calldata assetCid,
        string calldata commitData,
        bytes calldata prompt,
        bytes calldata proof
    ) external {
        address controller = _checkController(entryId);
        if (!_isClaimOf(entryId, outputHash)) revert DesignRegistry__NotTheSameOutput(entryId, entryId);
        emit Commit(controller, assetCid, commitData);
        if (prompt.length != 0) emit AigcData(entryId, prompt, abi.encode(outputHash), proof);
    }

    /// @inheritdoc IDesignRegistry
    function commit(string calldata assetCid, string calldata commitData) external returns (uint256 blockNumber) {
        emit Commit(_msgSender(), assetCid, commitData);
        return block.number;
    }

    /// @inheritdoc IDesignRegistry
    function setMarket(address market_) external restricted {
        if (market_.code.length == 0 || ILicenseMarket(market_).registry() != address(this)) {
            revert DesignRegistry__WrongContract(market_);
        }
        market = market_;
        emit MarketChanged(market_);
    }

    // ------------------------------------------------------------------ reading

    /// @inheritdoc IDesignRegistry
    function entry(uint128 entryId) external view returns (Entry memory) {
        Facts storage facts = _known(entryId);
        return Entry({
            creator: facts.creator,
            kind: facts.kind,
            status: facts.statusNow(),
            frozen: facts.flags & FROZEN != 0,
            versions: facts.versions,
            claimedAt: facts.claimedAt,
            recordRoot: facts.recordRoot
        });
    }

    /// @inheritdoc IDesignRegistry
    function isRegistered(uint128 entryId) public view returns (bool) {
        return _book.entries[entryId].creator != address(0);
    }

    /// @inheritdoc IDesignRegistry
    function versionOf(uint128 entryId) external view returns (uint32) {
        return _book.entries[entryId].versions;
    }

    /// @inheritdoc IDesignRegistry
    function controllerOf(uint128 entryId) public view returns (address) {
        Facts storage facts = _book.entries[entryId];
        return facts.flags & CONTROLLED != 0 ? _controllers[entryId] : facts.creator;
    }

    /// @inheritdoc IDesignRegistry
    function ledgerFacts(uint128 entryId) external view returns (uint32 stackPpm, Status status) {
        return (uint32(_book.tables[entryId].stack()), _known(entryId).statusNow());
    }

    /// @inheritdoc IDesignRegistry
    function recordRootOf(uint128 entryId, uint32 number) public view returns (bytes32 root) {
        root = number == 1 ? _book.entries[entryId].recordRoot : _laterRoots[entryId][number];
        if (root == 0) revert DesignRegistry__UnknownVersion(entryId, number);
    }

    /// @inheritdoc IDesignRegistry
    function ancestorsOf(uint128 entryId) external view returns (Ancestor[] memory) {
        return Lineage.ancestorsOf(_book, entryId);
    }

    /// @inheritdoc IDesignRegistry
    function partOf(uint128 descendant, uint128 ancestor) external view returns (uint32 ppm) {
        return uint32(_book.tables[descendant].ppmOf(ancestor));
    }

    /// @inheritdoc IDesignRegistry
    function standingOf(uint128 entryId) external view returns (Standing memory) {
        return _book.standings[entryId];
    }

    /// @inheritdoc IDesignRegistry
    function minimumsOf(uint128 entryId) external view returns (Minimum[] memory) {
        return Lineage.minimumsOf(_book, entryId, shares);
    }

    /// @inheritdoc IDesignRegistry
    /// @dev Without floors it sells in every currency that the ledger knows, which is not asked here.
    function floorOf(uint128 entryId, address currency) external view returns (bool allowed, uint256 floor) {
        Facts storage facts = _book.entries[entryId];
        if (facts.flags & FLOORS == 0) return (facts.creator != address(0), 0);
        floor = _book.floors[entryId].by[IDesignShares(shares).currencyIndex(currency)];
        return (floor != 0, floor);
    }

    /// @inheritdoc IDesignRegistry
    function verifyField(
        uint128 entryId,
        uint32 number,
        uint16 schema,
        string calldata key,
        bytes calldata value,
        bytes32 salt,
        bytes32[] calldata proof
    ) external view returns (bool) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(schema, key, value, salt))));
        return MerkleProof.verifyCalldata(proof, recordRootOf(entryId, number), leaf);
    }

    /// @inheritdoc IDesignRegistry
    function entryIdOf(address creator, bytes32 outputHash) public pure returns (uint128) {
        return uint128(bytes16(keccak256(abi.encode(creator, outputHash))));
    }

    /// @inheritdoc IDesignRegistry
    function digestOf(Registration calldata registration) public view returns (bytes32) {
        return _hashTypedDataV4(RegistrationHash.structHash(registration));
    }

    /// @inheritdoc IDesignRegistry
    function versionDigestOf(uint128 entryId, uint32 number, bytes32 outputHash, bytes32 recordRoot, uint64 deadline)
        public
        view
        returns (bytes32)
    {
        return
            _hashTypedDataV4(keccak256(abi.encode(VERSION_TYPEHASH, entryId, number, outputHash, recordRoot, deadline)));
    }

    // ------------------------------------------------------------------ registering

    /// @dev Who may bring a registration now, and since when it counts. Only the operator comes without a commitment.
    function _admit(Registration calldata registration, uint256 custodial, bytes32 salt)
        private
        returns (uint40 since)
    {
        if (salt != 0) {
            since = commitments[keccak256(abi.encode(registration.creator, registration.outputHash, salt))];
        }
        if (since == 0) {
            _checkCanCall(_msgSender(), _msgData());
            return uint40(block.timestamp);
        }
        uint256 usableFrom = since + COMMITMENT_AGE;
        if (block.timestamp < usableFrom) revert DesignRegistry__CommitmentTooYoung(usableFrom);
        if (custodial != 0) {
            (bool operator,) = AuthorityUtils.canCallWithDelay(authority(), _msgSender(), address(this), msg.sig);
            if (!operator) revert DesignRegistry__BadCustodialBits(custodial);
        }
    }

    function _announceEntry(
        uint128 entryId,
        Registration calldata registration,
        uint40 claimedAt,
        address[] memory signers,
        uint256 custodial
    ) private {
        emit EntryRegistered(
            entryId,
            registration.creator,
            registration.outputHash,
            registration.kind,
            registration.recordRoot,
            claimedAt,
            signers,
            custodial
        );
    }

    function _record(uint128 entryId, Registration calldata registration, uint40 claimedAt) private {
        uint8 flags = 0;
        // The entry is not there yet, so it cannot be its own parent.
        if (registration.parents.length != 0) {
            bool floored = Lineage.derive(_book, entryId, registration.parents, registration.creator, shares, licenses);
            if (floored) flags |= FLOORS;
        }
        if (registration.minimums.length != 0) {
            Lineage.stateMinimums(_book, entryId, registration.minimums, shares);
            flags |= MINIMUMS;
        }
        Standing calldata standing = registration.standing;
        if (standing.open || standing.binding || standing.ppm != 0) _setStanding(entryId, standing);
        _book.entries[entryId].write(registration.creator, registration.kind, flags, claimedAt, registration.recordRoot);
    }

    function _setStanding(uint128 entryId, Standing calldata standing) private {
        if (standing.ppm > MAX_STACK_PPM) revert DesignRegistry__BadRate(standing.ppm);
        _book.standings[entryId] = standing;
        emit StandingChanged(entryId, standing.open, standing.binding, standing.ppm);
    }

    function _checkCustodial(uint256 signers, uint256 custodial) private pure {
        if (signers > 256) revert DesignRegistry__TooManySigners(signers);
        if (signers < 256 && custodial >> signers != 0) revert DesignRegistry__BadCustodialBits(custodial);
    }

    /// @dev The allocation stands in calldata as the ledger wants it: it is copied, and the ledger decodes it.
    function _allocate(uint128 entryId, ShareAllocation[] calldata allocations) private {
        (address target, uint256 id) = (shares, entryId);
        bytes4 selector = IDesignShares.allocate.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := mul(allocations.length, 0x40)
            mstore(free, selector)
            mstore(add(free, 0x04), id)
            mstore(add(free, 0x24), 0x40)
            mstore(add(free, 0x44), allocations.length)
            calldatacopy(add(free, 0x64), allocations.offset, size)
            if iszero(call(gas(), target, 0, free, add(size, 0x64), 0, 0)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    // ------------------------------------------------------------------ helpers

    function _known(uint128 entryId) private view returns (Facts storage facts) {
        facts = _book.entries[entryId];
        if (facts.creator == address(0)) revert DesignRegistry__UnknownEntry(entryId);
    }

    function _checkController(uint128 entryId) private view returns (address caller) {
        _known(entryId);
        caller = _msgSender();
        if (caller != controllerOf(entryId)) revert DesignRegistry__NotController(caller);
    }

    function _isClaimOf(uint128 entryId, bytes32 outputHash) private view returns (bool) {
        return entryIdOf(_known(entryId).creator, outputHash) == entryId;
    }

    function _checkSameOutput(uint128 entryId, uint128 byEntryId, bytes32 outputHash) private view {
        if (entryId == byEntryId || !_isClaimOf(entryId, outputHash) || !_isClaimOf(byEntryId, outputHash)) {
            revert DesignRegistry__NotTheSameOutput(entryId, byEntryId);
        }
    }

    function _pushStatus(uint128 entryId, Status status, bytes32 reason, address by) private {
        emit StatusChanged(entryId, status, reason, by);
        IDesignShares(shares).applyStatus(entryId, status);
    }

    function _isOurs(address account) private view returns (bool) {
        return account == address(this) || account == shares || account == licenses;
    }

    function _msgSender() internal view override(Context, ERC2771Context) returns (address) {
        return ERC2771Context._msgSender();
    }

    function _msgData() internal view override(Context, ERC2771Context) returns (bytes calldata) {
        return ERC2771Context._msgData();
    }

    function _contextSuffixLength() internal view override(Context, ERC2771Context) returns (uint256) {
        return ERC2771Context._contextSuffixLength();
    }
}
