"""The purpose of a Dockerfile, by its path and its images: an image for others, tests of its project, or Windows."""

from __future__ import annotations

import re
from typing import Final

from buildxray.caching import cached
from buildxray.semantics.build import Build
from buildxray.syntax.lazy_regex import lazy_regex

_HELPING_DIRECTORY: Final = lazy_regex(
    r"""(?:[^/]*[._-])?(?:bench|benchmarks?|e2e|fixtures?|teste2e|testing|tests?(?:[._-][^/]*)?)
      | \.(?:ci|circleci|cursor|devcontainer|gitpod|prow) | openshift-ci""",
    re.IGNORECASE | re.VERBOSE,
)
_HELPING_WORD: Final = frozenset(
    {
        "bench", "benchmark", "ci", "debug", "dev", "devel", "development", "e2e", "gitpod", "lint", "local",
        "native", "singlearch", "test", "testing", "tests",
    }
)  # fmt: skip
"""Words in file names such as `Dockerfile.dev` and `test.Dockerfile`; a native image is for the machine that builds it."""
_FILE_NAMES: Final = frozenset({"containerfile", "dockerfile"})
_EXAMPLES: Final = frozenset({"demo", "demos", "example", "examples", "sample", "samples"})
_DOCUMENTATION: Final = frozenset({"doc", "docs", "documentation"})
_WINDOWS: Final = lazy_regex(r"(?<![a-z])(?:nanoserver|servercore|windows|windowsservercore)(?![a-z])", re.IGNORECASE)


def is_for_helping(path: str) -> bool:
    """True if a Dockerfile, by its path in the repository, is for tests or development.

    Such an image runs on the machine that builds it. Examples are not among them, because their readers
    publish what they copy. In the name of a file only the first and the last word between two dots count: `Dockerfile.web-dev`, and not
    `Dockerfile.mcp-dev-server`.
    """
    *directories, name = path.split("/")
    parts = [re.split(r"[_-]", it.lower()) for it in name.split(".")]
    # `Dockerfile-dev-web`
    parts = [it[1:] if len(it) > 1 and it[0] in _FILE_NAMES else it for it in parts]
    words = {word for it in parts for word in (it[0], it[-1])}
    return not words.isdisjoint(_HELPING_WORD) or any(_HELPING_DIRECTORY.fullmatch(it) for it in directories)


def is_test_data(path: str) -> bool:
    """True if a Dockerfile, by its path in the repository, is input of tests, which may be wrong on purpose."""
    return any(_DATA_DIRECTORY.fullmatch(it) for it in path.split("/")[:-1])


def is_in_tests(path: str) -> bool:
    """True if a Dockerfile is in a directory of tests, by its path in the repository."""
    return any(_TEST_DIRECTORY.fullmatch(it) for it in path.split("/")[:-1])


def is_case_of_test(path: str) -> bool:
    """True if a Dockerfile, by its path in the repository, is a right or wrong input of tests, such as those of a linter: `test/negative2.Dockerfile`."""
    words = (it.lower().rstrip("0123456789") for it in _BETWEEN_WORDS.split(path.rpartition("/")[2]))
    return (is_in_tests(path) or is_test_data(path)) and not (_WRONG | _RIGHT).isdisjoint(words)


def is_template_by_name(path: str) -> bool:
    """True if the path of a Dockerfile says that a program makes others from the file: `tmpl.Dockerfile`, `templates/web/Dockerfile`."""
    *directories, name = path.split("/")
    words = _BETWEEN_WORDS.split(name)
    return "{{" in path or any(map(_TEMPLATE.fullmatch, (*directories, *words)))


def is_wrong_by_name(path: str) -> bool:
    """True if the path of a Dockerfile says that the file is wrong: `Dockerfile.bad`, `e2e/build-fail/Dockerfile`."""
    return not _WRONG.isdisjoint(it.lower() for it in _BETWEEN_WORDS.split(path))


def is_out_of_use(path: str) -> bool:
    """True if the path of a Dockerfile says that the file is kept and no longer used: `Dockerfile.old`, `deprecated/web/Dockerfile`."""
    return not _OUT_OF_USE.isdisjoint(it.lower() for it in _BETWEEN_WORDS.split(path))


_OUT_OF_USE: Final = frozenset(
    {
        "archived", "attic", "bak", "deprecated", "disabled", "eol", "obsolete", "old", "orig", "outdated", "retired",
        "unmaintained", "unused",
    }
)  # fmt: skip
_DATA_DIRECTORY: Final = lazy_regex(
    r"_*(?:.+[._-])?(?:fixtures?|snapshots?|test[._-]?(?:cases?|data|files|inputs?))_*", re.IGNORECASE
)
_TEST_DIRECTORY: Final = lazy_regex(r"(?:[^/]*[._-])?(?:e2e|testing|tests?)", re.IGNORECASE)
_TEMPLATE: Final = lazy_regex(r"(?:boilerplate|scaffold|skel|skeleton|template|tmpl|tpl)s?(?:v?\d+)?", re.IGNORECASE)
_WRONG: Final = frozenset({"bad", "broken", "fail", "failing", "fails", "invalid", "malformed", "wrong"})
_RIGHT: Final = frozenset({"good", "negative", "positive", "valid"})
"""Words for inputs of tests, beside those for wrong ones."""
_BETWEEN_WORDS: Final = lazy_regex(r"[/._-]")


def is_generated(build: Build) -> bool:
    """True if the comments above the first instruction say that a program writes the file, so that an edit is lost when it is written again.

    Without words that forbid edits, a file that was generated may be the beginning of one that people maintain.
    """
    end = build.instructions[0].range.start if build.instructions else len(build.text)
    above = " ".join(it.text.strip("# \t\r") for it in build.dockerfile.comments if it.range.start < end)
    return _GENERATED.search(above) is not None


_GENERATED: Final = lazy_regex(
    r"""@generated\b | \bauto[- ]?generated[ ]file\b
      | \b(?:do[ ]?n[o']t|never|not[ ]to[ ]be)(?:[ ]be)?[ ](?:ever[ ]|directly[ ]|manually[ ])?(?:chang|edit|modif|touch)\w*
        (?:[ ](?:it|this|the|these)\b(?:[ ](?:generated[ ])?(?:file|dockerfile|containerfile)s?\b)?)?
        (?:[ ]+(?:by[ ]hand|directly|manually)\b|[ ]*[.!;,*(-]|[ ]*$)
      | \bgenerated\b.{0,200}\b(?:do[ ]not|don't|never)[ ](?:manually[ ]|directly[ ])?(?:chang|edit|modif|touch)""",
    re.IGNORECASE | re.VERBOSE,
)
"""Words of generators: `NOTE: THIS DOCKERFILE IS GENERATED VIA "update.sh". PLEASE DO NOT EDIT IT DIRECTLY.`, `Code generated by make; DO NOT EDIT.`"""


def is_image_for_helping(build: Build) -> bool:
    """True if an image is the environment of a developer, by its base image: a development container, a workspace of Gitpod."""
    stage = build.target_stage
    return stage is not None and _IMAGE_FOR_HELPING.search(stage.image_name) is not None


_IMAGE_FOR_HELPING: Final = lazy_regex(r"mcr\.microsoft\.com/(?:vscode/)?devcontainers/|docker\.io/gitpod/workspace-")


def is_example(path: str) -> bool:
    """True if a Dockerfile, by its path in the repository, shows how others may use the project."""
    return any(it.lower() in _EXAMPLES for it in path.split("/")[:-1])


def is_documentation(path: str) -> bool:
    """True if a file, by its path in the repository, is a part of the documentation."""
    return any(it.lower() in _DOCUMENTATION for it in path.split("/")[:-1])


def is_for_windows(build: Build) -> bool:
    """True if the image is for Windows, by the names of its base images or of the file, while no target is."""
    if any(it.os == "windows" for it in build.targets):
        return False
    stage = build.target_stage
    names = {name for one in stage.ancestry for name in one.base_names} if stage is not None else set()
    return any(map(_names_windows, (build.workspace.dockerfile, *names)))


@cached(256)
def _names_windows(text: str) -> bool:
    return _WINDOWS.search(text) is not None
