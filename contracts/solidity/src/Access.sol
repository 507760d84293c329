// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Compiled here so that its artifact stands beside ours: every restricted function asks it.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
