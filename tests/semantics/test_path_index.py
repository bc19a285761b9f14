"""An index of instructions by paths finds all that a comparison with each would find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildxray.plan.paths import holds
from buildxray.semantics.file_flow import is_covered
from buildxray.semantics.path_index import PathIndex

_PATHS = st.from_regex(r"(?:/(?:a|b|ab|\*|a\?|\[a\])){0,3}/?", fullmatch=True).map(lambda it: it or "/")
_INSTRUCTIONS = st.lists(st.none() | st.lists(_PATHS, max_size=3), max_size=6)


@pytest.mark.slow
@given(_INSTRUCTIONS, _PATHS)
def test_no_instruction_that_concerns_a_path_is_missed(instructions: list[list[str] | None], path: str) -> None:
    index = PathIndex()
    for position, paths in enumerate(instructions):
        index.add(position, paths)
    concerning = [
        position
        for position, paths in enumerate(instructions)
        if paths is None or any(is_covered(path, it) or is_covered(it, path) or holds(it, path) for it in paths)
    ]
    assert {*concerning} <= {*index.concerning(path)}
    for before in range(len(instructions) + 1):
        last = index.last_before(before, [path])
        assert max((it for it in concerning if it < before), default=-1) <= (-1 if last is None else last) < before


def test_other_instructions_are_left_out() -> None:
    index = PathIndex()
    for position, paths in enumerate([["/out/a"], ["/out/b"], ["/out"], None, ["/out/a/x"], ["/outer"], []]):
        index.add(position, paths)
    assert [*index.concerning("/out/a")] == [0, 2, 3, 4]
    assert index.last_before(3, ["/out/b"]) == 2
    assert index.last_before(1, ["/out/b"]) is None
    assert index.last_before(2, ["/elsewhere", "/out/b"]) == 1


def test_a_directory_of_files_with_unknown_names_concerns_all() -> None:
    index = PathIndex()
    index.add(0, ["/a"])
    index.add(1, ["/b/"])
    assert [*index.concerning("/c")] == [1]
    assert [*index.concerning("/c/")] == [0, 1]
    assert [*index.concerning("/a*")] == [0, 1]


def test_paths_of_many_components_concern_all() -> None:
    index = PathIndex()
    index.add(0, ["/d" * 30])
    assert [*index.concerning("/a")] == [0]
