// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The append-only register of claims: who claimed which output, when, and derived from what.
/// @notice An entry is a signed claim of an address to a file, by the file's hash. Anyone finds every claim of a
///  file from the logs alone: the output hash is an indexed topic. Claims of one hash are ordered by `claimedAt`,
///  and by their place on the chain where that is equal.
/// @dev EIP-712 domain: name "Loomprint", version "1", chainId, this contract. Types (members in this order):
///  Registration(uint8 kind,address creator,bytes32 outputHash,bytes32 recordRoot,ShareAllocation[] shares,
///    FirstOffer[] offers,Parent[] parents,Standing standing,Minimum[] minimums,uint64 deadline)
///  FirstOffer(bytes32 terms,address currency,uint128 price,uint32 supply)
///  Minimum(address currency,uint96 amount)
///  Parent(uint128 entryId,uint256 licenseId,uint32 maxPpm)
///  ShareAllocation(address holder,uint32 units)
///  Standing(bool open,bool binding,uint32 ppm)
///  Version(uint128 entryId,uint32 number,bytes32 outputHash,bytes32 recordRoot,uint64 deadline)
///  Functions of a controller can also be called through the trusted ERC-2771 forwarder.
interface IDesignRegistry {
    /// @notice What an entry stands for. Models, programs and datasets are entries like designs.
    enum EntryKind {
        Design,
        Model,
        Program,
        Dataset
    }

    /// @notice Active and Contested entries sell. Suspended ones sell nothing, take no children and no money;
    ///  Withdrawn ones sell and renew nothing and take no children, and still receive what sold licenses owe for
    ///  units, secondary royalties and donations.
    enum Status {
        Active,
        Contested,
        Suspended,
        Withdrawn
    }

    /// @notice A first holder of share units. All allocations of an entry add up to 1,000,000 units.
    struct ShareAllocation {
        address holder;
        uint32 units;
    }

    /// @notice An offer that opens together with the registration.
    /// @param terms The terms' hash, as the licenses know it.
    /// @param currency A currency of the ledger; 0 is the native coin.
    /// @param price Base units of the currency for one license; more than 0.
    /// @param supply The most licenses that this offer can sell; 0 means unlimited.
    struct FirstOffer {
        bytes32 terms;
        address currency;
        uint128 price;
        uint32 supply;
    }

    /// @notice An entry that this one is derived from.
    /// @param licenseId A license of the parent, held by the creator, whose terms permit derivatives; 0 derives under
    ///  the parent's standing terms.
    /// @param maxPpm The most that the signers grant this parent, in parts per million of every deposit.
    struct Parent {
        uint128 entryId;
        uint256 licenseId;
        uint32 maxPpm;
    }

    /// @notice Terms under which anyone may derive from an entry.
    /// @param open Whether anyone may.
    /// @param binding True: every descendant owes `ppm`. False: direct children owe `ppm`, and their children pay
    ///  it out of what they owe those.
    /// @param ppm Parts per million of the child's revenue.
    struct Standing {
        bool open;
        bool binding;
        uint32 ppm;
    }

    /// @notice What an entry must get from each sale of each descendant, at least, before the platform's fee.
    ///  Where an entry states minimums, its descendants sell in these currencies only.
    struct Minimum {
        address currency;
        uint96 amount;
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
        Parent[] parents;
        Standing standing;
        Minimum[] minimums;
        uint64 deadline;
    }

    /// @notice A line of an entry's ancestors' table, which never changes.
    /// @param ppm The part of every deposit that belongs to this ancestor, in parts per million.
    /// @param bindingPpm How much of it descendants of this entry owe the ancestor as well; the rest is diluted.
    /// @param direct Whether the ancestor is a parent.
    struct Ancestor {
        uint128 entryId;
        uint32 ppm;
        uint32 bindingPpm;
        bool direct;
    }

    /// @notice The stored facts of an entry.
    /// @param claimedAt Unix seconds: when the revealed commitment was made, else of the registration's block.
    /// @param versions How many versions there are; the first is the registered output.
    /// @param frozen Whether no version can be added any more.
    struct Entry {
        address creator;
        EntryKind kind;
        Status status;
        bool frozen;
        uint32 versions;
        uint40 claimedAt;
        bytes32 recordRoot;
    }

    /// @notice A claim was registered.
    /// @param signers The creator, then each other first holder, in the order of the allocation.
    /// @param custodial Bit i is set if signer i signed by Loomprint's custody key; attested by the operator.
    event EntryRegistered(
        uint128 indexed entryId,
        address indexed creator,
        bytes32 indexed outputHash,
        EntryKind kind,
        bytes32 recordRoot,
        uint40 claimedAt,
        address[] signers,
        uint256 custodial
    );

    /// @notice An entry derives from a parent, under a license or (licenseId 0) its standing terms.
    event ParentLinked(uint128 indexed entryId, uint128 indexed parentId, uint256 licenseId, uint32 ppm, bool binding);

    /// @notice The whole ancestors' table of a derived entry.
    event AncestorsFixed(uint128 indexed entryId, Ancestor[] ancestors);

    /// @notice An entry's standing terms, for children yet to come.
    event StandingChanged(uint128 indexed entryId, bool open, bool binding, uint32 ppm);

    /// @notice What each descendant's sale must bring this entry.
    event MinimumsStated(uint128 indexed entryId, Minimum[] minimums);

    /// @notice The least prices at which a derived entry can sell; it sells in no other currency.
    event FloorsFixed(uint128 indexed entryId, Minimum[] floors);

    /// @notice An entry has a further version. The first one is in EntryRegistered.
    event VersionAdded(uint128 indexed entryId, bytes32 indexed outputHash, uint32 number, bytes32 recordRoot);

    /// @notice No version can be added any more.
    event EntryFrozen(uint128 indexed entryId);

    /// @notice An entry's status changed.
    /// @param reason Hash of the decision's text, or zero.
    event StatusChanged(uint128 indexed entryId, Status status, bytes32 reason, address by);

    /// @notice Somebody else manages the entry's offers, versions and standing terms now.
    event ControllerChanged(uint128 indexed entryId, address indexed from, address indexed to);

    /// @notice Of two claims of one output, the second one's controller disputes the first one.
    event ClaimContested(
        uint128 indexed entryId, uint128 indexed byEntryId, bytes32 indexed outputHash, bytes32 statement
    );

    /// @notice A moderator decided between two claims. What follows for each is a status of its own.
    event ContestResolved(uint128 indexed upheld, uint128 indexed dismissed, bytes32 reason);

    /// @notice A commitment to a claim that is not told yet.
    event ClaimCommitted(bytes32 indexed commitment, address indexed by);

    /// @notice A signer took a consent back: signatures over this digest register nothing.
    event ConsentCanceled(bytes32 indexed digest, address indexed by);

    /// @notice First offers of new entries now open at `market`.
    event MarketChanged(address market);

    /// @notice ERC-7053: an asset's content identifier and what is said of it.
    event Commit(address indexed recorder, string indexed assetCid, string commitData);

    /// @notice As ERC-7007 has it: what was generated, and the proof of it.
    event AigcData(uint256 indexed tokenId, bytes indexed prompt, bytes indexed aigcData, bytes proof);

    /// @notice This creator has registered this output before.
    error DesignRegistry__AlreadyRegistered(uint128 entryId);
    /// @notice The signature for `signer` is not theirs, or not over this.
    error DesignRegistry__BadSignature(address signer);
    /// @notice There must be exactly one signature for each signer.
    error DesignRegistry__WrongSignatureCount(uint256 expected, uint256 given);
    /// @notice The custodial bits have 256 places.
    error DesignRegistry__TooManySigners(uint256 signers);
    /// @notice A custodial bit is set beyond the last signer, or by someone who cannot attest it.
    error DesignRegistry__BadCustodialBits(uint256 custodial);
    /// @notice The deadline has passed.
    error DesignRegistry__Expired(uint64 deadline);
    /// @notice A signer took this consent back.
    error DesignRegistry__Canceled(bytes32 digest);
    /// @notice Only who signs a registration can cancel it.
    error DesignRegistry__NotASigner(address caller);
    /// @notice The units do not add up to 1,000,000.
    error DesignRegistry__SharesDoNotAddUp(uint256 units);
    /// @notice A holder is allocated no unit at all.
    error DesignRegistry__NoUnits(address holder);
    /// @notice A holder stands twice in the allocation.
    error DesignRegistry__DuplicateHolder(address holder);
    /// @notice The zero address and Loomprint's own contracts can hold no shares and control no entry.
    error DesignRegistry__HolderNotAllowed(address holder);
    /// @notice The creator is zero.
    error DesignRegistry__NoCreator();
    /// @notice A hash or root is zero.
    error DesignRegistry__EmptyHash();
    /// @notice No entry has this id.
    error DesignRegistry__UnknownEntry(uint128 entryId);
    /// @notice First offers were given while no market is set.
    error DesignRegistry__NoMarket();
    /// @notice This address has no code, or belongs to another registry.
    error DesignRegistry__WrongContract(address given);
    /// @notice Only the controller does this.
    error DesignRegistry__NotController(address caller);
    /// @notice This commitment was made before.
    error DesignRegistry__CommitmentKnown(bytes32 commitment);
    /// @notice The commitment is younger than COMMITMENT_AGE: wait until this Unix time.
    error DesignRegistry__CommitmentTooYoung(uint256 usableFrom);
    /// @notice Names the same parent twice.
    error DesignRegistry__DuplicateParent(uint128 parentId);
    /// @notice An entry has at most 8 parents.
    error DesignRegistry__TooManyParents(uint256 parents);
    /// @notice An entry has at most 64 ancestors.
    error DesignRegistry__TooManyAncestors(uint256 ancestors);
    /// @notice All ancestors together get at most half of every deposit.
    error DesignRegistry__StackTooHigh(uint256 ppm);
    /// @notice The parent is suspended or withdrawn.
    error DesignRegistry__ParentNotAvailable(uint128 parentId, Status status);
    /// @notice Neither a license that the creator holds nor standing terms permit to derive from this parent.
    error DesignRegistry__NotPermitted(uint128 parentId, uint256 licenseId);
    /// @notice The parent asks for more than the signers grant.
    error DesignRegistry__RoyaltyAboveMaximum(uint128 parentId, uint32 ppm, uint32 maxPpm);
    /// @notice A rate is above the half that all ancestors together can get.
    error DesignRegistry__BadRate(uint256 ppm);
    /// @notice A minimum is zero, stated twice, or in a currency that the ledger does not know.
    error DesignRegistry__BadMinimum(address currency);
    /// @notice No currency is left in which all ancestors allow sales.
    error DesignRegistry__NoCurrencyLeft();
    /// @notice The entry is frozen.
    error DesignRegistry__Frozen(uint128 entryId);
    /// @notice The next version has another number.
    error DesignRegistry__WrongVersion(uint32 expected, uint32 given);
    /// @notice The entry has no such version.
    error DesignRegistry__UnknownVersion(uint128 entryId, uint32 number);
    /// @notice The entry cannot go from one status to the other this way.
    error DesignRegistry__WrongStatus(Status from, Status to);
    /// @notice These two entries are not claims of this one output.
    error DesignRegistry__NotTheSameOutput(uint128 entryId, uint128 byEntryId);

    // ------------------------------------------------------------------ claiming

    /// @notice Registers a signed claim: allocates its shares, fixes its ancestors, opens its first offers.
    /// @dev The operator may relay at once. Anyone may with a salt whose commitment is COMMITMENT_AGE old; then
    ///  `custodial` must be 0. Signatures are of an externally owned account (65 bytes, low s) or ERC-1271.
    /// @param signatures One of each signer over the same digest: the creator, then each other holder in order.
    /// @param custodial Bit i says that signer i signed by Loomprint's custody key.
    /// @param salt Reveals keccak256(abi.encode(creator, outputHash, salt)), whose time becomes `claimedAt`;
    ///  0 reveals nothing.
    function register(Registration calldata registration, bytes[] calldata signatures, uint256 custodial, bytes32 salt)
        external
        returns (uint128 entryId);

    /// @notice Records that somebody knows a claim, without telling it. Once for each commitment.
    function commitClaim(bytes32 commitment) external;

    /// @notice Takes a consent back. Any of its signers, before it is registered.
    function cancel(Registration calldata registration) external;

    /// @notice Disputes another claim of the same output. The controller of `byEntryId`.
    /// @param statement Hash of what is stated.
    function contest(uint128 entryId, uint128 byEntryId, bytes32 outputHash, bytes32 statement) external;

    /// @notice Decides between two claims of one output. Only the moderator.
    function resolveContest(uint128 upheld, uint128 dismissed, bytes32 outputHash, bytes32 reason) external;

    // ------------------------------------------------------------------ managing an entry

    /// @notice Adds a version. The controller calls, or signed a Version that anyone relays.
    /// @param number The version's number: one more than there are.
    /// @param signature Empty if the caller is the controller.
    function addVersion(
        uint128 entryId,
        uint32 number,
        bytes32 outputHash,
        bytes32 recordRoot,
        uint64 deadline,
        bytes calldata signature
    ) external;

    /// @notice Ends the adding of versions, for ever. Only the controller.
    function freeze(uint128 entryId) external;

    /// @notice Changes the terms for children yet to come. Only the controller.
    function setStanding(uint128 entryId, Standing calldata standing) external;

    /// @notice Hands the managing of the entry over. Only the controller.
    function transferControl(uint128 entryId, address to) external;

    /// @notice Stops the sale of an entry, or takes that back. Only the controller; not while it is suspended.
    function setWithdrawn(uint128 entryId, bool withdrawn) external;

    /// @notice Sets Active, Contested or Suspended. Only the moderator.
    /// @param reason Hash of the decision's text.
    function setStatus(uint128 entryId, Status status, bytes32 reason) external;

    /// @notice Emits ERC-7053's Commit and, if there is a prompt, ERC-7007's AigcData for the entry's first output.
    ///  Only the controller.
    /// @param prompt What may be told of the prompt, usually its salted hash.
    /// @param proof What proves the generation; the record root is one.
    function announce(
        uint128 entryId,
        bytes32 outputHash,
        string calldata assetCid,
        string calldata commitData,
        bytes calldata prompt,
        bytes calldata proof
    ) external;

    /// @notice ERC-7053, for anyone and any asset.
    /// @return blockNumber The block in which it is recorded.
    function commit(string calldata assetCid, string calldata commitData) external returns (uint256 blockNumber);

    /// @notice Sets the market at which first offers open. Only the administrator.
    function setMarket(address market_) external;

    // ------------------------------------------------------------------ reading

    /// @notice The ERC-1155 of share units, which is also the ledger of all money.
    function shares() external view returns (address);

    /// @notice The ERC-1155 of licenses.
    function licenses() external view returns (address);

    /// @notice The market at present; it can be replaced.
    function market() external view returns (address);

    /// @notice The stored facts of an entry. The output hash stands in the event.
    /// @dev Reverts with DesignRegistry__UnknownEntry.
    function entry(uint128 entryId) external view returns (Entry memory);

    /// @notice Whether an entry has this id.
    function isRegistered(uint128 entryId) external view returns (bool);

    /// @notice The number of an entry's newest version; 0 if there is no such entry.
    function versionOf(uint128 entryId) external view returns (uint32);

    /// @notice Who manages an entry; zero if there is none.
    function controllerOf(uint128 entryId) external view returns (address);

    /// @notice What the ledger keeps of an entry: all ancestors' part of its deposits, and its status.
    /// @dev Reverts with DesignRegistry__UnknownEntry.
    function ledgerFacts(uint128 entryId) external view returns (uint32 stackPpm, Status status);

    /// @notice The root of a version's provenance record.
    /// @dev Reverts with DesignRegistry__UnknownVersion.
    function recordRootOf(uint128 entryId, uint32 number) external view returns (bytes32);

    /// @notice An entry's ancestors, in the order of the table; empty for an original.
    function ancestorsOf(uint128 entryId) external view returns (Ancestor[] memory);

    /// @notice The part of a descendant's deposits that belongs to an ancestor, in parts per million; 0 if none.
    function partOf(uint128 descendant, uint128 ancestor) external view returns (uint32 ppm);

    /// @notice The terms under which anyone may derive from an entry.
    function standingOf(uint128 entryId) external view returns (Standing memory);

    /// @notice What an entry demands of each descendant's sale.
    function minimumsOf(uint128 entryId) external view returns (Minimum[] memory);

    /// @notice The least price of one license of an entry in a currency, and whether it sells in that at all.
    function floorOf(uint128 entryId, address currency) external view returns (bool allowed, uint256 floor);

    /// @notice When a commitment was made, Unix seconds; 0 if it was not.
    function commitments(bytes32 commitment) external view returns (uint40);

    /// @notice Whether a consent was taken back.
    function isCanceled(bytes32 digest) external view returns (bool);

    /// @notice Whether a version's provenance record says this value under this key.
    /// @dev Leaf: keccak256(keccak256(abi.encode(uint16 schema, string key, bytes value, bytes32 salt))), pairs hashed
    ///  in sorted order, as OpenZeppelin's StandardMerkleTree does.
    /// @param value The RFC 8785 form of the field's JSON value.
    function verifyField(
        uint128 entryId,
        uint32 number,
        uint16 schema,
        string calldata key,
        bytes calldata value,
        bytes32 salt,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice The id that a claim of this creator to this output has: the top 128 bits of keccak256 over both.
    function entryIdOf(address creator, bytes32 outputHash) external pure returns (uint128);

    /// @notice The EIP-712 digest that every signer of `registration` signs.
    function digestOf(Registration calldata registration) external view returns (bytes32);

    /// @notice The EIP-712 digest that the controller signs for a version.
    function versionDigestOf(uint128 entryId, uint32 number, bytes32 outputHash, bytes32 recordRoot, uint64 deadline)
        external
        view
        returns (bytes32);
}
