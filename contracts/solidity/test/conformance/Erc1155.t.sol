// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {DesignShares} from "../../src/DesignShares.sol";
import {IDesignRegistry} from "../../src/interfaces/IDesignRegistry.sol";
import {Test} from "../support/Test.sol";
import {Vm} from "../support/Vm.sol";

/// @dev The behavior that DesignShares shares with OpenZeppelin's ERC1155: the same tests run against both.
abstract contract Erc1155Behavior is Test {
    IERC1155 internal token;
    address internal immutable alice = account("alice");
    address internal immutable bob = account("bob");
    address internal immutable carol = account("carol");
    uint256 internal constant ONE = 11;
    uint256 internal constant TWO = 22;

    /// @dev 600,000 of ONE and 1,000,000 of TWO are Alice's, 400,000 of ONE are Bob's.
    function setUp() public virtual;

    function create(address to, uint256 id) internal virtual;

    // ------------------------------------------------------------------ reading

    function test_it_supports_the_interfaces() public view {
        vm.assertTrue(token.supportsInterface(type(IERC1155).interfaceId));
        vm.assertTrue(token.supportsInterface(type(IERC165).interfaceId));
        vm.assertFalse(token.supportsInterface(0xffffffff));
    }

    function test_balances() public view {
        vm.assertEq(token.balanceOf(alice, ONE), 600_000);
        vm.assertEq(token.balanceOf(alice, 33), 0);
        vm.assertEq(token.balanceOf(address(0), ONE), 0);
    }

    function test_balances_in_a_batch() public {
        address[] memory accounts = new address[](3);
        uint256[] memory ids = new uint256[](3);
        (accounts[0], accounts[1], accounts[2]) = (bob, alice, alice);
        (ids[0], ids[1], ids[2]) = (ONE, TWO, TWO);
        uint256[] memory expected = new uint256[](3);
        (expected[0], expected[1], expected[2]) = (400_000, 1_000_000, 1_000_000);
        vm.assertEq(token.balanceOfBatch(accounts, ids), expected);
        vm.assertEq(token.balanceOfBatch(new address[](0), new uint256[](0)).length, 0);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 2, 3));
        token.balanceOfBatch(accounts, new uint256[](2));
    }

    // ------------------------------------------------------------------ approvals

    function test_an_operator_is_approved_and_dismissed() public {
        vm.expectEmit(address(token));
        emit IERC1155.ApprovalForAll(alice, carol, true);
        vm.prank(alice);
        token.setApprovalForAll(carol, true);
        vm.assertTrue(token.isApprovedForAll(alice, carol));
        vm.assertFalse(token.isApprovedForAll(carol, alice));
        vm.prank(carol);
        token.safeTransferFrom(alice, bob, ONE, 1, "");
        vm.expectEmit(address(token));
        emit IERC1155.ApprovalForAll(alice, carol, false);
        vm.prank(alice);
        token.setApprovalForAll(carol, false);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, carol, alice));
        vm.prank(carol);
        token.safeTransferFrom(alice, bob, ONE, 1, "");
        vm.assertEq(token.balanceOf(alice, ONE), 599_999);
    }

    function test_the_zero_address_is_no_operator() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidOperator.selector, address(0)));
        vm.prank(alice);
        token.setApprovalForAll(address(0), true);
    }

    // ------------------------------------------------------------------ single transfers

    function test_a_transfer_moves_and_logs() public {
        vm.expectEmit(address(token));
        emit IERC1155.TransferSingle(alice, alice, bob, ONE, 250_000);
        vm.prank(alice);
        token.safeTransferFrom(alice, bob, ONE, 250_000, "");
        vm.assertEq(token.balanceOf(alice, ONE), 350_000);
        vm.assertEq(token.balanceOf(bob, ONE), 650_000);
    }

    function test_transfers_of_nothing_and_to_oneself_log_and_change_nothing() public {
        vm.expectEmit(address(token));
        emit IERC1155.TransferSingle(carol, carol, bob, ONE, 0);
        vm.prank(carol);
        token.safeTransferFrom(carol, bob, ONE, 0, "");
        vm.expectEmit(address(token));
        emit IERC1155.TransferSingle(alice, alice, alice, ONE, 600_000);
        vm.prank(alice);
        token.safeTransferFrom(alice, alice, ONE, 600_000, "");
        vm.assertEq(token.balanceOf(alice, ONE), 600_000);
        vm.assertEq(token.balanceOf(bob, ONE), 400_000);
    }

    function test_more_than_one_has_is_refused_also_to_oneself() public {
        bytes memory reason =
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, alice, 600_000, 600_001, ONE);
        vm.startPrank(alice);
        vm.expectRevert(reason);
        token.safeTransferFrom(alice, bob, ONE, 600_001, "");
        vm.expectRevert(reason);
        token.safeTransferFrom(alice, alice, ONE, 600_001, "");
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, alice, 600_000, type(uint256).max, ONE
            )
        );
        token.safeTransferFrom(alice, bob, ONE, type(uint256).max, "");
        vm.stopPrank();
    }

    function test_to_zero_and_without_approval_it_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        vm.prank(alice);
        token.safeTransferFrom(alice, address(0), ONE, 1, "");
        // Approval is looked at first.
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, carol, alice));
        vm.prank(carol);
        token.safeTransferFrom(alice, address(0), ONE, 0, "");
    }

    // ------------------------------------------------------------------ batches

    function test_a_batch_moves_and_logs() public {
        (uint256[] memory ids, uint256[] memory values) = pair(ONE, 100_000, TWO, 1_000_000);
        vm.expectEmit(address(token));
        emit IERC1155.TransferBatch(alice, alice, bob, ids, values);
        vm.prank(alice);
        token.safeBatchTransferFrom(alice, bob, ids, values, "");
        vm.assertEq(token.balanceOf(bob, ONE), 500_000);
        vm.assertEq(token.balanceOf(bob, TWO), 1_000_000);
        vm.assertEq(token.balanceOf(alice, TWO), 0);
    }

    function test_a_batch_with_a_repeated_id_counts_both() public {
        (uint256[] memory ids, uint256[] memory values) = pair(ONE, 300_000, ONE, 300_000);
        vm.prank(alice);
        token.safeBatchTransferFrom(alice, bob, ids, values, "");
        vm.assertEq(token.balanceOf(bob, ONE), 1_000_000);
        vm.assertEq(token.balanceOf(alice, ONE), 0);
        (ids, values) = pair(ONE, 600_000, ONE, 400_001);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, bob, 400_000, 400_001, ONE)
        );
        vm.prank(bob);
        token.safeBatchTransferFrom(bob, alice, ids, values, "");
        vm.assertEq(token.balanceOf(bob, ONE), 1_000_000);
    }

    function test_an_empty_batch_logs_and_a_batch_of_one_logs_as_single() public {
        vm.recordLogs();
        vm.startPrank(alice);
        token.safeBatchTransferFrom(alice, bob, new uint256[](0), new uint256[](0), "");
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        (ids[0], values[0]) = (ONE, 5);
        token.safeBatchTransferFrom(alice, bob, ids, values, "");
        vm.stopPrank();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 2);
        vm.assertEq(logs[0].topics[0], IERC1155.TransferBatch.selector);
        vm.assertEq(logs[0].data, abi.encode(new uint256[](0), new uint256[](0)));
        vm.assertEq(logs[1].topics[0], IERC1155.TransferSingle.selector);
        vm.assertEq(logs[1].data, abi.encode(ONE, 5));
    }

    function test_batches_are_refused_as_single_transfers_are() public {
        (uint256[] memory ids, uint256[] memory values) = pair(ONE, 1, TWO, 1);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        token.safeBatchTransferFrom(alice, address(0), ids, values, "");
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 2, 1));
        token.safeBatchTransferFrom(alice, bob, ids, new uint256[](1), "");
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, bob, alice));
        vm.prank(bob);
        token.safeBatchTransferFrom(alice, bob, ids, values, "");
    }

    // ------------------------------------------------------------------ receivers

    function test_a_receiver_is_told_everything_after_the_balances_moved() public {
        Receiver receiver = new Receiver(Receiver.Mode.Accept);
        vm.prank(alice);
        token.safeTransferFrom(alice, address(receiver), ONE, 70, "note");
        vm.assertEq(
            receiver.lastCall(), abi.encodeCall(IERC1155Receiver.onERC1155Received, (alice, alice, ONE, 70, "note"))
        );
        vm.assertEq(receiver.balanceSeen(), 70);
        (uint256[] memory ids, uint256[] memory values) = pair(ONE, 30, TWO, 40);
        vm.prank(alice);
        token.safeBatchTransferFrom(alice, address(receiver), ids, values, "notes");
        vm.assertEq(
            receiver.lastCall(),
            abi.encodeCall(IERC1155Receiver.onERC1155BatchReceived, (alice, alice, ids, values, "notes"))
        );
        vm.assertEq(receiver.balanceSeen(), 100);
    }

    function test_a_batch_of_one_or_none_calls_the_batch_hook() public {
        Receiver receiver = new Receiver(Receiver.Mode.Accept);
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        (ids[0], values[0]) = (ONE, 5);
        vm.startPrank(alice);
        token.safeBatchTransferFrom(alice, address(receiver), ids, values, "");
        vm.assertEq(bytes32(bytes4(receiver.lastCall())), bytes32(IERC1155Receiver.onERC1155BatchReceived.selector));
        Receiver other = new Receiver(Receiver.Mode.Accept);
        token.safeBatchTransferFrom(alice, address(other), new uint256[](0), new uint256[](0), "");
        vm.stopPrank();
        vm.assertEq(bytes32(bytes4(other.lastCall())), bytes32(IERC1155Receiver.onERC1155BatchReceived.selector));
    }

    function test_hooks_are_called_also_for_nothing_to_oneself_and_at_creation() public {
        Receiver receiver = new Receiver(Receiver.Mode.Accept);
        create(address(receiver), 77);
        vm.assertEq(
            receiver.lastCall(),
            abi.encodeCall(IERC1155Receiver.onERC1155Received, (creator(), address(0), 77, 1_000_000, ""))
        );
        vm.prank(address(receiver));
        token.safeTransferFrom(address(receiver), address(receiver), 77, 0, "self");
        vm.assertEq(
            receiver.lastCall(),
            abi.encodeCall(IERC1155Receiver.onERC1155Received, (address(receiver), address(receiver), 77, 0, "self"))
        );
    }

    function test_receivers_that_refuse_lie_revert_or_know_nothing_get_nothing() public {
        refusedBy(Receiver.Mode.Wrong, true, "");
        refusedBy(Receiver.Mode.Silent, true, "");
        refusedBy(Receiver.Mode.Reason, false, abi.encodeWithSignature("Error(string)", "not today"));
        refusedBy(Receiver.Mode.Custom, false, abi.encodeWithSelector(Receiver.NotToday.selector, 42));
        refusedBy(Receiver.Mode.Panic, false, abi.encodeWithSignature("Panic(uint256)", 1));
        // A contract without any hook.
        address plain = address(new NoReceiver());
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, plain));
        vm.prank(alice);
        token.safeTransferFrom(alice, plain, ONE, 1, "");
        vm.assertEq(token.balanceOf(plain, ONE), 0);
    }

    /// @dev Any transfer does to balances what plain arithmetic says, or is refused.
    function testFuzz_transfers(uint256 value, uint8 fromSeed, uint8 toSeed) public {
        address[3] memory people = [alice, bob, carol];
        address from = people[fromSeed % 3];
        address to = people[toSeed % 3];
        value = bound(value, 0, 700_000);
        uint256 had = token.balanceOf(from, ONE);
        uint256 receiverHad = token.balanceOf(to, ONE);
        vm.prank(from);
        (bool succeeded,) = address(token).call(abi.encodeCall(IERC1155.safeTransferFrom, (from, to, ONE, value, "")));
        vm.assertEq(succeeded, value <= had);
        bool moved = succeeded && from != to;
        vm.assertEq(token.balanceOf(from, ONE), moved ? had - value : had);
        vm.assertEq(token.balanceOf(to, ONE), moved ? receiverHad + value : receiverHad);
    }

    function creator() internal view virtual returns (address);

    function refusedBy(Receiver.Mode mode, bool asInvalidReceiver, bytes memory reason) private {
        Receiver receiver = new Receiver(mode);
        if (asInvalidReceiver) {
            reason = abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, receiver);
        }
        (uint256[] memory ids, uint256[] memory values) = pair(ONE, 1, TWO, 1);
        vm.startPrank(alice);
        vm.expectRevert(reason);
        token.safeTransferFrom(alice, address(receiver), ONE, 1, "");
        vm.expectRevert(reason);
        token.safeBatchTransferFrom(alice, address(receiver), ids, values, "");
        vm.stopPrank();
        vm.assertEq(token.balanceOf(alice, ONE), 600_000);
        vm.assertEq(token.balanceOf(address(receiver), ONE), 0);
    }

    function pair(uint256 firstId, uint256 first, uint256 secondId, uint256 second)
        private
        pure
        returns (uint256[] memory ids, uint256[] memory values)
    {
        ids = new uint256[](2);
        values = new uint256[](2);
        (ids[0], values[0], ids[1], values[1]) = (firstId, first, secondId, second);
    }
}

contract DesignSharesErc1155Test is Erc1155Behavior {
    function setUp() public override {
        // This test stands in for the registry.
        DesignShares shares = new DesignShares(address(1), address(this), address(2), 0, address(0));
        token = shares;
        IDesignRegistry.ShareAllocation[] memory list = new IDesignRegistry.ShareAllocation[](2);
        list[0] = IDesignRegistry.ShareAllocation(alice, 600_000);
        list[1] = IDesignRegistry.ShareAllocation(bob, 400_000);
        shares.allocate(uint128(ONE), list);
        create(alice, TWO);
    }

    function create(address to, uint256 id) internal override {
        IDesignRegistry.ShareAllocation[] memory list = new IDesignRegistry.ShareAllocation[](1);
        list[0] = IDesignRegistry.ShareAllocation(to, 1_000_000);
        DesignShares(address(token)).allocate(uint128(id), list);
    }

    function creator() internal view override returns (address) {
        return address(this);
    }
}

contract OpenZeppelinErc1155Test is Erc1155Behavior {
    function setUp() public override {
        OpenZeppelinToken theirs = new OpenZeppelinToken();
        token = theirs;
        theirs.mint(alice, ONE, 600_000);
        theirs.mint(bob, ONE, 400_000);
        theirs.mint(alice, TWO, 1_000_000);
    }

    function create(address to, uint256 id) internal override {
        OpenZeppelinToken(address(token)).mint(to, id, 1_000_000);
    }

    function creator() internal view override returns (address) {
        return address(this);
    }
}

contract OpenZeppelinToken is ERC1155("") {
    function mint(address to, uint256 id, uint256 value) external {
        _mint(to, id, value, "");
    }
}

contract NoReceiver {}

contract Receiver is IERC1155Receiver {
    enum Mode {
        Accept,
        Wrong,
        Silent,
        Reason,
        Custom,
        Panic
    }

    error NotToday(uint256 day);

    Mode private immutable _mode;
    bytes public lastCall;
    uint256 public balanceSeen;

    constructor(Mode mode) {
        _mode = mode;
    }

    function onERC1155Received(address, address, uint256 id, uint256, bytes calldata) external returns (bytes4) {
        balanceSeen = IERC1155(msg.sender).balanceOf(address(this), id);
        return answer(IERC1155Receiver.onERC1155Received.selector);
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata ids, uint256[] calldata, bytes calldata)
        external
        returns (bytes4)
    {
        if (ids.length != 0) balanceSeen = IERC1155(msg.sender).balanceOf(address(this), ids[0]);
        return answer(IERC1155Receiver.onERC1155BatchReceived.selector);
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }

    function answer(bytes4 selector) private returns (bytes4) {
        lastCall = msg.data;
        if (_mode == Mode.Wrong) return 0x12345678;
        if (_mode == Mode.Silent) {
            assembly {
                revert(0, 0)
            }
        }
        if (_mode == Mode.Reason) revert("not today");
        if (_mode == Mode.Custom) revert NotToday(42);
        if (_mode == Mode.Panic) assert(false);
        return selector;
    }
}
