"""Actions and workflows of other repositories that hand their inputs to `docker build`, by their names and by their inputs.

Those in `_KNOWN` are read by their own definition. Of any other one, its name and the names of its inputs tell that it builds an image; the
build itself is only certain if an input names a Dockerfile that exists, and another one the platforms.

Source: the `action.yml` of each action in `_KNOWN`, and the script of Publish-Docker-Github-Action.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildxray.files.reading import is_directory, is_file
from buildxray.platforms.platform import PlatformError, is_known, parse_normalized
from buildxray.projects.builds import platform_names
from buildxray.projects.ci.expressions import Context
from buildxray.projects.ci.site import Site
from buildxray.projects.hcl.values import UNKNOWN
from buildxray.projects.yaml import YamlError, as_mapping, load_documents


class Wrapper(NamedTuple):
    """The names of an action's inputs, each as `_plain` gives it; of several names the first that is given counts."""

    context: tuple[str, ...] = ("context",)
    file: tuple[str, ...] = ("dockerfile",)
    directory: tuple[str, ...] = ()
    """The directory that `context` and `file` are relative to."""
    is_in_context: bool = False
    """True if `file` is relative to the context."""
    has_file_in_context: bool = False
    """True if the file is the usual one of the context where no input names it, and not that of the directory."""
    platforms: tuple[str, ...] = ("platforms",)
    usual_platforms: str = ""
    """The platforms where no input names some; empty for that of the machine."""
    arguments: tuple[str, ...] = ("buildargs",)
    has_only_names: bool = False
    """True if `arguments` has the names of variables of the environment, and not their values."""
    pushes: bool = True
    """True if the image is published where no input says so."""


_KNOWN: Final = {
    "bcgov-nr/action-builder-ghcr": Wrapper(
        context=("buildcontext", "package"), file=("buildfile",), has_file_in_context=True, platforms=()
    ),
    "bcgov/action-builder-ghcr": Wrapper(
        context=("buildcontext", "package"), file=("buildfile",), has_file_in_context=True, platforms=()
    ),
    "cloudposse/github-action-docker-build-push": Wrapper(
        context=("workdir",), file=("file",), is_in_context=True, usual_platforms="linux/amd64"
    ),
    "elgohr/publish-docker-github-action": Wrapper(directory=("workdir",), has_only_names=True),
    "home-assistant/builder/actions/build-image": Wrapper(
        file=("file",), has_file_in_context=True, platforms=(), pushes=False
    ),
    "ilteoood/docker_buildx": Wrapper(
        context=(),
        platforms=("platform",),
        usual_platforms="linux/amd64,linux/arm64,linux/arm/v7",
        arguments=("buildarg",),
        pushes=False,
    ),
    "lsst-sqre/build-and-push-to-ghcr": Wrapper(),
    "mr-smithers-excellent/docker-build-push": Wrapper(
        context=("directory",), platforms=("platform",), arguments=("buildargs",)
    ),
    "nais/docker-build-push": Wrapper(context=("dockercontext",)),
}
"""Actions by their names in lower case."""
_PUSHES: Final = ("push", "pushimage", "publish")
_REPEATING: Final = "wandalen/wretry.action"

_FILES: Final = (
    "dockerfile",
    "dockerfilepath",
    "dockerfilename",
    "dockerfilelocation",
    "pathtodockerfile",
    "containerfile",
)
_CONTEXTS: Final = (
    "context",
    "dockercontext",
    "buildcontext",
    "contextpath",
    "dockercontextpath",
    "dockerfilecontext",
    "contextdir",
)
_DIRECTORIES: Final = ("workdir", "workingdirectory", "directory", "path")
_PLATFORMS: Final = (
    "platforms",
    "platform",
    "dockerplatforms",
    "buildplatforms",
    "targetplatforms",
    "imageplatforms",
    "architectures",
    "archs",
)
_IMAGES: Final = frozenset(
    (
        "dockerimage",
        "image",
        "imagename",
        "imagenames",
        "images",
        "imagetag",
        "imagetags",
        "registry",
        "repository",
        "tags",
    )
)
_MAKING: Final = frozenset(
    (
        "buildah",
        "build",
        "builder",
        "builds",
        "buildx",
        "container",
        "containers",
        "docker",
        "dockerize",
        "image",
        "images",
        "kaniko",
        "podman",
        "publish",
        "push",
    )
)
"""Words in the name of an action that makes images."""
_BUILDING: Final = frozenset(("build", "builder", "builds"))
_OF_IMAGES: Final = frozenset(("container", "containers", "docker", "image", "images"))
_JUDGING: Final = frozenset(
    (
        "audit",
        "binfmt",
        "check",
        "checker",
        "clean",
        "cleanup",
        "cosign",
        "delete",
        "description",
        "hadolint",
        "lint",
        "linter",
        "login",
        "manifest",
        "metadata",
        "prune",
        "qemu",
        "readme",
        "run",
        "sbom",
        "scan",
        "scanner",
        "scans",
        "scanning",
        "scout",
        "setup",
        "sign",
        "size",
        "snyk",
        "test",
        "tests",
        "trivy",
        "validate",
        "verify",
    )
)
"""Words in the name of an action that does something else with an image or a Dockerfile."""
_OWN: Final = frozenset(("actions", "docker", "github"))
"""Owners of actions all of whose meanings are known."""


def _plain(name: str) -> str:
    """The name of an input without what projects write differently: `docker-file`, `DOCKER_FILE`, `dockerFile`."""
    return re.sub(r"[\s_-]", "", name).lower()


def repeated_action(uses: str, given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The action that another one repeats until it succeeds, with its inputs; None if this is not such an action.

    Source: github.com/Wandalen/wretry.action, README, "Inputs": `action` and `with`, which is a text of YAML.
    """
    if uses.partition("@")[0].lower() != _REPEATING or not isinstance(given.get("action"), str):
        return None
    written = given.get("with")
    try:
        inputs = next(load_documents(written), None) if isinstance(written, str) else written
    except YamlError:
        inputs = None
    return str(given["action"]), as_mapping(inputs)


def is_known_wrapper(uses: str) -> bool:
    """True if an action is one of those that are read by their own definition."""
    return uses.partition("@")[0].lower() in _KNOWN


def makes_image(uses: str, given: Mapping[str, Any]) -> bool:
    """True if an action or a workflow of another repository builds an image of this one, by its name and the names of its inputs."""
    name = uses.partition("@")[0].lower()
    if name in _KNOWN:
        return True
    owner, _slash, rest = name.partition("/")
    # A repository may have many actions and workflows, of which the last part of the path says what it does.
    words = {*re.split(r"[^a-z0-9]+", rest.rpartition("/")[2])}
    if not rest or owner in _OWN or words.isdisjoint(_MAKING) or not words.isdisjoint(_JUDGING):
        return False
    if not words.isdisjoint(_BUILDING) and not words.isdisjoint(_OF_IMAGES):
        return True
    names = {*map(_plain, given)}
    if not names.isdisjoint(_FILES):
        return True
    is_of_image = not names.isdisjoint(_IMAGES) or not names.isdisjoint(_CONTEXTS)
    platforms = next((it for key, it in given.items() if _plain(key) in _PLATFORMS), None)
    return is_of_image and isinstance(platforms, str | list) and ("${{" in str(platforms) or "linux/" in str(platforms))


def known_inputs(uses: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of Docker's action for those of one of the actions in `_KNOWN`, as written."""
    wrapper = _KNOWN[uses.partition("@")[0].lower()]
    inputs = {_plain(key): it for key, it in given.items()}
    base = _first(inputs, wrapper.directory)
    context = _joined(base, _first(inputs, wrapper.context) or ".")
    file = _first(inputs, wrapper.file)
    if not file and wrapper.has_file_in_context:
        file = _joined(context, "Dockerfile")
    else:
        file = _joined(context if wrapper.is_in_context else base, file or "Dockerfile")
    arguments = _first(inputs, wrapper.arguments)
    if "\n" not in arguments.strip():
        arguments = arguments.replace(",", "\n")
    if wrapper.has_only_names:
        arguments = "\n".join(
            f"{it.strip()}=${{{{ env.{it.strip()} }}}}" for it in arguments.splitlines() if it.strip()
        )
    pushed = _first(inputs, _PUSHES)
    is_kept = _first(inputs, ("nopush",)) == "true" or pushed == "false"
    return {
        "context": context,
        "file": file,
        "platforms": _first(inputs, wrapper.platforms) or wrapper.usual_platforms or None,
        "target": inputs.get("target"),
        "build-args": arguments,
        "push": "false" if is_kept else pushed or ("true" if wrapper.pushes else "false"),
        "load": "true",
    }


def _first(inputs: Mapping[str, Any], names: Iterable[str]) -> str:
    """The text of the first of some inputs that is given; empty if none is."""
    texts = (_text(inputs.get(it)) for it in names)
    return next(filter(None, texts), "")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else ",".join(map(str, value)) if isinstance(value, list) else str(value).strip()


def _joined(directory: str, path: str) -> str:
    return posixpath.join(directory, path) if directory else path


class Guess(NamedTuple):
    """What the inputs of an unknown action tell of its build."""

    inputs: dict[str, Any] | None
    """The inputs of Docker's action, as written; None if they do not tell for certain what is built."""
    is_for_several: bool
    """True if it may build for several platforms."""
    has_context: bool = False
    """True if an input names the build context."""


def guessed(given: Mapping[str, Any], context: Context, site: Site) -> Guess:
    """The build of an action that `makes_image` recognises, as far as its inputs tell."""
    inputs = {_plain(key): it for key, it in given.items()}
    platforms = next((inputs[it] for it in _PLATFORMS if inputs.get(it)), None)
    names = platforms_of(context.expand(platforms))
    # Each job of a matrix may build one of several platforms.
    is_for_several = platforms is not None and (names is None or len(names) > 1 or "${{" in str(platforms))
    if platforms is None or names == ():
        return Guess(None, is_for_several)
    file, where, directory = (_first(inputs, it) for it in (_FILES, _CONTEXTS, _DIRECTORIES))
    if not file and where:
        # An input `file` without a context may be that of anything.
        file = _first(inputs, ("file",))
    found = _existing(context.expand(file), context.expand(where), context.expand(directory), site)
    if found is None:
        return Guess(None, is_for_several)
    built, place = found
    return Guess(
        {
            "context": place,
            "file": built,
            "platforms": platforms if names is None else ",".join(names),
            "target": inputs.get("target"),
            "push": _first(inputs, _PUSHES) or "true",
            "load": "true",
        },
        is_for_several,
        bool(where),
    )


def _existing(file: object, where: object, directory: object, site: Site) -> tuple[str, str] | None:
    """The only Dockerfile that exists where these inputs may mean it, and the context; None if there is none, or several."""
    if UNKNOWN in (file, where, directory) or not (file or where or directory):
        return None
    file, where, directory = str(file), str(where), str(directory)
    bases = [*dict.fromkeys(it for it in (directory, where, _joined(directory, where)) if it)]
    candidates = [posixpath.join(it, file or "Dockerfile") for it in bases]
    if file:
        candidates.append(file)
    found: dict[Path, str] = {}
    for it in candidates:
        place = site.resolve(posixpath.normpath(it))
        if place is not None and is_directory(place):
            it, place = posixpath.join(it, "Dockerfile"), place / "Dockerfile"  # noqa: PLW2901 - the file in it
        if place is not None and is_file(place):
            found.setdefault(place, it)
    if len(found) != 1:
        return None
    (name,) = found.values()
    contexts = [it for it in reversed(bases) if (place := site.resolve(posixpath.normpath(it))) and is_directory(place)]
    return name, contexts[0] if contexts else "."


def platforms_of(value: object) -> tuple[str, ...] | None:
    """The platforms in an input: a list of names, or a list of them in JSON. Empty if it names something else, None if only a run tells."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ()
    if value is UNKNOWN or (isinstance(value, list) and UNKNOWN in value):
        return None
    names = platform_names(value if isinstance(value, list) else [value])
    # The name of a system alone is not that of a platform, and one of an architecture alone is for Linux.
    names = tuple(it if "/" in it else f"linux/{it}" for it in names)
    return names if names and all(map(_is_platform, names)) else ()


def _is_platform(name: str) -> bool:
    try:
        return is_known(parse_normalized(name))
    except PlatformError:
        return False
