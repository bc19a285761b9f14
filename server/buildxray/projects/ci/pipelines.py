"""The commands that steps of Azure Pipelines and of Google Cloud Build run, as text for the shell. Nothing is executed.

Source: learn.microsoft.com, "Docker@2" and "DockerCompose@1"; cloud.google.com/build, "Build configuration file schema"; the README of kaniko.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_TASK: Final = lazy_regex(r"docker(?P<compose>compose)?@\d+", re.IGNORECASE)
_DIRECTORY: Final = lazy_regex(
    r"\$\((?:Build\.(?:SourcesDirectory|Repository\.LocalPath)|System\.DefaultWorkingDirectory)\)"
    r"|\$\((?:Agent\.BuildDirectory|Pipeline\.Workspace)\)/s(?=/|$)",
    re.IGNORECASE,
)
"""Variables of Azure with the root of the checkout."""
_BUILDER: Final = lazy_regex(r"(?:^|/)(?:docker|executor)(?:[:@].*)?")


def azure_commands(step: Mapping[str, Any]) -> str:
    """The commands of a step with a task for Docker or Compose; empty for another step, and for a task that builds nothing."""
    task = _TASK.fullmatch(str(step.get("task", "")))
    if task is None:
        return ""
    inputs = {str(key).lower(): str(it) for key, it in as_mapping(step.get("inputs")).items() if it is not None}
    command = inputs.get("command", inputs.get("action", "buildAndPush")).lower()
    if task["compose"]:
        file = _path(inputs.get("dockercomposefile", "")).removeprefix("**/")
        return f'docker compose -f "{file}" build' if "build" in command and file else ""
    if command not in {"build", "buildandpush", "build an image"}:
        return ""
    file, context = _path(inputs.get("dockerfile", "**/Dockerfile")), _path(inputs.get("buildcontext", "**"))
    if file.startswith("**/"):
        # The task takes the first match, which only a run knows if it is not at the root.
        file = file.removeprefix("**/")
    if context.startswith("**"):
        context = posixpath.dirname(file) or "."
    return f'docker build -f "{file}" {inputs.get("arguments", "")} "{context}"'.replace("\n", " ")


def _path(text: str) -> str:
    """A path of Azure, whose separators may be those of Windows, relative to the root of the checkout."""
    return _DIRECTORY.sub(".", text.strip()).replace("\\", "/")


def step_directory(step: Mapping[str, Any], variables: Mapping[str, str]) -> str | None:
    """The directory of the commands of a step, relative to that of its job; None if only a run tells it.

    Source: learn.microsoft.com, "steps.bash", `workingDirectory`; circleci.com/docs, "Configuration reference", `run`, `working_directory`.
    """
    written = step.get("workingDirectory")
    if isinstance(written, str):
        path = _VARIABLE.sub(lambda it: variables.get(it["name"], it[0]), _path(written))
        return None if "$" in path or posixpath.isabs(path) else path or "."
    below = step.get("working_directory") if isinstance(step.get("command"), str) else None
    # The home directory, and an absolute path, are mostly those of the checkout.
    is_below = isinstance(below, str) and not below.startswith(("/", "~")) and not re.search(r"\$|<<", below)
    return str(below) if is_below else "."


_VARIABLE: Final = lazy_regex(r"\$\((?P<name>\w+)\)")
"""A variable of Azure that a pipeline sets."""


def cloud_build_commands(step: Mapping[str, Any]) -> str:
    """The command of a step with the image of Docker or kaniko, or the name of a program, and a list of arguments; empty for another step."""
    name, arguments = step.get("name"), step.get("args")
    if not isinstance(name, str) or not isinstance(arguments, list):
        return ""
    builder = _BUILDER.search(name)
    texts = [it if isinstance(it, str) else str(it) for it in arguments]
    entrypoint = str(step.get("entrypoint", ""))
    if posixpath.basename(entrypoint) in {"bash", "sh"}:
        # The last argument of `-c` is the script, in which `$$` is a dollar of the shell.
        return texts[1].replace("$$", "$") if len(texts) > 1 and re.fullmatch(r"-\w*c", texts[0]) else ""
    if posixpath.basename(entrypoint) in _ENTRYPOINTS:
        return " ".join((posixpath.basename(entrypoint), *map(_quoted, texts)))
    if builder is None or entrypoint:
        return ""
    program = "/kaniko/executor" if "kaniko" in name else "docker"
    return " ".join((program, *map(_quoted, texts)))


_ENTRYPOINTS: Final = frozenset(("docker", "gmake", "make"))
"""Programs that a step may name as its `entrypoint`, with its arguments."""


def _quoted(text: str) -> str:
    """A word for the shell, in which the substitutions of Cloud Build are variables."""
    return '"' + re.sub(r'(["\\`])', r"\\\1", text) + '"' if "$" in text else shlex.quote(text)
