// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignLicenses} from "../interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../interfaces/IDesignShares.sol";
import {MAX_CURRENCIES} from "../Units.sol";
import {AncestorTableWord} from "./AncestorTable.sol";
import {Book, Facts, MINIMUMS} from "./Book.sol";
import {Draft, Drafting, MAX_PARENTS} from "./Draft.sol";
import {Amounts, Floors} from "./Floors.sol";
import {Line} from "./Line.sol";

/// @title Lineage
/// @notice The registry's code for entries that derive from others, deployed once and linked to it.
/// @dev An external library, because the registry has no room for it. It runs on the registry's storage and for the
///  registry alone: it holds nothing, and a direct call changes nothing.
library Lineage {
    /// @dev Fixes a new entry's ancestors' table, and its floors if there are any.
    function derive(
        Book storage book,
        uint128 entryId,
        IDesignRegistry.Parent[] calldata parents,
        address creator,
        address shares,
        address licenses
    ) external returns (bool floored) {
        if (parents.length > MAX_PARENTS) {
            revert IDesignRegistry.DesignRegistry__TooManyParents(parents.length);
        }
        Draft memory draft = Drafting.begin();
        for (uint256 i = 0; i < parents.length; ++i) {
            _addParent(book, draft, entryId, parents[i], _demandOf(book, parents[i], creator, licenses));
        }
        Line[] memory lines = Drafting.finish(draft);
        book.tables[entryId] = AncestorTableWord.store(lines, draft.stack);
        emit IDesignRegistry.AncestorsFixed(entryId, _told(lines));
        floored = draft.minimums;
        if (floored) _fixFloors(book, entryId, lines, shares);
    }

    /// @dev Keeps what a new entry demands of its descendants' sales.
    function stateMinimums(
        Book storage book,
        uint128 entryId,
        IDesignRegistry.Minimum[] calldata minimums,
        address shares
    ) external {
        Amounts storage amounts = book.minimums[entryId];
        for (uint256 i = 0; i < minimums.length; ++i) {
            (address currency, uint96 amount) = (minimums[i].currency, minimums[i].amount);
            try IDesignShares(shares).currencyIndex(currency) returns (uint8 index) {
                if (amount == 0 || amounts.by[index] != 0) {
                    revert IDesignRegistry.DesignRegistry__BadMinimum(currency);
                }
                amounts.by[index] = amount;
            } catch {
                revert IDesignRegistry.DesignRegistry__BadMinimum(currency);
            }
        }
        emit IDesignRegistry.MinimumsStated(entryId, minimums);
    }

    function ancestorsOf(Book storage book, uint128 entryId) external view returns (IDesignRegistry.Ancestor[] memory) {
        return _told(book.tables[entryId].load());
    }

    function minimumsOf(Book storage book, uint128 entryId, address shares)
        external
        view
        returns (IDesignRegistry.Minimum[] memory)
    {
        return _told(book.minimums[entryId], shares);
    }

    function _addParent(
        Book storage book,
        Draft memory draft,
        uint128 entryId,
        IDesignRegistry.Parent calldata parent,
        IDesignRegistry.Standing memory demand
    ) private {
        uint128 parentId = parent.entryId;
        bool stated = book.entries[parentId].flags & MINIMUMS != 0;
        Drafting.derive(draft, parentId, demand.ppm, demand.binding, stated, book.tables[parentId]);
        emit IDesignRegistry.ParentLinked(entryId, parentId, parent.licenseId, demand.ppm, demand.binding);
    }

    /// @dev What a parent asks of this child. The signers' limit is for that alone: what the parent's own ancestors get
    ///  on top of it stands in the parent's table, which never changes.
    function _demandOf(Book storage book, IDesignRegistry.Parent calldata parent, address creator, address licenses)
        private
        view
        returns (IDesignRegistry.Standing memory demand)
    {
        (uint128 parentId, uint256 licenseId) = (parent.entryId, parent.licenseId);
        Facts storage facts = book.entries[parentId];
        if (facts.creator == address(0)) revert IDesignRegistry.DesignRegistry__UnknownEntry(parentId);
        IDesignRegistry.Status status = facts.statusNow();
        if (status == IDesignRegistry.Status.Suspended || status == IDesignRegistry.Status.Withdrawn) {
            revert IDesignRegistry.DesignRegistry__ParentNotAvailable(parentId, status);
        }
        if (licenseId == 0) {
            demand = book.standings[parentId];
        } else if (licenseId >> 128 == parentId) {
            (demand.open, demand.ppm, demand.binding) = IDesignLicenses(licenses).derivativeTermsOf(licenseId, creator);
        }
        if (!demand.open) revert IDesignRegistry.DesignRegistry__NotPermitted(parentId, licenseId);
        if (demand.ppm > parent.maxPpm) {
            revert IDesignRegistry.DesignRegistry__RoyaltyAboveMaximum(parentId, demand.ppm, parent.maxPpm);
        }
    }

    function _fixFloors(Book storage book, uint128 entryId, Line[] memory lines, address shares) private {
        uint256[MAX_CURRENCIES] memory floors;
        for (uint256 i = 0; i < lines.length; ++i) {
            if (lines[i].minimums()) Floors.raise(floors, book.minimums[lines[i].id()], lines[i].ppm());
        }
        if (Floors.store(floors, book.floors[entryId]) == 0) revert IDesignRegistry.DesignRegistry__NoCurrencyLeft();
        emit IDesignRegistry.FloorsFixed(entryId, _told(book.floors[entryId], shares));
    }

    /// @dev Lines as the interface tells them.
    function _told(Line[] memory lines) private pure returns (IDesignRegistry.Ancestor[] memory ancestors) {
        ancestors = new IDesignRegistry.Ancestor[](lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            Line line = lines[i];
            ancestors[i] =
                IDesignRegistry.Ancestor(line.id(), uint32(line.ppm()), uint32(line.bindingPpm()), line.direct());
        }
    }

    /// @dev Amounts as the interface tells them, in the order of the ledger's currencies.
    function _told(Amounts storage amounts, address shares)
        private
        view
        returns (IDesignRegistry.Minimum[] memory list)
    {
        address[] memory currencies = IDesignShares(shares).currencies();
        list = new IDesignRegistry.Minimum[](currencies.length);
        uint256 count = 0;
        for (uint256 i = 0; i < currencies.length; ++i) {
            uint96 amount = amounts.by[i];
            if (amount != 0) list[count++] = IDesignRegistry.Minimum(currencies[i], amount);
        }
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }
}
