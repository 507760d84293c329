// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDesignRegistry} from "./interfaces/IDesignRegistry.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {ILicenseMarket} from "./interfaces/ILicenseMarket.sol";
import {SHARE_SUPPLY} from "./Units.sol";

/// @title DesignRegistry
contract DesignRegistry is IDesignRegistry, AccessManaged, EIP712 {
    struct Entry {
        address creator;
        EntryKind kind;
        uint32 claimOrder;
        uint40 registeredAt;
        bytes32 recordRoot;
    }

    bytes32 private constant ALLOCATION_TYPEHASH = keccak256("ShareAllocation(address holder,uint32 units)");
    bytes32 private constant OFFER_TYPEHASH =
        keccak256("FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)");
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "Registration(uint8 kind,address creator,bytes32 outputHash,bytes32 recordRoot,ShareAllocation[] shares,FirstOffer[] offers,uint64 deadline)FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)ShareAllocation(address holder,uint32 units)"
    );

    /// @inheritdoc IDesignRegistry
    address public immutable shares;
    /// @inheritdoc IDesignRegistry
    address public immutable licenses;
    /// @inheritdoc IDesignRegistry
    address public market;

    mapping(uint128 entryId => Entry) private _entries;
    /// @inheritdoc IDesignRegistry
    mapping(bytes32 outputHash => uint32) public claimCount;

    /// @param authority The AccessManager.
    /// @param shares_ The ledger, made for the address that this contract gets: it names its registry for ever.
    /// @param licenses_ The ERC-1155 of licenses.
    constructor(address authority, address shares_, address licenses_)
        AccessManaged(authority)
        EIP712("Loomprint", "1")
    {
        if (shares_.code.length == 0 || IDesignShares(shares_).registry() != address(this)) {
            revert DesignRegistry__WrongContract(shares_);
        }
        if (licenses_.code.length == 0) revert DesignRegistry__WrongContract(licenses_);
        shares = shares_;
        licenses = licenses_;
    }

    /// @inheritdoc IDesignRegistry
    function register(Registration calldata registration, bytes[] calldata signatures, uint256 custodial)
        external
        restricted
        returns (uint128 entryId)
    {
        if (block.timestamp > registration.deadline) revert DesignRegistry__Expired(registration.deadline);
        if (registration.creator == address(0)) revert DesignRegistry__NoCreator();
        if (registration.outputHash == 0 || registration.recordRoot == 0) revert DesignRegistry__EmptyHash();
        entryId = entryIdOf(registration.creator, registration.outputHash);
        if (_entries[entryId].creator != address(0)) revert DesignRegistry__AlreadyRegistered(entryId);

        address[] memory signers = _signersOf(registration);
        _checkSignatures(signers, digestOf(registration), signatures, custodial);
        _record(entryId, registration, signers, custodial);

        if (registration.offers.length != 0) {
            if (market == address(0)) revert DesignRegistry__NoMarket();
            ILicenseMarket(market).openFirstOffers(entryId, registration.offers);
        }
        // Last, because it calls the hooks of holders that are contracts.
        IDesignShares(shares).allocate(entryId, registration.shares);
    }

    /// @inheritdoc IDesignRegistry
    function setMarket(address market_) external restricted {
        if (market_.code.length == 0 || ILicenseMarket(market_).registry() != address(this)) {
            revert DesignRegistry__WrongContract(market_);
        }
        market = market_;
        emit MarketChanged(market_);
    }

    /// @inheritdoc IDesignRegistry
    function entry(uint128 entryId)
        external
        view
        returns (address creator, EntryKind kind, uint32 claimOrder, uint40 registeredAt, bytes32 recordRoot)
    {
        Entry storage e = _entries[entryId];
        if (e.creator == address(0)) revert DesignRegistry__UnknownEntry(entryId);
        return (e.creator, e.kind, e.claimOrder, e.registeredAt, e.recordRoot);
    }

    /// @inheritdoc IDesignRegistry
    function isRegistered(uint128 entryId) external view returns (bool) {
        return _entries[entryId].creator != address(0);
    }

    /// @inheritdoc IDesignRegistry
    function entryIdOf(address creator, bytes32 outputHash) public pure returns (uint128) {
        return uint128(bytes16(keccak256(abi.encode(creator, outputHash))));
    }

    /// @inheritdoc IDesignRegistry
    function digestOf(Registration calldata registration) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    REGISTRATION_TYPEHASH,
                    registration.kind,
                    registration.creator,
                    registration.outputHash,
                    registration.recordRoot,
                    _hashOf(registration.shares),
                    _hashOf(registration.offers),
                    registration.deadline
                )
            )
        );
    }

    function _record(uint128 entryId, Registration calldata registration, address[] memory signers, uint256 custodial)
        private
    {
        uint32 order = ++claimCount[registration.outputHash];
        _entries[entryId] = Entry({
            creator: registration.creator,
            kind: registration.kind,
            claimOrder: order,
            registeredAt: uint40(block.timestamp),
            recordRoot: registration.recordRoot
        });
        emit EntryRegistered(
            entryId,
            registration.creator,
            registration.outputHash,
            registration.kind,
            registration.recordRoot,
            order,
            signers,
            custodial
        );
    }

    /// @dev The creator, then every other holder in order. Also checks that the allocation is one; that no holder
    ///  stands in it twice is checked by the ledger, which finds their word already written.
    function _signersOf(Registration calldata registration) private view returns (address[] memory signers) {
        ShareAllocation[] calldata allocations = registration.shares;
        signers = new address[](allocations.length + 1);
        signers[0] = registration.creator;
        uint256 count = 1;
        uint256 units = 0;
        for (uint256 i = 0; i < allocations.length; ++i) {
            address holder = allocations[i].holder;
            if (holder == address(0) || holder == address(this) || holder == shares || holder == licenses) {
                revert DesignRegistry__HolderNotAllowed(holder);
            }
            if (allocations[i].units == 0) revert DesignRegistry__NoUnits(holder);
            units += allocations[i].units;
            if (holder != registration.creator) signers[count++] = holder;
        }
        if (units != SHARE_SUPPLY) revert DesignRegistry__SharesDoNotAddUp(units);
        assembly ("memory-safe") {
            mstore(signers, count) // shortens the array where the creator is a holder too
        }
    }

    function _checkSignatures(address[] memory signers, bytes32 digest, bytes[] calldata signatures, uint256 custodial)
        private
        view
    {
        uint256 count = signers.length;
        if (count > 256) revert DesignRegistry__TooManySigners(count);
        if (count < 256 && custodial >> count != 0) revert DesignRegistry__BadCustodialBits(custodial);
        if (signatures.length != count) revert DesignRegistry__WrongSignatureCount(count, signatures.length);
        for (uint256 i = 0; i < count; ++i) {
            if (!SignatureChecker.isValidSignatureNowCalldata(signers[i], digest, signatures[i])) {
                revert DesignRegistry__BadSignature(signers[i]);
            }
        }
    }

    function _hashOf(ShareAllocation[] calldata allocations) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](allocations.length);
        for (uint256 i = 0; i < allocations.length; ++i) {
            hashes[i] = keccak256(abi.encode(ALLOCATION_TYPEHASH, allocations[i].holder, allocations[i].units));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashOf(FirstOffer[] calldata offers) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](offers.length);
        for (uint256 i = 0; i < offers.length; ++i) {
            FirstOffer calldata o = offers[i];
            hashes[i] = keccak256(abi.encode(OFFER_TYPEHASH, o.terms, o.currency, o.price, o.supply));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
