"""The operands of programs that copy, move or link files."""

from __future__ import annotations

from buildxray.syntax.instructions import Run
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import copied_words, read_script
from tests.support.cases import every_case


@every_case(
    "script, expected",
    [
        ("cp a b", ("a", "b", False)),
        ("mv -f a b /c/", ("a b", "/c/", False)),
        ("cp -t /c a b", ("a b", "/c", True)),
        ("ln --target-directory=/c a", ("a", "/c", True)),
        ("install -m 755 -o app a /c", ("a", "/c", False)),
        ("install -Dm755 a /c/b", ("a", "/c/b", False)),
        ("rsync -t --exclude x a/ b/", ("a/", "b/", False)),
        # What copies nothing.
        ("cp a", None),
        ("cp -t /c", None),
        ("install -d a b", None),
        ("install -vdm755 a b", None),
        ("scp a b", None),
        ("git mv a b", None),
    ],
)
def test_operands(script: str, expected: tuple[str, str, bool] | None) -> None:
    node = parse(f"FROM a\nRUN {script}\n").instructions[1].node
    assert isinstance(node, Run)
    copied = copied_words(read_script(node).commands[0])
    given = copied and (" ".join(it.text for it in copied.sources), copied.destination.text, copied.is_directory)
    assert given == expected
