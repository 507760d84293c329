// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HostileHolder} from "../../support/Holders.sol";
import {System} from "../../support/System.sol";
import {DenyListToken, HostileToken, NoReturnToken} from "../../support/Tokens.sol";

interface Mintable {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
    function balanceOf(address account) external view returns (uint256);
}

/// @dev A token of 6 decimals with a deny list, the native coin, a token of 18 decimals that misbehaves and one that answers
///  nothing.
abstract contract LedgerCurrencies is System {
    uint256 public constant CURRENCIES = 4;

    DenyListToken internal _deny;
    HostileToken internal _hostile;
    address[4] public currencies;

    function listCurrencies() internal override {
        _deny = new DenyListToken();
        _hostile = new HostileToken();
        currencies = [address(_deny), NATIVE, address(_hostile), address(new NoReturnToken())];
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            shares.addCurrency(currencies[i]);
        }
    }

    function balanceOf(uint256 index, address account) public view returns (uint256) {
        return currencies[index] == NATIVE ? account.balance : Mintable(currencies[index]).balanceOf(account);
    }

    function bring(address to, uint256 index, uint256 amount) internal {
        if (currencies[index] == NATIVE) vm.deal(to, to.balance + amount);
        else Mintable(currencies[index]).mint(to, amount);
    }

    /// @dev Half of all amounts are tiny; the others are as large as a currency's decimals make them.
    function amountOf(uint256 index, uint256 seed) internal pure returns (uint256) {
        if (seed % 2 == 0) return bound(seed, 1, 60);
        return bound(seed, 1, index == 0 ? 1e15 : 1e26);
    }

    function refuses(uint256 index, address holder) internal view returns (bool) {
        if (index == 0) return _deny.denied(holder);
        if (index == 1) {
            if (holder.code.length == 0) return false;
            HostileHolder.Mode mode = HostileHolder(payable(holder)).mode();
            return mode == HostileHolder.Mode.Revert || mode == HostileHolder.Mode.BurnGas
                || mode == HostileHolder.Mode.RevertBomb;
        }
        if (index == 3) return false;
        HostileToken.Mode behavior = _hostile.modes(holder);
        return behavior != HostileToken.Mode.None && behavior != HostileToken.Mode.Reenter;
    }

    function gained() external view returns (bool) {
        return _hostile.gained();
    }
}
