"""What script/contracts mutants makes of sources, tests and its page; whether it works is seen when it runs."""

from script.setup import mutants
from script.setup.mutations import mutants_of
from script.setup.paths import SOLIDITY

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

contract Till {
    uint256 private constant LIMIT = 10; // not 11

    function take(uint256 amount) external nonReentrant returns (bool) {
        if (amount > LIMIT || paused) revert Till__TooMuch("5 + 5");
        uint256 left = total - amount;
        emit Taken(amount);
        assembly ("memory-safe") {
            sstore(0x1f, add(left, 1))
        }
    }
}
"""


def test_every_small_change_to_code_is_a_mutant_and_none_to_comments_strings_or_names() -> None:
    take, check = "function take(uint256 amount) external", 'revert Till__TooMuch("5 + 5");'
    assert [(mutant.line, mutant.place, mutant.what, mutant.after) for mutant in mutants_of("Till.sol", SOURCE)] == [
        (5, "LIMIT", "10 becomes 11", "uint256 private constant LIMIT = 11; // not 11"),
        (7, "take", "without nonReentrant", f"{take} returns (bool) {{"),
        (8, "take", "> becomes >=", f"if (amount >= LIMIT || paused) {check}"),
        (8, "take", "> becomes <=", f"if (amount <= LIMIT || paused) {check}"),
        (8, "take", "|| becomes &&", f"if (amount > LIMIT && paused) {check}"),
        (8, "take", "the condition is never met", f"if (false) {check}"),
        (9, "take", "- becomes +", "uint256 left = total + amount;"),
        (9, "take", "left out", "nothing"),
        (10, "take", "left out", "nothing"),
        (12, "take", "0x1f becomes 0x20", "sstore(0x20, add(left, 1))"),
        (12, "take", "1 becomes 2", "sstore(0x1f, add(left, 2))"),
        (12, "take", "left out", "nothing"),
        (12, "take", "add becomes sub", "sstore(0x1f, sub(left, 1))"),
    ]


def test_a_mutant_differs_from_its_source_in_one_line() -> None:
    for mutant in mutants_of("Till.sol", SOURCE):
        pairs = zip(SOURCE.splitlines(), mutant.text.splitlines(), strict=True)
        assert [number for number, (old, new) in enumerate(pairs, 1) if old != new] == [mutant.line]


def test_a_test_looks_up_the_contracts_that_it_creates() -> None:
    test = "Till till = new Till(address(this), f(1)); // new Till(1)\nOther other = new Other(2);\n"
    assert mutants._looked_up(test, ["Till"]) == (
        'Till till = Till(payable(_created("Till.sol:Till", abi.encode(address(this), f(1))))); // new Till(1)\n'
        "Other other = new Other(2);\n" + mutants._CREATED
    )
    assert mutants._looked_up(test, ["Drawer"]) == test


def test_every_explanation_is_of_a_mutant_that_there_is() -> None:
    explained = mutants._explained(mutants.EXPLAINED.read_text())
    sources = {source for source, *_ in explained}
    there = {mutant.key for source in sources for mutant in mutants_of(source, (SOLIDITY / source).read_text())}
    assert explained
    assert explained <= there
