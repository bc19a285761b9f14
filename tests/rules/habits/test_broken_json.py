from __future__ import annotations

from buildxray.rules.habits.broken_json import broken_json
from buildxray.rules.habits.overwritten_copy import overwritten_copy
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, context, findings, reported


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
        ("CMD [nginx]", '["nginx"]'),
        ("CMD [ /bin/start ]", '["/bin/start"]'),
        ("ENTRYPOINT [ python app.py -v ]", '["python", "app.py", "-v"]'),
        ("CMD [python app.py -v]", '["python", "app.py", "-v"]'),
        ('CMD ["a", "b"];', '["a", "b"]'),
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
        "CMD [ -f /a ] && b",
        "CMD [a-z]* && b",
        "RUN [a] || b",
        "RUN [ -f a ]",
        'CMD ["a", \\\n  "b"]',
        'HEALTHCHECK CMD ["a", "b"]',
        "HEALTHCHECK CMD [ -f /a ] && b",
        "HEALTHCHECK CMD [ /bin/check ]",
        "CMD [ -f /a ]",
        "CMD [ $A ]",
        "CMD [ /a ] && b",
        "CMD [ a = b ]",
        "RUN [ /bin/a ]",
        "HEALTHCHECK NONE",
        "COPY [abc].txt /a/",
        "COPY [ab]c [de]f /a/",
        # A later one counts.
        "CMD ['a']\nCMD [\"a\"]",
    ],
)
def test_near_misses_are_not_reported(line: str) -> None:
    check_nothing(broken_json, f"FROM alpine\n{line}\n")


@every_case(
    "line, reported_text",
    [
        ('CMD ["a", \\\n  "b" \\\n  "c"]', '["a",'),
        ("CMD [ \\\n  'a', \\\n  'b' ]", "["),
        ("HEALTHCHECK CMD ['a', 'b']", "['a', 'b']"),
        ("HEALTHCHECK --interval=5s CMD [curl, localhost]", "[curl, localhost]"),
    ],
)
def test_arrays_on_several_lines_and_of_health_checks(line: str, reported_text: str) -> None:
    assert reported(broken_json, f"FROM alpine\n{line}\n") == [reported_text]


@every_case("comment", ["# why", "#why", "  # a ] # b"])
def test_a_comment_after_an_array(comment: str) -> None:
    check_fix(
        broken_json,
        f'FROM alpine\n  CMD ["a", "b"]{comment}\n',
        f'FROM alpine\n  {comment.strip()}\n  CMD ["a", "b"]\n',
        title="Make the comment a line of its own",
    )


@every_case(
    "check, expected",
    [
        ('["/app", "ping"] || exit 1', '["/app", "ping"]'),
        ('["/app","ping"]||false', '["/app","ping"]'),
        ("['/app'] || exit 1", '["/app"]'),
        ('["/app"] || exit 2', None),
        ('["/app"] || ["/other"]', None),
    ],
)
def test_a_health_check_fails_as_its_program_does(check: str, expected: str | None) -> None:
    (finding,) = findings(broken_json, context(f"FROM alpine\nHEALTHCHECK CMD {check}\n"))
    assert [it.edits[0].new_text for it in finding.fixes] == ([] if expected is None else [expected])
