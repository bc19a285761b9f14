from __future__ import annotations

from buildxray.rules.base import Safety, Severity
from buildxray.rules.habits.path_above_context import path_above_context
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_rule, check_silent, context, findings


def test_a_path_above_the_context_is_reported() -> None:
    check_rule(
        path_above_context,
        """
        FROM alpine AS a
        COPY ../shared /srv
             ^^^^^^^^^ 💭 `../shared` cannot leave the build context: BuildKit leaves out the `..`
        ADD x a/../../b /srv/
              ^^^^^^^^^ `a/../../b` cannot leave the build context: BuildKit leaves out the `..`
        COPY ../$NAME /srv
             ^^^^^^^^ `../$NAME` cannot leave the build context: BuildKit leaves out the `..`
        COPY .. /srv
             ^^ 💡 information: `..` cannot leave the build context: BuildKit leaves out the `..` and takes `.`
        FROM alpine
        COPY --from=a ../etc /etc
                      ^^^^^^ `../etc` cannot lead above the root: BuildKit leaves out the `..`
        """,
    )


@every_case(
    "instruction",
    [
        "COPY a/../b /srv",
        "COPY a/.. /srv",
        "COPY ..a /srv",
        "COPY a ../srv",
        "COPY $UP/../b /srv",
        "COPY a$X/../../b /srv",
        "COPY /../b /srv",
        "ADD https://example.org/../a /srv",
        "COPY <<E /srv\n../a\nE",
        "RUN cp ../a /srv",
    ],
)
def test_near_misses_are_not_reported(instruction: str) -> None:
    check_silent(path_above_context, f"FROM alpine\n{instruction}\n")


_FILES = Workspace(holds=lambda path: path in {"shared", "shared/x.sh", "."})


@every_case(
    "written, shortened",
    [
        ("COPY ../shared /srv", "COPY shared /srv"),
        ("ADD ../.././shared/x.sh /srv/", "ADD shared/x.sh /srv/"),
        ('COPY ["../shared", "/srv"]', 'COPY ["shared", "/srv"]'),
        ("COPY .. /srv", "COPY . /srv"),
        ("COPY ../../ /srv", "COPY . /srv"),
    ],
)
def test_the_fix_shortens_the_path_if_the_context_has_the_file(written: str, shortened: str) -> None:
    text = f"FROM alpine\n{written}\n"
    (finding,) = findings(path_above_context, context(text, workspace=_FILES))
    assert finding.severity is Severity.INFORMATION
    assert "and takes `" in finding.message
    (fix,) = finding.fixes
    assert (fix.safety, apply_edits(text, fix.edits)) == (Safety.SAFE, f"FROM alpine\n{shortened}\n")


@every_case(
    "source, tail, severity",
    [
        ("../missing", ", and the build context has no `missing`", None),
        ("a/../../missing", ", and the build context has no `missing`", None),
        # The value of the variable is unknown.
        ("../shared/$NAME", "", None),
        ("a/../../shared", " and takes `shared`", Severity.INFORMATION),
    ],
)
def test_a_path_without_a_shorter_form_in_the_context_has_no_fix(
    source: str, tail: str, severity: Severity | None
) -> None:
    (finding,) = findings(path_above_context, context(f"FROM alpine\nCOPY {source} /srv/\n", workspace=_FILES))
    assert (finding.severity, finding.fixes) == (severity, ())
    assert finding.message == f"`{source}` cannot leave the build context: BuildKit leaves out the `..`{tail}"


def test_a_path_of_a_stage_is_not_one_of_the_context() -> None:
    text = "FROM alpine AS a\nFROM alpine\nCOPY --from=a ../shared /srv\n"
    (finding,) = findings(path_above_context, context(text, workspace=_FILES))
    assert finding.severity is None


def test_paths_that_work_are_one_finding() -> None:
    text = "FROM alpine\nCOPY ../shared /srv\nCOPY ../missing /srv\nCOPY ../shared ../shared /x/\n"
    one, *others = sorted(findings(path_above_context, context(text, workspace=_FILES)), key=lambda it: it.range)
    assert (
        one.message
        == "`../shared` cannot leave the build context: BuildKit leaves out the `..` and takes `shared`; likewise in 2 more paths"
    )
    assert len(one.related) == 2
    assert (
        apply_edits(text, one.fixes[0].edits)
        == "FROM alpine\nCOPY shared /srv\nCOPY ../missing /srv\nCOPY shared shared /x/\n"
    )
    assert [text[slice(*it.range)] for it in others] == ["../missing"]


def test_the_whole_context_is_the_same_in_each_directory() -> None:
    for workspace in (Workspace(), _FILES._replace(has_several_contexts=True, lacks_paths=True)):
        (finding,) = findings(path_above_context, context("FROM alpine\nCOPY .. /srv/\n", workspace=workspace))
        assert finding.severity is Severity.INFORMATION
        assert [it.safety for it in finding.fixes] == [Safety.SAFE]


@every_case("source, n_fixes", [("../shared", 1), ("../missing", 0), ("../shared/$NAME", 0)])
def test_a_path_that_one_of_several_contexts_has_needs_a_review(source: str, n_fixes: int) -> None:
    text = f"FROM alpine\nCOPY {source} /srv/\n"
    (finding,) = findings(path_above_context, context(text, workspace=_FILES._replace(has_several_contexts=True)))
    assert finding.severity is None
    assert [it.safety for it in finding.fixes] == [Safety.SUGGESTION] * n_fixes


@every_case(
    "lacks, tail",
    [(True, ", and no directory of the repository has both `shared` and the other sources"), (False, "")],
)
def test_a_path_that_no_directory_has_with_the_other_sources_has_no_fix(tail: str, *, lacks: bool) -> None:
    files = _FILES._replace(has_several_contexts=True, lacks_paths=lacks)
    text = "FROM alpine\nCOPY own.txt ../shared /srv/\n"
    (finding,) = findings(path_above_context, context(text, workspace=files))
    assert finding.message.endswith(f"BuildKit leaves out the `..`{tail}")
    assert bool(finding.fixes) is not bool(tail)
