// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

/// @title What buyers hold.
/// @notice License id = entry id (128 bits) | first 96 bits of the terms' hash | serial (32 bits). Serial 0 is the
///  perpetual license, of which any number can exist. Licenses that expire, are exclusive or metered have a serial of
///  their own and quantity 1.
/// @dev A terms' hash covers the text and the facts that contracts act on, so nobody can attach other facts to a
///  text: keccak256(abi.encode(textHash, facts)). EIP-712 domain: name "Loomprint Licenses", version "1", chainId,
///  this contract. Type: Release(address from,address to,uint64 deadline)
interface IDesignLicenses is IERC1155, IERC2981 {
    /// @notice The parts of license terms that contracts act on.
    /// @param transferable Whether a license may pass to someone else, and be resold.
    /// @param revocable Whether a moderator can revoke it.
    /// @param exclusive Whether it is the entry's only one from then on: selling it closes the entry.
    /// @param derivatives Whether its holder may register works derived from the entry.
    /// @param binding Whether all descendants owe `derivativePpm`, or only direct children.
    /// @param laterVersions Whether it covers versions of the entry that come later.
    /// @param derivativePpm What a derived work owes, in parts per million of its revenue.
    /// @param resalePpm The royalty on a resale, in parts per million of its price.
    /// @param period Seconds that it lasts, and that a renewal adds, less than 2^32; 0 is for ever.
    /// @param units Pieces that may be made under it in all; 0: it is not metered; 2^32 - 1: no limit.
    struct TermsFacts {
        bool transferable;
        bool revocable;
        bool exclusive;
        bool derivatives;
        bool binding;
        bool laterVersions;
        uint32 derivativePpm;
        uint32 resalePpm;
        uint40 period;
        uint32 units;
    }

    /// @notice A license with a serial.
    /// @param expiresAt Unix seconds; 0 is never. Follows from the terms when the license is issued.
    /// @param unitsReported Pieces reported so far; 0 when it is issued.
    /// @param unitPrice What each reported piece costs, in base units of the currency it was sold in.
    /// @param currencyIndex That currency's place in the ledger's list.
    /// @param version The entry's version when it was sold.
    struct Issue {
        uint40 expiresAt;
        uint32 unitsReported;
        uint96 unitPrice;
        uint8 currencyIndex;
        uint32 version;
    }

    /// @notice Licenses can be sold under these terms, whose text is found at `uri`.
    event TermsDefined(bytes32 indexed terms, bytes32 indexed textHash, TermsFacts facts, string uri);

    /// @notice A license with a serial came into being.
    event LicenseIssued(uint256 indexed licenseId, Issue issue);

    /// @notice A license lasts until then (in the words of ERC-5643).
    event SubscriptionUpdate(uint256 indexed tokenId, uint64 expiration);

    /// @notice Pieces were made under a license (`total` so far).
    event UnitsReported(uint256 indexed licenseId, uint32 count, uint32 total);

    /// @notice A holder's license gives no rights any more.
    event LicenseRevoked(uint256 indexed licenseId, address indexed holder, bytes32 reason);

    /// @notice What a custodial holder has goes to their own wallet from now on, and nowhere else.
    event CustodyReleased(address indexed from, address indexed to);

    /// @notice An entry's inbox has its code now. Its address was certain before.
    event InboxCreated(uint128 indexed entryId, address inbox);

    /// @notice This license's metadata address never changes again.
    event MetadataFrozen(uint256 indexed licenseId);

    /// @notice The address under which all other metadata stands has changed, or is fixed for ever.
    event BaseURIChanged(string uri, bool frozen);

    /// @notice ERC-7572.
    event ContractURIUpdated();

    /// @notice A contract may, or may no longer, mint, extend and meter licenses.
    event MinterChanged(address indexed minter, bool allowed);

    /// @notice Only an allowed minter does this.
    error DesignLicenses__NotMinter(address caller);
    /// @notice No such terms are defined.
    error DesignLicenses__UnknownTerms(bytes32 terms);
    /// @notice These terms are defined already.
    error DesignLicenses__TermsKnown(bytes32 terms);
    /// @notice Other terms with the same first 96 bits are defined.
    error DesignLicenses__TermsCollision(bytes32 known, bytes32 given);
    /// @notice An exclusive license of the entry exists, so no further license of it is made.
    error DesignLicenses__EntryIsClosed(uint128 entryId);
    /// @notice The facts contradict each other, or a rate or the period is above its limit.
    error DesignLicenses__BadFacts();
    /// @notice The text's hash is zero.
    error DesignLicenses__EmptyTerms();
    /// @notice A license of nothing.
    error DesignLicenses__NoQuantity();
    /// @notice Licenses under these terms have a serial each (or: have none).
    error DesignLicenses__WrongForm(bytes32 terms);
    /// @notice The terms let no license pass to someone else.
    error DesignLicenses__NotTransferable(uint256 licenseId);
    /// @notice No license with this id was issued.
    error DesignLicenses__UnknownLicense(uint256 licenseId);
    /// @notice An expiry only moves later.
    error DesignLicenses__WouldShorten(uint40 expiresAt, uint40 given);
    /// @notice More pieces than the terms allow.
    error DesignLicenses__TooManyUnits(uint32 left);
    /// @notice The terms let nobody revoke.
    error DesignLicenses__NotRevocable(uint256 licenseId);
    /// @notice This holder has no such license that is not revoked.
    error DesignLicenses__NotHeld(uint256 licenseId, address holder);
    /// @notice The holder has released to another wallet before: it is once.
    error DesignLicenses__ReleasedElsewhere(address to);
    /// @notice The signature is not the holder's.
    error DesignLicenses__BadSignature(address from);
    /// @notice The deadline has passed.
    error DesignLicenses__Expired(uint64 deadline);
    /// @notice The metadata address is frozen.
    error DesignLicenses__MetadataIsFrozen();

    // ------------------------------------------------------------------ terms

    /// @notice Defines terms, so that licenses can be offered under them. Only the operator; once for each hash.
    /// @param textHash keccak256 of the canonical license document.
    function defineTerms(bytes32 textHash, TermsFacts calldata facts, string calldata uri_)
        external
        returns (bytes32 terms);

    /// @notice The hash of terms: keccak256(abi.encode(textHash, facts)).
    function termsHashOf(bytes32 textHash, TermsFacts calldata facts) external pure returns (bytes32);

    /// @notice What contracts act on.
    /// @dev Reverts with DesignLicenses__UnknownTerms.
    function factsOf(bytes32 terms) external view returns (TermsFacts memory);

    /// @notice What a market must know of terms to sell under them.
    /// @dev Reverts with DesignLicenses__UnknownTerms.
    /// @return serial Whether each license has a serial of its own.
    /// @return exclusive Whether selling one closes the entry.
    /// @return metered Whether pieces are counted.
    /// @return period Seconds that a license lasts; 0 is for ever.
    function formOf(bytes32 terms) external view returns (bool serial, bool exclusive, bool metered, uint40 period);

    /// @notice Whether these terms are defined.
    function isDefined(bytes32 terms) external view returns (bool);

    /// @notice The full hash of a license's terms; zero if none with its first 96 bits are defined.
    function termsOf(uint256 licenseId) external view returns (bytes32);

    // ------------------------------------------------------------------ minting

    /// @notice Mints perpetual licenses. Only an allowed minter.
    function mint(address to, uint128 entryId, bytes32 terms, uint256 quantity) external returns (uint256 licenseId);

    /// @notice Mints one license with a serial of its own. Only an allowed minter.
    function issue(address to, uint128 entryId, bytes32 terms, Issue calldata issue_)
        external
        returns (uint256 licenseId);

    /// @notice Moves an expiry later. Only an allowed minter.
    function extend(uint256 licenseId, uint40 expiresAt_) external;

    /// @notice Counts pieces made under a metered license. Only an allowed minter.
    function reportUnits(uint256 licenseId, uint32 count) external;

    /// @notice Allows or stops a minter. Only the administrator.
    function setMinter(address minter, bool allowed) external;

    /// @notice Whether this contract may mint.
    function isMinter(address minter) external view returns (bool);

    // ------------------------------------------------------------------ holding

    /// @notice Ends a holder's rights, where the terms allow it. Only the moderator. The tokens stay, and stay theirs.
    /// @param reason Hash of the decision's text.
    function revoke(uint256 licenseId, address holder, bytes32 reason) external;

    /// @notice Moves what a custodial holder has to the wallet that they link: also licenses that cannot be
    ///  transferred, and also later ones, but always to the same wallet. Only the operator, with the holder's signature.
    function release(address from, address to, uint64 deadline, bytes calldata signature, uint256[] calldata licenseIds)
        external;

    /// @notice The wallet to which a custodial holder has released; zero if none.
    function releasedTo(address from) external view returns (address);

    /// @notice Whether a holder has a license now: held, not expired, not revoked.
    function isActive(uint256 licenseId, address holder) external view returns (bool);

    /// @notice Whether a holder's license was revoked.
    function isRevoked(uint256 licenseId, address holder) external view returns (bool);

    /// @notice When a license ends, Unix seconds; 0 is never (in the words of ERC-5643).
    function expiresAt(uint256 licenseId) external view returns (uint64);

    /// @notice When a holder's license ends, Unix seconds; 0 if they have none that is active; 2^64 - 1 is never
    ///  (in the words of ERC-4907).
    function userExpires(uint256 licenseId, address holder) external view returns (uint256);

    /// @notice The facts of a license with a serial.
    /// @dev Reverts with DesignLicenses__UnknownLicense.
    function issueOf(uint256 licenseId) external view returns (Issue memory);

    /// @notice Whether a holder may derive from the license's entry under it, and what that costs.
    function derivativeTermsOf(uint256 licenseId, address holder)
        external
        view
        returns (bool permitted, uint32 ppm, bool binding);

    /// @notice The exclusive license that closed an entry; 0 if none was sold.
    function exclusiveOf(uint128 entryId) external view returns (uint256 licenseId);

    /// @notice The id of a license.
    function licenseIdOf(uint128 entryId, bytes32 terms, uint32 serial) external pure returns (uint256);

    // ------------------------------------------------------------------ royalties and metadata

    /// @notice The one receiver of an entry's secondary royalties, whether it has code yet or not.
    function inboxOf(uint128 entryId) external view returns (address);

    /// @notice Gives an entry's inbox its code. Anyone may call, any number of times.
    function createInbox(uint128 entryId) external returns (address inbox);

    /// @notice ERC-1155 metadata of a license.
    function uri(uint256 licenseId) external view returns (string memory);

    /// @notice Sets one license's metadata address, and may fix it for ever. Only the operator.
    function setURI(uint256 licenseId, string calldata uri_, bool freeze) external;

    /// @notice Sets where all other metadata stands ({id} is the license id in 64 hex digits), and may fix it for
    ///  ever. Only the operator.
    function setBaseURI(string calldata uri_, bool freeze) external;

    /// @notice ERC-7572.
    function contractURI() external view returns (string memory);

    /// @notice Sets the collection's metadata address. Only the operator.
    function setContractURI(string calldata uri_) external;
}
