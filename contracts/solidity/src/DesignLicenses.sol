// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDesignLicenses} from "./interfaces/IDesignLicenses.sol";
import {InboxClone} from "./lib/InboxClone.sol";
import {PPM} from "./Units.sol";

/// @title DesignLicenses
contract DesignLicenses is IDesignLicenses, ERC1155, AccessManaged, EIP712 {
    bytes32 private constant RELEASE_TYPEHASH = keccak256("Release(address from,address to,uint64 deadline)");
    uint32 private constant MAX_RATE_PPM = 500_000;
    /// @dev 136 years. With a period near the end of its type an expiry would wrap into the past.
    uint40 private constant MAX_PERIOD = type(uint32).max;
    uint32 private constant NO_LIMIT = type(uint32).max;

    address private immutable _inboxImplementation;

    /// @dev Full hashes by the 96 bits that stand in license ids; written once.
    mapping(uint96 prefix => bytes32 terms) private _terms;
    mapping(bytes32 terms => TermsFacts) private _facts;
    /// @dev The last serial, by the license id with serial 0.
    mapping(uint256 perpetualId => uint32) private _lastSerial;
    mapping(uint256 licenseId => Issue) private _issues;
    /// @dev How many of a holder's tokens are revoked: what they buy later is not.
    mapping(uint256 licenseId => mapping(address holder => uint256)) private _revoked;
    mapping(uint256 licenseId => string) private _uris;
    mapping(uint256 licenseId => bool) private _frozen;
    bool private _baseFrozen;
    string private _contractURI;

    /// @inheritdoc IDesignLicenses
    mapping(address minter => bool) public isMinter;
    /// @inheritdoc IDesignLicenses
    mapping(address from => address) public releasedTo;
    /// @inheritdoc IDesignLicenses
    mapping(uint128 entryId => uint256) public exclusiveOf;

    modifier onlyMinter() {
        if (!isMinter[msg.sender]) revert DesignLicenses__NotMinter(msg.sender);
        _;
    }

    /// @param authority The AccessManager.
    /// @param inboxImplementation What every entry's inbox runs.
    constructor(address authority, address inboxImplementation, string memory baseURI, string memory contractURI_)
        ERC1155(baseURI)
        AccessManaged(authority)
        EIP712("Loomprint Licenses", "1")
    {
        _inboxImplementation = inboxImplementation;
        _contractURI = contractURI_;
    }

    // ------------------------------------------------------------------ terms

    /// @inheritdoc IDesignLicenses
    function defineTerms(bytes32 textHash, TermsFacts calldata facts, string calldata uri_)
        external
        restricted
        returns (bytes32 terms)
    {
        if (textHash == 0) revert DesignLicenses__EmptyTerms();
        if (
            facts.derivativePpm > MAX_RATE_PPM || facts.resalePpm > MAX_RATE_PPM || facts.period > MAX_PERIOD
                || (!facts.derivatives && (facts.binding || facts.derivativePpm != 0))
                || (!facts.transferable && facts.resalePpm != 0)
        ) revert DesignLicenses__BadFacts();
        terms = termsHashOf(textHash, facts);
        uint96 prefix = uint96(bytes12(terms));
        bytes32 known = _terms[prefix];
        if (known == terms) revert DesignLicenses__TermsKnown(terms);
        if (known != 0) revert DesignLicenses__TermsCollision(known, terms);
        _terms[prefix] = terms;
        _facts[terms] = facts;
        emit TermsDefined(terms, textHash, facts, uri_);
    }

    /// @inheritdoc IDesignLicenses
    function termsHashOf(bytes32 textHash, TermsFacts calldata facts) public pure returns (bytes32) {
        return keccak256(abi.encode(textHash, facts));
    }

    /// @inheritdoc IDesignLicenses
    function factsOf(bytes32 terms) external view returns (TermsFacts memory) {
        _requireDefined(terms);
        return _facts[terms];
    }

    /// @inheritdoc IDesignLicenses
    function formOf(bytes32 terms) external view returns (bool serial, bool exclusive, bool metered, uint40 period) {
        _requireDefined(terms);
        TermsFacts memory facts = _facts[terms];
        return (_hasSerials(facts), facts.exclusive, facts.units != 0, facts.period);
    }

    /// @inheritdoc IDesignLicenses
    function isDefined(bytes32 terms) public view returns (bool) {
        return terms != 0 && _terms[uint96(bytes12(terms))] == terms;
    }

    /// @inheritdoc IDesignLicenses
    function termsOf(uint256 licenseId) public view returns (bytes32) {
        return _terms[uint96(licenseId >> 32)];
    }

    // ------------------------------------------------------------------ minting

    /// @inheritdoc IDesignLicenses
    function mint(address to, uint128 entryId, bytes32 terms, uint256 quantity)
        external
        onlyMinter
        returns (uint256 licenseId)
    {
        if (quantity == 0) revert DesignLicenses__NoQuantity();
        _requireDefined(terms);
        if (_hasSerials(_facts[terms])) revert DesignLicenses__WrongForm(terms);
        _checkOpen(entryId);
        licenseId = licenseIdOf(entryId, terms, 0);
        _mint(to, licenseId, quantity, "");
    }

    /// @inheritdoc IDesignLicenses
    function issue(address to, uint128 entryId, bytes32 terms, Issue calldata issue_)
        external
        onlyMinter
        returns (uint256 licenseId)
    {
        _requireDefined(terms);
        TermsFacts memory facts = _facts[terms];
        if (!_hasSerials(facts)) revert DesignLicenses__WrongForm(terms);
        _checkOpen(entryId);
        uint256 perpetualId = licenseIdOf(entryId, terms, 0);
        licenseId = perpetualId | ++_lastSerial[perpetualId];
        if (facts.exclusive) exclusiveOf[entryId] = licenseId;
        Issue memory issued = issue_;
        issued.expiresAt = facts.period == 0 ? 0 : uint40(block.timestamp + facts.period);
        issued.unitsReported = 0;
        _issues[licenseId] = issued;
        emit LicenseIssued(licenseId, issued);
        _mint(to, licenseId, 1, "");
    }

    /// @inheritdoc IDesignLicenses
    function extend(uint256 licenseId, uint40 expiresAt_) external onlyMinter {
        _requireIssued(licenseId);
        uint40 known = _issues[licenseId].expiresAt;
        // 0 is never: nothing is later than that.
        if (known == 0 || expiresAt_ <= known) revert DesignLicenses__WouldShorten(known, expiresAt_);
        _issues[licenseId].expiresAt = expiresAt_;
        emit SubscriptionUpdate(licenseId, expiresAt_);
    }

    /// @inheritdoc IDesignLicenses
    function reportUnits(uint256 licenseId, uint32 count) external onlyMinter {
        _requireIssued(licenseId);
        if (count == 0) revert DesignLicenses__NoQuantity();
        uint32 limit = _facts[termsOf(licenseId)].units;
        uint32 reported = _issues[licenseId].unitsReported;
        uint32 left = limit - reported;
        if (count > left) revert DesignLicenses__TooManyUnits(left);
        // Without a limit the count stops one short of it, so that it is never used up.
        if (limit == NO_LIMIT && count == left) revert DesignLicenses__TooManyUnits(left - 1);
        _issues[licenseId].unitsReported = reported + count;
        emit UnitsReported(licenseId, count, reported + count);
    }

    /// @inheritdoc IDesignLicenses
    function setMinter(address minter, bool allowed) external restricted {
        isMinter[minter] = allowed;
        emit MinterChanged(minter, allowed);
    }

    // ------------------------------------------------------------------ holding

    /// @inheritdoc IDesignLicenses
    function revoke(uint256 licenseId, address holder, bytes32 reason) external restricted {
        if (!_facts[termsOf(licenseId)].revocable) revert DesignLicenses__NotRevocable(licenseId);
        uint256 held = balanceOf(holder, licenseId);
        if (held <= _revoked[licenseId][holder]) revert DesignLicenses__NotHeld(licenseId, holder);
        _revoked[licenseId][holder] = held;
        emit LicenseRevoked(licenseId, holder, reason);
    }

    /// @inheritdoc IDesignLicenses
    function release(address from, address to, uint64 deadline, bytes calldata signature, uint256[] calldata licenseIds)
        external
        restricted
    {
        address known = releasedTo[from];
        if (known == address(0)) {
            if (block.timestamp > deadline) revert DesignLicenses__Expired(deadline);
            if (to == address(0) || to == from) revert ERC1155InvalidReceiver(to);
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(RELEASE_TYPEHASH, from, to, deadline)));
            if (!SignatureChecker.isValidSignatureNowCalldata(from, digest, signature)) {
                revert DesignLicenses__BadSignature(from);
            }
            releasedTo[from] = to;
            emit CustodyReleased(from, to);
        } else if (known != to) {
            revert DesignLicenses__ReleasedElsewhere(known);
        }
        uint256[] memory ids = licenseIds;
        uint256[] memory values = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            // What is revoked stays where it is, or it would be valid again elsewhere.
            values[i] = balanceOf(from, ids[i]) - _revoked[ids[i]][from];
        }
        super._update(from, to, ids, values);
        ERC1155Utils.checkOnERC1155BatchReceived(msg.sender, from, to, ids, values, "");
    }

    /// @inheritdoc IDesignLicenses
    function isActive(uint256 licenseId, address holder) public view returns (bool) {
        if (isRevoked(licenseId, holder) || balanceOf(holder, licenseId) == 0) return false;
        uint40 end = _issues[licenseId].expiresAt;
        return end == 0 || block.timestamp < end;
    }

    /// @inheritdoc IDesignLicenses
    function isRevoked(uint256 licenseId, address holder) public view returns (bool) {
        uint256 revoked = _revoked[licenseId][holder];
        return revoked != 0 && balanceOf(holder, licenseId) <= revoked;
    }

    /// @inheritdoc IDesignLicenses
    function expiresAt(uint256 licenseId) external view returns (uint64) {
        return _issues[licenseId].expiresAt;
    }

    /// @inheritdoc IDesignLicenses
    function userExpires(uint256 licenseId, address holder) external view returns (uint256) {
        if (!isActive(licenseId, holder)) return 0;
        uint40 end = _issues[licenseId].expiresAt;
        return end == 0 ? type(uint64).max : end;
    }

    /// @inheritdoc IDesignLicenses
    function issueOf(uint256 licenseId) external view returns (Issue memory) {
        _requireIssued(licenseId);
        return _issues[licenseId];
    }

    /// @inheritdoc IDesignLicenses
    function derivativeTermsOf(uint256 licenseId, address holder)
        external
        view
        returns (bool permitted, uint32 ppm, bool binding)
    {
        TermsFacts memory facts = _facts[termsOf(licenseId)];
        if (!facts.derivatives || !isActive(licenseId, holder)) return (false, 0, false);
        return (true, facts.derivativePpm, facts.binding);
    }

    /// @inheritdoc IDesignLicenses
    function licenseIdOf(uint128 entryId, bytes32 terms, uint32 serial) public pure returns (uint256) {
        return uint256(entryId) << 128 | uint256(uint96(bytes12(terms))) << 32 | serial;
    }

    // ------------------------------------------------------------------ royalties and metadata

    /// @inheritdoc IERC2981
    /// @dev Never reverts, whatever the price: a marketplace that asks must get an answer.
    function royaltyInfo(uint256 licenseId, uint256 salePrice) external view returns (address, uint256) {
        uint256 ppm = _facts[termsOf(licenseId)].resalePpm;
        if (ppm == 0) return (address(0), 0);
        uint256 amount = salePrice / PPM * ppm + salePrice % PPM * ppm / PPM;
        return (inboxOf(uint128(licenseId >> 128)), amount);
    }

    /// @inheritdoc IDesignLicenses
    function inboxOf(uint128 entryId) public view returns (address) {
        return InboxClone.predict(_inboxImplementation, entryId);
    }

    /// @inheritdoc IDesignLicenses
    function createInbox(uint128 entryId) external returns (address inbox) {
        inbox = inboxOf(entryId);
        if (inbox.code.length != 0) return inbox;
        InboxClone.create(_inboxImplementation, entryId);
        emit InboxCreated(entryId, inbox);
    }

    /// @inheritdoc IDesignLicenses
    function uri(uint256 licenseId) public view override(IDesignLicenses, ERC1155) returns (string memory) {
        string memory own = _uris[licenseId];
        return bytes(own).length == 0 ? super.uri(licenseId) : own;
    }

    /// @inheritdoc IDesignLicenses
    function setURI(uint256 licenseId, string calldata uri_, bool freeze) external restricted {
        bool inherited = bytes(_uris[licenseId]).length == 0;
        if (_frozen[licenseId] || (inherited && _baseFrozen)) revert DesignLicenses__MetadataIsFrozen();
        // What is frozen does not follow the base any more, so it keeps what the base says now.
        _uris[licenseId] = freeze && bytes(uri_).length == 0 ? super.uri(licenseId) : uri_;
        emit URI(uri(licenseId), licenseId);
        if (freeze) {
            _frozen[licenseId] = true;
            emit MetadataFrozen(licenseId);
        }
    }

    /// @inheritdoc IDesignLicenses
    function setBaseURI(string calldata uri_, bool freeze) external restricted {
        if (_baseFrozen) revert DesignLicenses__MetadataIsFrozen();
        _setURI(uri_);
        _baseFrozen = freeze;
        emit BaseURIChanged(uri_, freeze);
    }

    /// @inheritdoc IDesignLicenses
    function contractURI() external view returns (string memory) {
        return _contractURI;
    }

    /// @inheritdoc IDesignLicenses
    function setContractURI(string calldata uri_) external restricted {
        _contractURI = uri_;
        emit ContractURIUpdated();
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC1155, IERC165) returns (bool) {
        return interfaceId == type(IERC2981).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @dev Between holders only what the terms let pass, and nothing that is revoked.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        if (from != address(0)) {
            for (uint256 i = 0; i < ids.length; ++i) {
                uint256 id = ids[i];
                if (!_facts[termsOf(id)].transferable) revert DesignLicenses__NotTransferable(id);
            }
        }
        super._update(from, to, ids, values);
        if (from != address(0) && from != to) {
            for (uint256 i = 0; i < ids.length; ++i) {
                uint256 revoked = _revoked[ids[i]][from];
                if (revoked != 0 && balanceOf(from, ids[i]) < revoked) {
                    revert DesignLicenses__NotTransferable(ids[i]);
                }
            }
        }
    }

    function _requireDefined(bytes32 terms) private view {
        if (!isDefined(terms)) revert DesignLicenses__UnknownTerms(terms);
    }

    /// @dev Here and not only in the market, so that an exclusive license stays alone whatever market comes.
    function _checkOpen(uint128 entryId) private view {
        if (exclusiveOf[entryId] != 0) revert DesignLicenses__EntryIsClosed(entryId);
    }

    function _requireIssued(uint256 licenseId) private view {
        uint32 serial = uint32(licenseId);
        if (serial == 0 || serial > _lastSerial[licenseId ^ serial]) {
            revert DesignLicenses__UnknownLicense(licenseId);
        }
    }

    function _hasSerials(TermsFacts memory facts) private pure returns (bool) {
        return facts.period != 0 || facts.exclusive || facts.units != 0;
    }
}
