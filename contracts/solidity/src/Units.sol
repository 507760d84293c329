// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Share units of every entry: fixed for life, so that cumulative revenue divides exactly (see DesignShares).
uint256 constant SHARE_SUPPLY = 1_000_000;

/// @dev Denominator of every rate: parts per million.
uint256 constant PPM = 1_000_000;

/// @dev The highest platform fee that there can ever be: 10 %.
uint256 constant FEE_CEILING_PPM = 100_000;

/// @dev Seconds between the announcement of another fee and its first use.
uint256 constant FEE_DELAY = 14 days;

/// @dev The most currencies that one ledger can ever know. A share transfer settles each, so the bound is its gas bound.
uint256 constant MAX_CURRENCIES = 4;

/// @dev Where a deposit comes from. The platform takes its fee of the first three.
uint8 constant SOURCE_SALE = 1;
uint8 constant SOURCE_RENEWAL = 2;
uint8 constant SOURCE_UNITS = 3;
uint8 constant SOURCE_RESALE = 4;
uint8 constant SOURCE_INBOX = 5;
uint8 constant SOURCE_DONATION = 6;
