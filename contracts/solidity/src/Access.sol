// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Compiled here so that their artifacts stand beside ours: every restricted function asks the manager, and the forwarder
// brings calls of controllers and holders who pay no gas.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
