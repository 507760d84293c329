// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

/// @dev A shareholder that does what it is told when native coin or share units arrive.
contract HostileHolder is ERC1155Holder {
    enum Mode {
        Accept,
        Revert,
        BurnGas,
        ReturnBomb,
        RevertBomb,
        Reenter
    }

    Mode public mode;
    bool public entered; // called back
    bool public succeeded; // and that did not fail
    bytes32 public answer; // the first 32 bytes of it
    address private _target;
    bytes private _request;

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @dev From now on calls `target` whenever money (in mode Reenter) or units (in any mode) arrive.
    function arm(address target, bytes calldata request) external {
        (_target, _request, entered, succeeded) = (target, request, false, false);
    }

    receive() external payable {
        Mode mode_ = mode;
        if (mode_ == Mode.Accept) return;
        if (mode_ == Mode.Reenter) return enter();
        assembly {
            if eq(mode_, 2) { invalid() }
            // A caller that copies it pays for its memory.
            if eq(mode_, 3) { return(0, 200000) }
            if eq(mode_, 4) { revert(0, 200000) }
            revert(0, 0)
        }
    }

    function onERC1155Received(address a, address b, uint256 c, uint256 d, bytes memory e)
        public
        override
        returns (bytes4)
    {
        enter();
        return super.onERC1155Received(a, b, c, d, e);
    }

    function onERC1155BatchReceived(address a, address b, uint256[] memory c, uint256[] memory d, bytes memory e)
        public
        override
        returns (bytes4)
    {
        enter();
        return super.onERC1155BatchReceived(a, b, c, d, e);
    }

    function enter() private {
        if (_target == address(0)) return;
        entered = true;
        address target = _target;
        bytes memory request = _request;
        bool succeeded_;
        bytes32 answer_;
        // Half of the gas, so that the own work can be done whatever happens there.
        assembly {
            mstore(0x00, 0)
            succeeded_ := call(div(gas(), 2), target, 0, add(request, 0x20), mload(request), 0x00, 0x20)
            answer_ := mload(0x00)
        }
        (succeeded, answer) = (succeeded_, answer_);
    }
}
