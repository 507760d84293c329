import pytest

from common.bounded_json import depth, loads


def test_brackets_in_strings_are_not_counted() -> None:
    assert depth(b'{"a":[1,{"b":"[[[\\"["}]}') == 3
    assert depth(b'["", "a", "]", [""], "", "[["]') == 2
    assert loads(b'{"a":[1,{"b":"[[[\\"["}]}') == {"a": [1, {"b": '[[["['}]}


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 1_000_000,
        b"[" * 100 + b"]" * 100,
        b'{"a":' * 100_000,
        b'["]",' * 100_000,
        b'["a", "", "]" , ' * 100_000,
        ("[" * 100 + '"嵝"' + "]" * 100).encode("utf-16"),
    ],
)
def test_deep_nesting_is_refused_before_it_is_parsed(text: bytes) -> None:
    with pytest.raises(ValueError):
        loads(text)


def test_a_string_without_an_end_costs_no_more_than_its_length() -> None:
    assert depth(b'"' + b'\\"' * 1_000_000) == 0
    assert depth(b'["a", "b\\') == 1


def test_depth_of_many_flat_brackets_is_small() -> None:
    assert depth(b"[" + b"[]," * 1000 + b"[]]") == 2
