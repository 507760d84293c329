// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDesignRegistry} from "../interfaces/IDesignRegistry.sol";
import {PPM} from "../Units.sol";
import {AncestorTable} from "./AncestorTable.sol";
import {Line, LineWord} from "./Line.sol";

/// @dev The most that all ancestors of an entry together get of its deposits: half.
uint256 constant MAX_STACK_PPM = 500_000;

/// @dev The most parents, and the most ancestors, that an entry can have.
uint256 constant MAX_PARENTS = 8;
uint256 constant MAX_ANCESTORS = 64;

/// @dev A table that is being built.
/// @param lines The first `count` are in use.
/// @param stack Sum of their rates.
/// @param seen A bit for each line, by the low 8 bits of its id: ids are hashes, so most new ones need no search.
/// @param minimums Whether any of them stated minimums.
struct Draft {
    Line[] lines;
    uint256 count;
    uint256 stack;
    uint256 seen;
    bool minimums;
}

/// @dev Builds the ancestors' table of a new entry from its parents' tables, one parent after the other.
///  A parent gets what it demands. Of its own ancestors, each gets its binding part from the child as well, on top; and
///  its diluting part of what the child owes the parent, out of it. Lines of one ancestor are added up, so the order
///  of the parents changes the order of the lines and nothing else.
library Drafting {
    function begin() internal pure returns (Draft memory draft) {
        draft.lines = new Line[](MAX_ANCESTORS);
    }

    /// @dev Adds a parent that demands `demanded`, and what comes with it.
    /// @param stated Whether the parent itself stated minimums.
    function derive(
        Draft memory draft,
        uint128 parentId,
        uint256 demanded,
        bool binding,
        bool stated,
        AncestorTable table
    ) internal view {
        // Before any line is touched, so that no rate of a line can leave its bits.
        draft.stack += demanded;
        _checkStack(draft);
        Line[] memory above = table.load();
        uint256 passedOn = 0;
        uint256 onTop = 0;
        // The parent's own line comes before those of its ancestors, and is written when it is known what is left.
        uint256 own = _placeOf(draft, parentId);
        if (own == draft.count) _append(draft, LineWord.pack(parentId, 0, 0, stated, true));
        else if (draft.lines[own].direct()) revert IDesignRegistry.DesignRegistry__DuplicateParent(parentId);
        for (uint256 i = 0; i < above.length; ++i) {
            Line line = above[i];
            uint256 bound = line.bindingPpm();
            uint256 diluted = ((line.ppm() - bound) * demanded) / PPM;
            passedOn += diluted;
            onTop += bound;
            // What comes to nothing needs no line, except to find that a minimum cannot be met.
            if (bound + diluted == 0 && !line.minimums()) continue;
            _add(draft, LineWord.pack(line.id(), bound + diluted, bound, line.minimums(), false));
        }
        draft.stack += onTop;
        _checkStack(draft);
        // `passedOn` is at most half of what was demanded, because no stack is higher.
        uint256 left = demanded - passedOn;
        draft.lines[own] = draft.lines[own].plus(LineWord.pack(parentId, left, binding ? left : 0, stated, true));
        draft.minimums = draft.minimums || stated;
    }

    /// @dev The finished lines.
    function finish(Draft memory draft) internal pure returns (Line[] memory lines) {
        lines = draft.lines;
        uint256 count = draft.count;
        assembly ("memory-safe") {
            mstore(lines, count) // only ever shortens it
        }
        if (!draft.minimums) return lines;
        for (uint256 i = 0; i < count; ++i) {
            // No price is high enough for someone who gets nothing of it.
            if (lines[i].minimums() && lines[i].ppm() == 0) {
                revert IDesignRegistry.DesignRegistry__NotPermitted(lines[i].id(), 0);
            }
        }
    }

    function _add(Draft memory draft, Line line) private pure {
        uint256 place = _placeOf(draft, line.id());
        if (place == draft.count) _append(draft, line);
        else draft.lines[place] = draft.lines[place].plus(line);
        if (line.minimums()) draft.minimums = true;
    }

    function _append(Draft memory draft, Line line) private pure {
        uint256 count = draft.count;
        if (count == MAX_ANCESTORS) revert IDesignRegistry.DesignRegistry__TooManyAncestors(count + 1);
        draft.lines[count] = line;
        draft.count = count + 1;
        draft.seen |= 1 << (line.id() & 0xff);
    }

    /// @dev Where the line of an ancestor stands, or `draft.count` if there is none.
    function _placeOf(Draft memory draft, uint128 id) private pure returns (uint256 place) {
        uint256 count = draft.count;
        if ((draft.seen >> (id & 0xff)) & 1 == 0) return count;
        Line[] memory lines = draft.lines;
        unchecked {
            while (place < count && lines[place].id() != id) ++place;
        }
    }

    function _checkStack(Draft memory draft) private pure {
        if (draft.stack > MAX_STACK_PPM) revert IDesignRegistry.DesignRegistry__StackTooHigh(draft.stack);
    }
}
