// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The append-only register of claims: who claimed which output, when, and in which order.
/// @notice An entry is a signed claim of an address to a file, by the file's hash. Anyone finds every claim of a
///  file from the logs alone: the output hash is an indexed topic.
/// @dev EIP-712 domain: name "Loomprint", version "1", chainId, this contract. Types:
///  Registration(uint8 kind,address creator,bytes32 outputHash,bytes32 recordRoot,ShareAllocation[] shares,
///  FirstOffer[] offers,uint64 deadline)FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)
///  ShareAllocation(address holder,uint32 units)
interface IDesignRegistry {
    /// @notice What an entry stands for. Models, programs and datasets are entries like designs.
    enum EntryKind {
        Design,
        Model,
        Program,
        Dataset
    }

    /// @notice A first holder of share units. All allocations of an entry add up to 1,000,000 units.
    struct ShareAllocation {
        address holder;
        uint32 units;
    }

    /// @notice An offer that opens together with the registration.
    /// @param terms keccak256 of the license text, as known to the market.
    /// @param currency An ERC-20 token known to the ledger.
    /// @param price Base units of the currency for one license; more than 0.
    /// @param supply The most licenses that this offer can sell; 0 means unlimited.
    struct FirstOffer {
        bytes32 terms;
        address currency;
        uint128 price;
        uint32 supply;
    }

    /// @notice What creator and co-creators sign.
    /// @param outputHash SHA-256 of the master file.
    /// @param recordRoot Root of the salted Merkle tree of the provenance record.
    /// @param deadline Unix time in seconds after which the signatures register nothing.
    struct Registration {
        EntryKind kind;
        address creator;
        bytes32 outputHash;
        bytes32 recordRoot;
        ShareAllocation[] shares;
        FirstOffer[] offers;
        uint64 deadline;
    }

    /// @notice A claim was registered.
    /// @param claimOrder 1 for the first claim of this output hash, 2 for the next one, and so on.
    /// @param signers The creator, then each other first holder, in the order of the allocation.
    /// @param custodial Bit i is set if signer i signed by Loomprint's custody key; attested by the operator.
    event EntryRegistered(
        uint128 indexed entryId,
        address indexed creator,
        bytes32 indexed outputHash,
        EntryKind kind,
        bytes32 recordRoot,
        uint32 claimOrder,
        address[] signers,
        uint256 custodial
    );

    /// @notice First offers of new entries now open at `market`.
    event MarketChanged(address market);

    /// @notice This creator has registered this output before.
    error DesignRegistry__AlreadyRegistered(uint128 entryId);
    /// @notice The signature for `signer` is not theirs, or not over this registration.
    error DesignRegistry__BadSignature(address signer);
    /// @notice There must be exactly one signature for each signer.
    error DesignRegistry__WrongSignatureCount(uint256 expected, uint256 given);
    /// @notice The custodial bits have 256 places.
    error DesignRegistry__TooManySigners(uint256 signers);
    /// @notice A custodial bit is set beyond the last signer.
    error DesignRegistry__BadCustodialBits(uint256 custodial);
    /// @notice The deadline has passed.
    error DesignRegistry__Expired(uint64 deadline);
    /// @notice The units do not add up to 1,000,000.
    error DesignRegistry__SharesDoNotAddUp(uint256 units);
    /// @notice A holder is allocated no unit at all.
    error DesignRegistry__NoUnits(address holder);
    /// @notice A holder stands twice in the allocation.
    error DesignRegistry__DuplicateHolder(address holder);
    /// @notice The zero address and Loomprint's own contracts can hold no shares.
    error DesignRegistry__HolderNotAllowed(address holder);
    /// @notice The creator is zero.
    error DesignRegistry__NoCreator();
    /// @notice The output hash or the record root is zero.
    error DesignRegistry__EmptyHash();
    /// @notice No entry has this id.
    error DesignRegistry__UnknownEntry(uint128 entryId);
    /// @notice First offers were given while no market is set.
    error DesignRegistry__NoMarket();
    /// @notice This address has no code, or belongs to another registry.
    error DesignRegistry__WrongContract(address given);

    /// @notice Registers a signed claim, allocates its shares and opens its first offers, in one transaction.
    /// @dev Only the operator may relay. Signatures are of an externally owned account (65 bytes, low s) or ERC-1271.
    /// @param signatures One of each signer over the same digest: the creator, then each other holder in order.
    /// @param custodial Bit i says that signer i signed by Loomprint's custody key.
    function register(Registration calldata registration, bytes[] calldata signatures, uint256 custodial)
        external
        returns (uint128 entryId);

    /// @notice Sets the market at which first offers open. Only the administrator.
    function setMarket(address market_) external;

    /// @notice The ERC-1155 of share units, which is also the ledger of all money.
    function shares() external view returns (address);

    /// @notice The ERC-1155 of licenses.
    function licenses() external view returns (address);

    /// @notice The market at present; it can be replaced.
    function market() external view returns (address);

    /// @notice The stored facts of an entry. The output hash stands in the event.
    /// @dev Reverts with DesignRegistry__UnknownEntry.
    /// @return creator Who claims.
    /// @return kind What is claimed.
    /// @return claimOrder 1 for the first claim of its output hash.
    /// @return registeredAt Block time of the registration, Unix seconds.
    /// @return recordRoot Root of the provenance record.
    function entry(uint128 entryId)
        external
        view
        returns (address creator, EntryKind kind, uint32 claimOrder, uint40 registeredAt, bytes32 recordRoot);

    /// @notice Whether an entry has this id.
    function isRegistered(uint128 entryId) external view returns (bool);

    /// @notice How many claims of this output are registered.
    function claimCount(bytes32 outputHash) external view returns (uint32);

    /// @notice The id that a claim of this creator to this output has: the top 128 bits of keccak256 over both.
    function entryIdOf(address creator, bytes32 outputHash) external pure returns (uint128);

    /// @notice The EIP-712 digest that every signer of `registration` signs.
    function digestOf(Registration calldata registration) external view returns (bytes32);
}
