// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDesignLicenses} from "./interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "./interfaces/IDesignRegistry.sol";
import {IDesignShares} from "./interfaces/IDesignShares.sol";
import {IDesignViews} from "./interfaces/IDesignViews.sol";
import {PPM} from "./Units.sol";

/// @title DesignViews
contract DesignViews is IDesignViews {
    uint256 private constant BASIS_POINTS = 10_000;

    /// @inheritdoc IDesignViews
    address public immutable registry;
    /// @inheritdoc IDesignViews
    address public immutable shares;
    /// @inheritdoc IDesignViews
    address public immutable licenses;

    /// @param registry_ The registry, which names the others.
    constructor(address registry_) {
        registry = registry_;
        shares = IDesignRegistry(registry_).shares();
        licenses = IDesignRegistry(registry_).licenses();
    }

    /// @inheritdoc IDesignViews
    function entryCard(uint128 entryId, address holder) external view returns (EntryCard memory card) {
        IDesignRegistry source = IDesignRegistry(registry);
        card.entry = source.entry(entryId);
        card.controller = source.controllerOf(entryId);
        card.inbox = IDesignLicenses(licenses).inboxOf(entryId);
        card.standing = source.standingOf(entryId);
        card.minimums = source.minimumsOf(entryId);
        card.ancestors = source.ancestorsOf(entryId);
        card.accounts = IDesignShares(shares).accounts(entryId, holder);
        card.units = IDesignShares(shares).balanceOf(holder, entryId);
    }

    /// @inheritdoc IDesignViews
    function referringOf(address token, uint256 tokenId)
        external
        view
        returns (address[] memory tokens, uint256[][] memory ids)
    {
        IDesignRegistry.Ancestor[] memory ancestors = IDesignRegistry(registry).ancestorsOf(_entryOf(token, tokenId));
        uint256 count = 0;
        for (uint256 i = 0; i < ancestors.length; ++i) {
            if (ancestors[i].direct) ++count;
        }
        if (count == 0) return (tokens, ids);
        tokens = new address[](1);
        tokens[0] = shares;
        ids = new uint256[][](1);
        ids[0] = new uint256[](count);
        for (uint256 i = ancestors.length; i != 0; --i) {
            if (ancestors[i - 1].direct) ids[0][--count] = ancestors[i - 1].entryId;
        }
    }

    /// @inheritdoc IDesignViews
    function createdTimestamp(uint256 entryId) external view returns (uint256) {
        return IDesignRegistry(registry).entry(_entryOf(shares, entryId)).claimedAt;
    }

    /// @inheritdoc IDesignViews
    function getReferenceRoyaltyInfo(address token, uint256 tokenId, uint256 salePrice)
        external
        view
        returns (ReferenceRoyalty memory)
    {
        return _royalties(token, tokenId, salePrice);
    }

    /// @inheritdoc IDesignViews
    function getReferenceRoyaltyInfo(address token, uint256 tokenId) external view returns (ReferenceRoyalty memory) {
        return _royalties(token, tokenId, BASIS_POINTS);
    }

    /// @inheritdoc IDesignViews
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        external
        view
        returns (bool success)
    {
        (
            uint128 entryId,
            uint32 version,
            uint16 schema,
            string memory key,
            bytes memory value,
            bytes32 salt,
            bytes32[] memory siblings
        ) = abi.decode(proof, (uint128, uint32, uint16, string, bytes, bytes32, bytes32[]));
        if (version != 1 || !_isFirstOutput(entryId, aigcData)) return false;
        if (prompt.length != 0 && keccak256(prompt) != keccak256(value)) return false;
        return IDesignRegistry(registry).verifyField(entryId, version, schema, key, value, salt, siblings);
    }

    function _isFirstOutput(uint128 entryId, bytes calldata aigcData) private view returns (bool) {
        IDesignRegistry source = IDesignRegistry(registry);
        if (aigcData.length != 32 || !source.isRegistered(entryId)) return false;
        return source.entryIdOf(source.entry(entryId).creator, bytes32(aigcData)) == entryId;
    }

    /// @dev A price of 10,000 gives basis points.
    function _royalties(address token, uint256 tokenId, uint256 price)
        private
        view
        returns (ReferenceRoyalty memory royalties)
    {
        IDesignRegistry.Ancestor[] memory ancestors = IDesignRegistry(registry).ancestorsOf(_entryOf(token, tokenId));
        royalties.royaltyInfos = new RoyaltyInfo[](ancestors.length);
        royalties.referenceDepth = ancestors.length;
        for (uint256 i = 0; i < ancestors.length; ++i) {
            royalties.royaltyInfos[i] = RoyaltyInfo({
                recipient: IDesignLicenses(licenses).inboxOf(ancestors[i].entryId),
                royaltyAmount: Math.mulDiv(price, ancestors[i].ppm, PPM)
            });
        }
    }

    /// @dev Zero, which no entry has, for an id of shares above 128 bits.
    function _entryOf(address token, uint256 tokenId) private view returns (uint128) {
        if (token == shares) return tokenId >> 128 == 0 ? uint128(tokenId) : 0;
        if (token == licenses) return uint128(tokenId >> 128);
        revert DesignViews__ForeignToken(token);
    }
}
