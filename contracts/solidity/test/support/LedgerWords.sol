// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Holding} from "../../src/lib/Holding.sol";
import {Test} from "./Test.sol";

/// @dev Reads the ledger's words from storage, so that the books are checked on the very contract that is deployed.
///  Slots as in docs/contracts/storage.md; `test/unit/DesignShares/storage.t.sol` shows that they hold.
abstract contract LedgerWords is Test {
    uint256 internal constant HOLDINGS_SLOT = 0;
    uint256 internal constant FURTHER_HOLDINGS_SLOT = 8;

    function wordOf(address ledger, uint256 id, uint256 index, address holder) internal view returns (Holding) {
        bytes32 slot;
        if (index == 0) {
            slot = keccak256(abi.encode(holder, keccak256(abi.encode(id, HOLDINGS_SLOT))));
        } else {
            slot = keccak256(
                abi.encode(holder, keccak256(abi.encode(index, keccak256(abi.encode(id, FURTHER_HOLDINGS_SLOT)))))
            );
        }
        return Holding.wrap(uint256(vm.load(ledger, slot)));
    }
}
