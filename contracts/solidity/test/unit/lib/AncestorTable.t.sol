// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AncestorTable, AncestorTableWord} from "../../../src/lib/AncestorTable.sol";
import {Line, LineWord} from "../../../src/lib/Line.sol";
import {Test} from "../../support/Test.sol";

contract AncestorTableTest is Test {
    function testFuzz_a_line_keeps_its_parts(uint128 id, uint32 ppm, uint32 bound_, bool minimums, bool direct)
        public
        pure
    {
        (ppm, bound_) = (ppm % (1 << 20), bound_ % (1 << 20));
        Line line = LineWord.pack(id, ppm, bound_, minimums, direct);
        vm.assertEq(uint256(line.id()), id);
        vm.assertEq(line.ppm(), ppm);
        vm.assertEq(line.bindingPpm(), bound_);
        vm.assertEq(line.minimums(), minimums);
        vm.assertEq(line.direct(), direct);
        vm.assertEq(Line.unwrap(line) >> 176, 0);
    }

    function testFuzz_lines_are_added_up(uint128 id, uint32[4] memory rates, bool[4] memory flags) public pure {
        for (uint256 i = 0; i < 4; ++i) {
            rates[i] %= 500_001;
        }
        Line sum = LineWord.pack(id, rates[0], rates[1], flags[0], flags[1])
            .plus(LineWord.pack(id, rates[2], rates[3], flags[2], flags[3]));
        vm.assertEq(
            Line.unwrap(sum),
            Line.unwrap(
                LineWord.pack(id, rates[0] + rates[2], rates[1] + rates[3], flags[0] || flags[2], flags[1] || flags[3])
            )
        );
    }

    function testFuzz_what_was_stored_is_found(uint256 seed, uint256 count) public {
        count = bound(count, 1, 64);
        Line[] memory lines = new Line[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 one = uint256(keccak256(abi.encode(seed, i)));
            lines[i] = LineWord.pack(
                uint128(one), (one >> 130) % (1 << 20), (one >> 160) % (1 << 20), one >> 255 == 1, one & 2 == 0
            );
        }
        AncestorTable table = AncestorTableWord.store(lines, seed % 500_001);
        vm.assertEq(table.count(), count);
        vm.assertEq(table.stack(), seed % 500_001);
        Line[] memory loaded = table.load();
        vm.assertEq(loaded.length, count);
        for (uint256 i = 0; i < count; ++i) {
            vm.assertEq(Line.unwrap(loaded[i]), Line.unwrap(lines[i]));
            vm.assertEq(table.ppmOf(lines[i].id()), lines[i].ppm());
        }
        vm.assertEq(table.ppmOf(uint128(uint256(keccak256(abi.encode(seed, "unknown"))))), 0);
    }

    function test_an_originals_table_is_zero_and_has_nothing() public view {
        AncestorTable none = AncestorTable.wrap(0);
        vm.assertEq(none.count(), 0);
        vm.assertEq(none.stack(), 0);
        vm.assertEq(none.load().length, 0);
        vm.assertEq(none.ppmOf(0), 0);
        vm.assertEq(none.ppmOf(1), 0);
    }
}
