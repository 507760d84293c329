// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev The rules of lineage told ancestor by ancestor, on numbers instead of ids and with nothing packed: what a child
///  owes each earlier entry is one sum over its parents. The registry goes parent by parent; both must agree.
contract NaiveLineage {
    struct Node {
        bool open;
        bool binding;
        uint256 ppm; // its standing terms
        uint256[4] minimums; // by currency; all zero: states none
        uint256[] parents;
        uint256[] demands; // what each parent asked, when this one was made
        bool[] binds;
        uint256[4] floors; // 0: not allowed
        bool floored;
        uint256 stack;
    }

    enum Outcome {
        Fine,
        NotPermitted,
        StackTooHigh,
        NoPart,
        NoCurrency
    }

    Node[] internal _nodes;
    mapping(uint256 child => mapping(uint256 ancestor => uint256)) public part;
    mapping(uint256 child => mapping(uint256 ancestor => uint256)) public bindingPart;
    mapping(uint256 child => mapping(uint256 ancestor => bool)) public isParent;
    /// @dev Whether the ancestor has a line: it gets something, or is a parent.
    mapping(uint256 child => mapping(uint256 ancestor => bool)) public listed;

    function count() external view returns (uint256) {
        return _nodes.length;
    }

    function node(uint256 i) external view returns (Node memory) {
        return _nodes[i];
    }

    function setTerms(uint256 i, bool open, bool binding, uint256 ppm) external {
        (_nodes[i].open, _nodes[i].binding, _nodes[i].ppm) = (open, binding, ppm);
    }

    /// @dev Adds a node with these parents, or tells why there can be none.
    function add(bool open, bool binding, uint256 ppm, uint256[4] memory minimums, uint256[] memory parents)
        external
        returns (Outcome outcome)
    {
        uint256 child = _nodes.length;
        Node storage n = _nodes.push();
        (n.open, n.binding, n.ppm, n.minimums, n.parents) = (open, binding, ppm, minimums, parents);
        for (uint256 i = 0; i < parents.length; ++i) {
            Node storage p = _nodes[parents[i]];
            if (!p.open) outcome = Outcome.NotPermitted;
            n.demands.push(p.ppm);
            n.binds.push(p.binding);
            isParent[child][parents[i]] = true;
        }
        if (outcome == Outcome.Fine) outcome = fill(child);
        if (outcome != Outcome.Fine) {
            for (uint256 x = 0; x < child; ++x) {
                delete part[child][x];
                delete bindingPart[child][x];
                delete isParent[child][x];
                delete listed[child][x];
            }
            _nodes.pop();
        }
    }

    function fill(uint256 child) private returns (Outcome) {
        Node storage n = _nodes[child];
        for (uint256 x = 0; x < child; ++x) {
            (part[child][x], bindingPart[child][x]) = owed(child, x);
            listed[child][x] = isParent[child][x] || part[child][x] != 0;
            n.stack += part[child][x];
        }
        if (n.stack > 500_000) return Outcome.StackTooHigh;
        return fixFloors(child);
    }

    /// @dev What the child owes one earlier entry, and how much of it its own children will owe as well.
    function owed(uint256 child, uint256 x) private view returns (uint256 ppm, uint256 bound) {
        Node storage n = _nodes[child];
        for (uint256 i = 0; i < n.parents.length; ++i) {
            uint256 p = n.parents[i];
            uint256 demand = n.demands[i];
            if (p == x) {
                uint256 left = demand;
                for (uint256 y = 0; y < x; ++y) {
                    left -= diluted(p, y, demand);
                }
                ppm += left;
                if (n.binds[i]) bound += left;
            } else {
                ppm += bindingPart[p][x] + diluted(p, x, demand);
                bound += bindingPart[p][x];
            }
        }
    }

    function diluted(uint256 parent, uint256 x, uint256 demand) private view returns (uint256) {
        return (part[parent][x] - bindingPart[parent][x]) * demand / 1_000_000;
    }

    function fixFloors(uint256 child) private returns (Outcome) {
        Node storage n = _nodes[child];
        uint256[4] memory floors;
        bool[4] memory closed;
        for (uint256 x = 0; x < child; ++x) {
            if (!states(x) || !involved(child, x)) continue;
            if (part[child][x] == 0) return Outcome.NoPart;
            n.floored = true;
            for (uint256 c = 0; c < 4; ++c) {
                if (_nodes[x].minimums[c] == 0) closed[c] = true;
                uint256 scaled = _nodes[x].minimums[c] * 1_000_000;
                uint256 needed = scaled / part[child][x] + (scaled % part[child][x] == 0 ? 0 : 1);
                if (needed > type(uint96).max) closed[c] = true;
                if (needed > floors[c]) floors[c] = needed;
            }
        }
        if (!n.floored) return Outcome.Fine;
        uint256 left = 0;
        for (uint256 c = 0; c < 4; ++c) {
            if (closed[c]) floors[c] = 0;
            if (floors[c] != 0) ++left;
        }
        n.floors = floors;
        return left == 0 ? Outcome.NoCurrency : Outcome.Fine;
    }

    function states(uint256 x) public view returns (bool) {
        uint256[4] memory m = _nodes[x].minimums;
        return m[0] + m[1] + m[2] + m[3] != 0;
    }

    /// @dev Whether an earlier entry is a parent, or has a line in a parent's table.
    function involved(uint256 child, uint256 x) private view returns (bool) {
        if (isParent[child][x]) return true;
        uint256[] memory parents = _nodes[child].parents;
        for (uint256 i = 0; i < parents.length; ++i) {
            if (listed[parents[i]][x]) return true;
        }
        return false;
    }
}
