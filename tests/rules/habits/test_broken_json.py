from __future__ import annotations

from buildxray.rules.habits.broken_json import broken_json
from buildxray.rules.habits.overwritten_copy import overwritten_copy
from tests.support.cases import every_case
from tests.support.rules import check_nothing, context, findings


@every_case(
    "line, array",
    [
        ("CMD ['a', 'b']", '["a", "b"]'),
        ('CMD ["a", "b"', '["a", "b"]'),
        ('CMD ["a",]', '["a"]'),
        ('CMD ["a" "b"]', '["a", "b"]'),
        ('CMD ["a", b]', '["a", "b"]'),
        ("CMD [a, b]", '["a", "b"]'),
        ("ENTRYPOINT [ /bin/a , -b ]", '[ "/bin/a" , "-b" ]'),
        ('COPY ["a", "b"', '["a", "b"]'),
        ("ADD ['a', '/b/']", '["a", "/b/"]'),
        ("VOLUME ['/a']", '["/a"]'),
        ('RUN ["a", "b\']', None),
    ],
)
def test_invalid_arrays_are_reported(line: str, array: str | None) -> None:
    ctx = context(f"FROM alpine\n{line}\n")
    (finding,) = findings(broken_json, ctx)
    assert ctx.text[slice(*finding.range)] == line.partition(" ")[2]
    assert [edit.new_text for fix in finding.fixes for edit in fix.edits] == ([array] if array else [])
    assert findings(overwritten_copy, ctx) == []


@every_case(
    "line",
    [
        'RUN [ "$A" = b ]',
        "RUN [ -f /a ] && b",
        "RUN [ a = b ]",
        'CMD ["a", "b"]',
        "CMD echo [a, b]",
        "COPY [abc].txt /a/",
        "COPY [ab]c [de]f /a/",
    ],
)
def test_near_misses_are_not_reported(line: str) -> None:
    check_nothing(broken_json, f"FROM alpine\n{line}\n")
