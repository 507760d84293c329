// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @dev Tokens whose holders an offer lets in.
contract Collectible is ERC721("Collectible", "C") {
    function mint(address to, uint256 id) external {
        _mint(to, id);
    }
}

contract Badges is ERC1155("") {
    function mint(address to, uint256 id, uint256 value) external {
        _mint(to, id, value, "");
    }
}

/// @dev Votes from before tokens had a clock: by block number.
contract OldVotes {
    mapping(address account => mapping(uint256 point => uint256)) private _votes;

    function set(address account, uint256 point, uint256 votes) external {
        _votes[account][point] = votes;
    }

    function getPastVotes(address account, uint256 point) external view returns (uint256) {
        return _votes[account][point];
    }
}

/// @dev Votes whose clock is the time.
contract Votes is OldVotes {
    function clock() external view returns (uint48) {
        return uint48(block.timestamp);
    }
}
