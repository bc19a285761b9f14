"""Detect builds for several platforms that a repository starts in a way that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of, read_project_text
from buildxray.projects.ci import workflow_files
from buildxray.projects.ci.script_files import has_interpreter, script_and_seen_files, script_files
from buildxray.projects.default_files import compose_variants
from buildxray.syntax.lazy_regex import lazy_regex

_PLATFORMS: Final = lazy_regex(r"--platforms?[= ]+[\"']?(?P<names>[^\s\"']+)")
_STARTING: Final = lazy_regex(r"\b(?:docker|nerdctl|podman) (?:create|pull|run)\b|_pull\b")
"""A command that starts or pulls an image."""
_MOST_SCRIPTS: Final = 10
_ARRAY: Final = lazy_regex(r"=\([^()]{0,2000}\)")
"""The words of an array of the shell, which often hold the options of a command, one a line."""
VARIABLE_RUNNER: Final = lazy_regex(
    r"\bruns-on[\"']?:[ \t]*(?:\n[ \t]+(?:-[ \t]+|(?:group|labels)[\"']?:[ \t]*))?[\"']?\$\{\{"
)
"""A machine that an expression names."""
_ACTIONS: Final = ("build-push-action", "bake-action", "buildah-build")


_OF_SERVICES: Final = (
    ".do/app.yaml",
    "captain-definition",
    "fly.toml",
    "heroku.yml",
    "railway.json",
    "railway.toml",
    "render.yaml",
)
"""Files of services that build an image of the repository, for their own machines, and run it. Source: the manuals of these services."""
_OTHER_OF_FLY: Final = lazy_regex(r"fly[.-][\w.-]+\.toml")
_DOCKER: Final = lazy_regex(r"(?i:docker)|\bfly\b|^app\s*=")

_COMPOSE_BUILD: Final = lazy_regex(r"^[ \t]+[\"']?build[\"']?[ \t]*:")

_IMAGE_TOOL: Final = lazy_regex(
    r"(?<![\w./-])(?:buildah|buildx|depot|docker|docker-compose|earthly|img|kaniko|nerdctl|podman|skaffold)(?![\w.])"
    r"|docker/[\w.-]+-action|build-image|container-image|/workflows/[\w.-]*(?:container|docker|image)[\w.-]*\.ya?ml@"
)
"""Programs and actions that make or start images."""
_MOST_CHARACTERS: Final = 200_000
_NEAR: Final = 150
"""The code points after the name of a tool in which `build` belongs to it."""
_COMMENTS: Final = ("#", "//", "*", "/*", "<!--", "::")
_PROGRAM_WORD: Final = lazy_regex(
    r"(?<![\w-])(?:buildah|buildctl|buildx|docker|docker-compose|dockerfile|kaniko|nerdctl|podman)(?![\w-])",
    re.IGNORECASE,
)
_BUILD_WORD: Final = lazy_regex(r"(?<![A-Za-z])(?:build|bake|bud)(?![A-Za-z])")
_ORB: Final = r"(?<![\w./-])(?:aws-ecr/build|azure-acr/build|docker/publish|gcp-(?:artifact-registry|gcr)/build)"
"""A command or job of an orb of CircleCI that builds an image. Source: circleci.com/developer/orbs."""
_USES_ORB: Final = lazy_regex(_ORB)
_PLATFORMS_OF_ORB: Final = lazy_regex(r"^[ \t]*platform:[ \t]*[\"']?[^\s\"',$<]*(?:,|\$|<<)", re.MULTILINE)
"""The parameter `platform` of such a command, if it has several values or one that only a run tells."""
_BUILDER_WORD: Final = lazy_regex(
    rf"{_ORB}|"
    r"docker-maven-plugin|dockerfile-maven-plugin|DockerBuildImage|com\.(?:bmuschko|palantir)\.docker|docker_build\(|images\.build\("
    r"|kaniko/executor|FROM DOCKERFILE|skaffold/v|plugins/(?:docker|kaniko)|drone-docker|plugin-docker-buildx|(?<![\w-])buildah(?![\w-])"
)
"""Plug-ins and functions that build an image, whatever is after them."""
_IMAGE_BUILD: Final = lazy_regex(
    r"(?:\b(?:docker|docker-buildx|buildx|nerdctl|podman)\s[^\n|;&]*?\b(?:build|bake)\b|\bbuildah\s+(?:bud|build)\b|\bskaffold\b)"
)
"""A command that builds an image."""


def may_build_images(root: Path) -> bool:
    """True if a repository may build its images: a workflow names a program for images, or a script, a Compose file or a service builds one.

    This does not look at the files beside each Dockerfile; `may_build_images_in` does.
    """
    if any(names_image_tool(read_project_text(it) or "") for it in workflow_files(root)):
        return True
    scripts, seen = script_and_seen_files(root)
    return (
        any(_mentions(it, _IMAGE_BUILD) for it in scripts)
        or any(_names_build(it) for it in (*scripts, *seen) if it.suffix not in {".sh", ".mk"})
        or _composes_or_serves(root)
    )


def may_build_images_in(directory: Path) -> bool:
    """True if a script, a Compose file or a service in the directory of a Dockerfile builds images."""
    beside = (Path(it.path) for it in entries_of(directory) if it.name.endswith(".sh") or has_interpreter(it))
    return any(_mentions(it, _IMAGE_BUILD) for it in islice(beside, _MOST_SCRIPTS)) or _composes_or_serves(directory)


def _composes_or_serves(directory: Path) -> bool:
    """True if a Compose file or the file of a service in a directory builds an image."""
    composed = (directory / it for it in compose_variants(directory))
    return any(_mentions(it, _COMPOSE_BUILD) for it in islice(composed, _MOST_SCRIPTS)) or serves(directory)


def serves(directory: Path) -> bool:
    """True if a directory has the file of a service that builds an image of the repository."""
    # `fly deploy --config fly.staging.toml` takes another file for each application.
    flying = (Path(it.path) for it in entries_of(directory) if _OTHER_OF_FLY.fullmatch(it.name))
    of_services = (*islice(flying, _MOST_SCRIPTS), *(directory / it for it in _OF_SERVICES))
    return any(_mentions(it, _DOCKER) for it in of_services)


def names_image_tool(text: str) -> bool:
    """True if a line of a workflow, apart from comments, names a program or an action that makes or starts images."""
    return _has_line(text, _IMAGE_TOOL)


def _mentions(path: Path, pattern: re.Pattern[str]) -> bool:
    text = read_project_text(path)
    return text is not None and _has_line(text, pattern)


def _has_line(text: str, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(line) for line in text.splitlines() if not line.lstrip().startswith("#"))


def _names_build(path: Path) -> bool:
    """True if a program or a pipeline names a tool for images and shortly after it `build`, also in other words of a list."""
    text = read_project_text(path)
    if text is None or len(text) > _MOST_CHARACTERS:
        return False
    return tells_of_build("\n".join(it for it in text.splitlines() if not it.lstrip().startswith(_COMMENTS)))


def tells_of_build(text: str) -> bool:
    """True if a text names a tool for images and shortly after it `build`, also in other words of a list."""
    return _BUILDER_WORD.search(text) is not None or any(
        _BUILD_WORD.search(text, it.end(), it.end() + _NEAR) for it in _PROGRAM_WORD.finditer(text)
    )


def has_unread_builds(root: Path, sources: Mapping[Path, Collection[int]]) -> bool:
    """True if a file of a repository builds for several platforms in a way that its reader does not follow.

    `sources` has the files from which builds were read, with the lines of these. The body of a `define` in a Makefile is
    read where it is called.
    """
    return any(_is_unread(path, sources.get(path, ())) for path in (*script_files(root), *workflow_files(root)))


def _is_unread(path: Path, read_lines: Collection[int]) -> bool:
    """True if a file builds for several platforms, and either no build was read from it, or it does so in a `define` none of whose calls was read."""
    is_read = bool(read_lines)
    text = read_project_text(path)
    if text is None or "platform" not in text:
        return False
    # If the runner is a variable, each platform usually has its own, and none is emulated.
    has_own_runners = VARIABLE_RUNNER.search(text) is not None
    if not is_read and "platforms:" in text and any(it in text for it in _ACTIONS):
        return not has_own_runners
    if not is_read and _USES_ORB.search(text) is not None and _PLATFORMS_OF_ORB.search(text) is not None:
        return True
    is_in_definition = False
    joined = _ARRAY.sub(lambda it: it[0].replace("\n", " "), text.replace("\\\r\n", " ").replace("\\\n", " "))
    for line in joined.splitlines():
        if line.startswith(("define ", "endef")):
            is_in_definition = line.startswith("define ") and not _is_called(line, text, read_lines)
        elif (is_in_definition or not is_read) and _builds_for_several(line):
            return not has_own_runners
    return False


def _is_called(definition: str, text: str, read_lines: Collection[int]) -> bool:
    """True if a line of a Makefile from which a build was read calls a `define`, given its first line."""
    name = definition.removeprefix("define").strip().rstrip("=:").strip()
    lines = text.splitlines()
    called = re.compile(rf"\$[({{](?:call[ \t]+)?{re.escape(name)}[,) \t}}]")
    return any(called.search(lines[it - 1]) is not None for it in read_lines if 0 < it <= len(lines))


def _builds_for_several(line: str) -> bool:
    """True if a command line builds an image for several platforms, or for those that a variable names."""
    if "--platform" not in line or "build" not in line or line.lstrip().startswith("#"):
        return False
    if _STARTING.search(line) is not None and " build " not in line and "buildx" not in line:
        return False
    return any("," in it["names"] or "$" in it["names"] for it in _PLATFORMS.finditer(line))
