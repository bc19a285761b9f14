"""The ranges of tokens; test_conformance.py covers their content."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildxray.syntax.instructions import Arg, Copy, Env, From, Onbuild, Run, Unknown
from buildxray.syntax.parser import parse
from buildxray.syntax.text import TextRange
from tests.support.cases import every_case
from tests.support.conformance import CASES, case_text
from tests.support.markup import annotate, fixture


def check_tokens(markup: str) -> None:
    """Check that each token of each instruction has the range and the text of its line of carets."""
    __tracebackhide__ = True
    given = fixture(markup)
    found: list[tuple[TextRange, str]] = []
    for it in parse(given.text).instructions:
        node = it.node
        found.append((it.range_of(node.keyword), "keyword"))
        for flag in node.flags:
            found.append((it.range_of(flag.name), "flag"))
            if flag.value is not None:
                found.append((it.range_of(flag.value), "value"))
        if isinstance(node, Arg | Env):
            for pair in node.pairs:
                found.append((it.range_of(pair.name), "name"))
                if pair.value is not None:
                    found.append((it.range_of(pair.value), "value"))
        else:
            found += [(it.range_of(argument), "argument") for argument in node.arguments]
    # Longer tokens end the line, so carets need not overlap.
    assert annotate(given.text, found) == annotate(given.text, given.annotations)


def test_flags_and_arguments() -> None:
    check_tokens(
        """
        FROM --platform=$BUILDPLATFORM golang:1 AS build
        ^^^^ keyword
               ^^^^^^^^ flag
                        ^^^^^^^^^^^^^^ value
                                       ^^^^^^^^ argument
                                                ^^ argument
                                                   ^^^^^ argument
        """
    )


def test_pairs() -> None:
    check_tokens(
        """
        ARG A B="x y"
        ^^^ keyword
            ^ name
              ^ name
                ^^^^^ value
        env OLD style here
        ^^^ keyword
            ^^^ name
                ^^^^^^^^^^ value
        """
    )


def test_tokens_after_continuations_comments_and_blank_lines() -> None:
    check_tokens(
        """
        COPY \\
        ^^^^ keyword
          # 🐳 not an argument
          --from=a \\
            ^^^^ flag
                 ^ value

          é \\
          ^ argument
            /dst
            ^^^^ argument
        """
    )


def test_tokens_in_a_file_with_crlf_and_bom() -> None:
    text = "\ufeffFROM a\r\nCOPY \\\r\n  b \\\r\n c\r\n"
    dockerfile = parse(text)
    copy = dockerfile.instructions[1]
    assert [text[slice(*copy.range_of(it))] for it in copy.node.arguments] == ["b", "c"]
    assert text[slice(*dockerfile.instructions[0].range)] == "FROM a"
    assert text[slice(*copy.range)] == "COPY \\\r\n  b \\\r\n c"


def test_a_token_that_spans_a_continuation_has_one_range() -> None:
    text = "FROM x\nRUN go bu\\\nild\n"
    run = parse(text).instructions[1]
    (command,) = run.node.arguments
    assert command.text == "go build"
    assert text[slice(*run.range_of(command))] == "go bu\\\nild"


def test_json_strings_have_ranges_with_their_quotes() -> None:
    text = 'FROM x\nRUN ["go", "\\u0062uild"]\n'
    run = parse(text).instructions[1]
    assert [(it.text, text[slice(*run.range_of(it))]) for it in run.node.arguments] == [
        ("go", '"go"'),
        ("build", '"\\u0062uild"'),
    ]


def test_heredoc_bodies() -> None:
    text = "FROM x\nRUN <<A cat <<-B\none\nA\n\ttwo\n\tB\nUSER y\n"
    run, user = parse(text).instructions[1:]
    assert [(it.name, text[slice(*run.body_range(it))]) for it in run.node.heredocs] == [
        ("A", "one\n"),
        ("B", "\ttwo\n"),
    ]
    assert (run.first_line, run.last_line, user.first_line) == (2, 6, 7)


def test_a_backslash_at_the_end_of_a_heredoc_body_does_not_continue_the_instruction() -> None:
    text = "FROM x\nRUN <<#E\nfoo \\\n#E\n\nUSER y\n"
    assert [it.node.name for it in parse(text).instructions] == ["FROM", "RUN", "USER"]


def test_a_comment_after_a_heredoc_is_not_a_directive() -> None:
    text = "FROM x\nRUN <<#E\nfoo \\\n#E\n# escape=`\nRUN a \\\n b\n"
    assert [it.node.text for it in parse(text).instructions] == ["FROM x", "RUN <<#E", "RUN a  b"]


def test_comments_and_directives() -> None:
    text = "# syntax=x\n# escape=`\n# one\nFROM a\nRUN b `\n  # two\n  c\nRUN <<E\n# no\nE\n # three"
    dockerfile = parse(text)
    assert [(it.name, it.value) for it in dockerfile.directives] == [("syntax", "x"), ("escape", "`")]
    assert [it.text for it in dockerfile.comments] == ["# one", "# two", "# three"]
    assert [text[slice(*it.range)] for it in dockerfile.comments] == ["# one", "# two", "# three"]


@every_case(
    "directive, frontend",
    [
        ("# syntax=docker/dockerfile:1", "docker/dockerfile:1"),
        ("# syntax=docker/dockerfile:1 a b", "docker/dockerfile:1"),
        ("# syntax= ", ""),
        ("# syntax=\u00a0", ""),
        ("# a comment", ""),
    ],
)
def test_the_frontend_is_the_first_word_of_the_directive(directive: str, frontend: str) -> None:
    assert parse(f"{directive}\nFROM a\n").frontend == frontend


def test_typed_views() -> None:
    from_, copy, onbuild, what = parse("FROM a AS B\nCOPY --from=B x y /z\nONBUILD RUN c\nWHAT d\n").instructions
    assert isinstance(from_.node, From)
    assert from_.node.alias is not None
    assert from_.node.alias.text == "B"
    assert isinstance(copy.node, Copy)
    assert [it.text for it in copy.node.sources] == ["x", "y"]
    assert isinstance(onbuild.node, Onbuild)
    assert isinstance(onbuild.node.trigger, Run)
    assert isinstance(what.node, Unknown)


def test_an_unchanged_instruction_keeps_its_node_when_an_edit_moves_it() -> None:
    before, after = parse("FROM a\nRUN b\n"), parse("# more\n\nFROM a\nRUN b\n")
    assert before.instructions[1].node is after.instructions[1].node


@every_case(
    "old, new",
    [
        ("FROM a\nRUN b\nRUN c\n", "FROM a\nRUN changed\nRUN c\n"),
        ("FROM a\nRUN b\nRUN c\n", "FROM a\nRUN b \\\nRUN c\n"),
        ("FROM a\nRUN b\nE\nRUN c\n", "FROM a\nRUN b <<E\nE\nRUN c\n"),
        ("FROM a\nRUN <<E\nRUN b\nE\n", "FROM a\nRUN\nRUN b\nE\n"),
        ("FROM a\nRUN b \\\n", "FROM a\nRUN b \\\nRUN c\n"),
        ("\ufeffFROM a\nRUN b\n", "ARG c\n\ufeffFROM a\nRUN b\n"),
        ("ARG c\n\ufeffFROM a\nRUN b\n", "\ufeffFROM a\nRUN b\n"),
        ("FROM a\nRUN b `\n c\n", "# escape=`\nFROM a\nRUN b `\n c\n"),
        ("", "FROM a\n"),
        ("FROM a\n", ""),
        ("FROM a\n", "FROM a\n"),
        ("FROM a\nRUN b\nRUN b\nRUN b\n", "FROM a\nRUN b\nRUN b\n"),
    ],
)
def test_reading_with_reused_nodes_equals_reading_from_scratch(old: str, new: str) -> None:
    assert parse(new, earlier=parse(old)) == parse(new)


@every_case(
    "text, message, where",
    [
        ("", "no instructions", ""),
        ("RUN x\nFROM y", "RUN comes before the first FROM", "RUN"),
        ("FROM a\nRUNN b", "did you mean `RUN`", "RUNN"),
        ("FROM a\nCOPY --frm=x a b", "did you mean `--from`", "--frm"),
        ("FROM a b", "comes after `AS`: write `AS b`", "b"),
        ("FROM a AS", "missing after `AS`", "AS"),
        ("FROM a ASS b", "not `ASS`", "ASS"),
        ("FROM a AS b c", "one word", "b c"),
        ("FROM a:1 b:2 c d", "FROM takes an image", "b:2 c d"),
        ("FROM -platform=linux/arm64 a", "two dashes", "-platform=linux/arm64"),
        ("FROM --platform linux/arm64 a", "`--platform=linux/arm64`?", "--platform"),
        ("FROM a\nCOPY <<A <<B /x/\na\nA\nb\n", "`B`", "<<B"),
        ("FROM a AS 1!", "`1!` cannot name a stage", "1!"),
        ("FROM a\nENV b", "has no value", "b"),
        ("FROM a\nENV b=c d", "has no `=`", "d"),
        ("FROM a\nRUN <<E\nx", "`E` that ends the heredoc", "<<E"),
        ("FROM a\nRUN --mount=from=$X,target=/y z", "does not expand variables", "$X"),
        ('FROM a\nCMD ["b", 1]', "only strings", '["b", 1]'),
        ("FROM a\nHEALTHCHECK --interval=5 CMD x", "duration such as `30s`", "5"),
        ("# escape=x\nFROM a", "escape token", "x"),
        ("#  Escape = xy \nFROM a", "escape token", "xy"),
        ("# check=skip=a\n# check=skip=b\nFROM a", "given twice", "# check=skip=b"),
        ("FROM a\nONBUILD FROM b", "FROM is not allowed", "FROM"),
        ("FROM a\nRUN " + "x" * 70_000, "at most 65535 bytes", ""),
    ],
)
def test_problems_have_the_range_of_the_wrong_token(text: str, message: str, where: str) -> None:
    problem = parse(text).problems[0]
    assert message in problem.message
    assert text[slice(*problem.range)] == where


@given(st.sampled_from(CASES), st.data())
def test_any_text_is_parsed_with_ranges_inside_the_text(case: str, data: st.DataObject) -> None:
    text = case_text(case)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    noise = data.draw(st.text(alphabet="\\`\n\r#<E \t\"'$-=[]éこ🐳\x1c\ufeff", max_size=6))
    mutated = text[:start] + noise + text[end:]
    dockerfile = parse(mutated)
    done = 0
    for it in dockerfile.instructions:
        assert done <= it.start <= it.range.start <= it.end <= len(mutated)
        done = it.end
        for argument in it.node.arguments:
            range_ = it.range_of(argument)
            assert it.start <= range_.start <= range_.end <= it.end
