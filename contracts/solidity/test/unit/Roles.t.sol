// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IDesignLicenses} from "../../src/interfaces/IDesignLicenses.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {IDesignShares} from "../../src/interfaces/IDesignShares.sol";
import {ILicenseMarket} from "../../src/interfaces/ILicenseMarket.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {IPaymentSource} from "../../src/interfaces/IPaymentSource.sol";
import {MarketSystem} from "../support/MarketSystem.sol";

/// @dev Every privileged key tries everything that is restricted: it can do its part and nothing else, and all of them
///  together cannot take, redirect or freeze money that was credited.
contract RolesTest is MarketSystem {
    uint64 private constant ADMIN_ROLE = 0;

    struct Restricted {
        address target;
        uint64 role;
        bytes request;
    }

    Restricted[] private _list;
    uint256 private _license;

    function setUp() public override {
        super.setUp();
        open(MONTHLY, priceOf(3e6));
        _license = buyOne(MONTHLY);
        list();
    }

    /// @dev All restricted functions, with arguments with which they succeed.
    function list() private {
        IDesignRegistry.Registration memory r = registrationOf(alice, "listed", solely(alice));
        add(
            address(registry),
            OPERATOR_ROLE,
            abi.encodeCall(IDesignRegistry.register, (r, signedBy("alice", r), 0, bytes32(0)))
        );
        add(
            address(registry),
            MODERATOR_ROLE,
            abi.encodeCall(IDesignRegistry.setStatus, (_id, IDesignRegistry.Status.Suspended, "reason"))
        );
        r = registrationOf(bob, "output", solely(bob));
        r.outputHash = keccak256("output");
        uint128 second = register("bob", r);
        add(
            address(registry),
            MODERATOR_ROLE,
            abi.encodeCall(IDesignRegistry.resolveContest, (second, _id, keccak256("output"), "reason"))
        );
        add(address(registry), ADMIN_ROLE, abi.encodeCall(IDesignRegistry.setMarket, (address(market))));

        IDesignLicenses.TermsFacts memory facts;
        add(
            address(licenses), OPERATOR_ROLE, abi.encodeCall(IDesignLicenses.defineTerms, ("text", facts, "ipfs://new"))
        );
        add(address(licenses), OPERATOR_ROLE, abi.encodeCall(IDesignLicenses.setURI, (_license, "x", false)));
        add(address(licenses), OPERATOR_ROLE, abi.encodeCall(IDesignLicenses.setBaseURI, ("x", false)));
        add(address(licenses), OPERATOR_ROLE, abi.encodeCall(IDesignLicenses.setContractURI, ("x")));
        uint256[] memory ids = new uint256[](1);
        ids[0] = _license;
        bytes memory signature = signatureOf(keyOf("buyer"), releaseDigest(buyer, bob, type(uint64).max));
        add(
            address(licenses),
            OPERATOR_ROLE,
            abi.encodeCall(IDesignLicenses.release, (buyer, bob, type(uint64).max, signature, ids))
        );
        add(address(licenses), MODERATOR_ROLE, abi.encodeCall(IDesignLicenses.revoke, (_license, bob, "reason")));
        add(address(licenses), ADMIN_ROLE, abi.encodeCall(IDesignLicenses.setMinter, (stranger, true)));

        add(address(shares), TREASURER_ROLE, abi.encodeCall(IDesignShares.closeCurrency, (address(dollar), true)));
        add(address(shares), TREASURER_ROLE, abi.encodeCall(IDesignShares.scheduleFee, (100_000)));
        add(address(shares), ADMIN_ROLE, abi.encodeCall(IDesignShares.addCurrency, (address(shares))));
        add(address(shares), ADMIN_ROLE, abi.encodeCall(IDesignShares.setDepositor, (stranger, true)));

        // Before the entry is suspended, so that it succeeds.
        Restricted memory first = _list[1];
        _list[1] = Restricted(
            address(market),
            OPERATOR_ROLE,
            abi.encodeCall(ILicenseMarket.buyFor, (intentOf(_id, PERSONAL, 1), NO_PROOF, "ref"))
        );
        _list.push(first);
        address[2] memory markets = [address(market), address(resale)];
        for (uint256 i = 0; i < 2; ++i) {
            add(markets[i], GUARDIAN_ROLE, abi.encodeCall(IMarket.pause, ()));
            add(markets[i], ADMIN_ROLE, abi.encodeCall(IMarket.unpause, ()));
        }
    }

    function add(address target, uint64 role, bytes memory request) private {
        _list.push(Restricted(target, role, request));
    }

    function test_each_key_does_its_part_and_nothing_else() public {
        address[6] memory keys = [address(this), operator, moderator, treasurer, guardian, stranger];
        for (uint256 i = 0; i < _list.length; ++i) {
            Restricted memory one = _list[i];
            for (uint256 k = 0; k < keys.length; ++k) {
                if (k == one.role) continue;
                vm.prank(keys[k]);
                (bool done, bytes memory reason) = one.target.call(one.request);
                vm.assertFalse(done);
                vm.assertEq(reason, abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, keys[k]));
            }
            vm.prank(keys[one.role]);
            (bool succeeded,) = one.target.call(one.request);
            vm.assertTrue(succeeded);
        }
    }

    /// @dev A restricted function that is not in the list above would be tried by nobody.
    function test_the_list_is_complete() public view {
        uint256 count = 1; // register asks in its own way
        count += restrictedIn("src/DesignRegistry.sol") + restrictedIn("src/DesignLicenses.sol");
        count += restrictedIn("src/DesignShares.sol") + restrictedIn("src/ledger/Currencies.sol");
        count += restrictedIn("src/market/Purchases.sol");
        count += restrictedIn("src/market/Offers.sol") + restrictedIn("src/market/Renewals.sol");
        count += restrictedIn("src/ResaleMarket.sol") + 2 * restrictedIn("src/market/MarketBase.sol");
        vm.assertEq(count, _list.length);
    }

    /// @dev Everything that the keys can do is done (among it the operator's purchase for 5 dollars), in the worst way, and everyone is still paid.
    function test_all_keys_together_cannot_take_redirect_or_freeze_credited_money() public {
        uint128 child = deriveAndEarn();
        uint128[] memory children = new uint128[](1);
        children[0] = child;
        uint256 alices = shares.claimable(_id, address(dollar), alice);
        uint256 bobs = shares.claimable(_id, address(dollar), bob);
        uint256 nativeOfAlice = shares.claimable(_id, NATIVE, alice);
        uint256 fees = shares.feesHeld(address(dollar));
        vm.assertTrue(alices != 0 && bobs != 0 && nativeOfAlice != 0 && fees != 0);

        Thief thief = new Thief(shares);
        shares.setDepositor(address(thief), true);
        vm.expectRevert();
        thief.steal(_id, address(dollar));
        for (uint256 i = 0; i < _list.length; ++i) {
            address[5] memory keys = [address(this), operator, moderator, treasurer, guardian];
            vm.prank(keys[_list[i].role]);
            (bool succeeded,) = _list[i].target.call(_list[i].request);
            vm.assertTrue(succeeded);
        }
        vm.prank(moderator);
        registry.setStatus(child, IDesignRegistry.Status.Suspended, "reason");
        vm.prank(treasurer);
        shares.closeCurrency(NATIVE, true);
        vm.prank(guardian);
        market.pause();
        manager.setTargetClosed(address(shares), true);
        manager.updateAuthority(address(shares), address(new AccessManager(stranger)));

        // The only ways of money out of the ledger, tried by every key.
        address[5] memory all = [address(this), operator, moderator, treasurer, guardian];
        address[] memory nobody = new address[](5);
        uint256[] memory before = new uint256[](5);
        for (uint256 k = 0; k < 5; ++k) {
            before[k] = dollar.balanceOf(all[k]);
            vm.prank(all[k]);
            vm.expectRevert(IDesignShares.DesignShares__NothingToClaim.selector);
            shares.claim(_id, address(dollar));
            vm.prank(all[k]);
            vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, all[k], alice));
            shares.safeTransferFrom(alice, all[k], _id, 1, "");
            nobody[k] = all[k];
        }
        shares.claimFor(_id, address(dollar), nobody);
        shares.withdrawFees(address(dollar));
        vm.assertEq(dollar.balanceOf(treasury), fees + 250_000);
        vm.assertEq(shares.settle(_id, address(dollar), children), 9_500_000);
        vm.prank(alice);
        vm.assertEq(shares.claim(_id, address(dollar)), alices + 5_700_000 + 2_850_000);
        vm.assertEq(dollar.balanceOf(alice), alices + 5_700_000 + 2_850_000);
        vm.prank(alice);
        shares.claim(_id, NATIVE);
        vm.assertEq(alice.balance, nativeOfAlice);
        nobody = new address[](1);
        nobody[0] = bob;
        shares.claimFor(_id, address(dollar), nobody);
        vm.assertEq(dollar.balanceOf(bob), bobs + 3_800_000 + 1_900_000);
        for (uint256 k = 0; k < 5; ++k) {
            vm.assertEq(dollar.balanceOf(all[k]), before[k]);
        }
    }

    /// @dev A child that owes the entry a tenth has earned 100 dollars; the entry has sold in both currencies.
    function deriveAndEarn() private returns (uint128 child) {
        vm.prank(alice);
        registry.setStanding(_id, IDesignRegistry.Standing(true, false, 100_000));
        uint128[] memory parents = new uint128[](1);
        parents[0] = _id;
        child = register("carol", childOf(carol, "child", parents));
        source.deposit(child, address(dollar), 100e6);
        buyOne(COMMERCIAL);
        vm.deal(address(source), 1 ether);
        source.deposit(_id, NATIVE, 1 ether);
    }

    /// @dev How often a source says that a function is restricted.
    function restrictedIn(string memory path) private view returns (uint256 count) {
        bytes memory source_ = bytes(vm.readFile(path));
        bytes memory word = " restricted";
        for (uint256 i = 0; i + word.length < source_.length; ++i) {
            uint256 j = 0;
            while (j < word.length && source_[i + j] == word[j]) ++j;
            bytes1 after_ = source_[i + j];
            bool modifier_ = j == word.length && (after_ == "\n" || (after_ == " " && source_[i + j + 1] == "{"));
            if (modifier_) ++count;
        }
    }
}

/// @dev A depositor that the administrator has let in, and that pays with the ledger's own money.
contract Thief is IPaymentSource {
    IDesignShares private immutable _shares;

    constructor(IDesignShares shares) {
        _shares = shares;
    }

    function steal(uint128 entryId, address currency) external {
        _shares.deposit(entryId, currency, 1e6, 1, 0, "");
    }

    function pay(address currency, uint256 gross, bytes calldata) external {
        IERC20(currency).transferFrom(msg.sender, msg.sender, gross);
    }
}
