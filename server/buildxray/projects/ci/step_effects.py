"""Classify a step of a workflow by its possible effect on the builds of its job, by its text and the scripts of the repository that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from buildxray.projects.ci.other_actions import makes_image, repeated_action
from buildxray.projects.ci.shell_scripts import ShellScripts
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_ADDRESS: Final = lazy_regex(r"https?://[^/\s]+/")
_PREPARING_ACTION: Final = lazy_regex(
    r"actions/checkout|docker/setup-buildx-action|useblacksmith/setup-docker-builder", re.IGNORECASE
)
_BUILDING_ACTION: Final = lazy_regex(r"[\w-]+/(?:[\w.-]+/)?(?:(?:build-push|bake)-action|buildah-build)", re.IGNORECASE)
_RETRYING_ACTION: Final = lazy_regex(r"[\w.-]+/(?:retry|wretry\.action)@", re.IGNORECASE)
_SCRIPT: Final = lazy_regex(
    r"::set-output|\b(?:bake|build|buildx|docker|GITHUB_ENV|GITHUB_OUTPUT|make|podman|nerdctl)|(?i:docker|container)file"
)
_BUILDX: Final = lazy_regex(
    r"\b(?:buildx(?!\s+(?:create|du|imagetools|inspect|ls|prune|rm|stop|use|version)\b)|bake)\b"
)
"""Commands of buildx, without those that build nothing. Source: docs.docker.com, docker buildx."""
_PROGRAM: Final = lazy_regex(r"\b(?:buildah|docker|nerdctl|podman)\b")
_BUILD: Final = lazy_regex(r"\b(?<!no-)build\b")
_MAKE: Final = lazy_regex(r"\bmake\b")
_IMAGE: Final = lazy_regex(r"docker|image")
LOGIN_ACTIONS: Final = r"aws-actions/[\w-]+@.*|azure/[\w-]*login@.*|google-github-actions/(?:auth|setup-gcloud)@.*|sigstore/cosign-installer@.*"
"""A pattern of the actions that log in, or install a program for it, and change neither the checkout nor the builders."""


class StepEffect(IntEnum):
    """The possible effect of a step; each member includes those before it."""

    NONE = 0
    PREPARES = 1
    """The step decides where and on which machines later steps build."""
    MAY_BUILD = 2
    """The step may build images, through something that it calls, or pass values to later steps that build."""
    BUILDS = 3
    """The step builds an image, or its script probably does, because it contains `docker`, `bake` or `make`."""


def without_address(uses: str) -> str:
    """The name of an action without the server that it comes from: `https://github.com/docker/bake-action@v6` is that of GitHub.

    Source: forgejo.org/docs, "Actions user guide", `jobs.<job_id>.steps[*].uses`; docs.gitea.com, "Absolute action URLs".
    """
    return _ADDRESS.sub("", uses, count=1)


def script_of(step: Mapping[str, Any]) -> str | None:
    """The script that a step runs itself, or through an action that repeats a command until it succeeds; None if there is none.

    Source: nick-fields/retry, README, "Inputs": `command` and `shell`; its forks have the same. Wandalen/wretry.action, likewise: `command`.
    """
    uses, script = step.get("uses"), step.get("run")
    if isinstance(uses, str):
        is_retry = _RETRYING_ACTION.match(without_address(uses)) is not None
        script = as_mapping(step.get("with")).get("command") if is_retry else None
    return script if isinstance(script, str) else None


def step_effect(step: Mapping[str, Any], scripts: ShellScripts) -> StepEffect:
    """The possible effect of a step, given the scripts of its repository. An action or a script that it calls is not read."""
    uses, script = step.get("uses"), script_of(step)
    if script is not None:
        return _effect_of_script(script, scripts)
    given = as_mapping(step.get("with"))
    return _effect_of_action(without_address(uses), given) if isinstance(uses, str) else StepEffect.NONE


def _effect_of_action(uses: str, given: Mapping[str, Any]) -> StepEffect:
    uses, given = repeated_action(uses, given) or (uses, given)
    if _BUILDING_ACTION.match(uses) or (not uses.startswith("./") and makes_image(uses, given)):
        return StepEffect.BUILDS
    if uses.startswith("./"):
        return StepEffect.MAY_BUILD
    return StepEffect.PREPARES if "${{" in uses or _PREPARING_ACTION.match(uses) else StepEffect.NONE


def _effect_of_script(script: str, scripts: ShellScripts) -> StepEffect:
    if _BUILDX.search(script) or any(map(_builds, script.split("\n"))):
        return StepEffect.BUILDS
    may_build = _SCRIPT.search(script) is not None or scripts.may_be_started_in(script)
    return StepEffect.MAY_BUILD if may_build else StepEffect.NONE


def _builds(line: str) -> bool:
    """True if a line has a program that builds images, and after it what makes it do so."""
    pairs = ((_PROGRAM, _BUILD), (_MAKE, _IMAGE))
    return any((it := program.search(line)) and build.search(line, it.end()) for program, build in pairs)
