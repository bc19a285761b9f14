"""The builds of the actions and workflows that take the options of `docker buildx build` and `docker buildx bake`.

Source: the `action.yml` of docker/build-push-action, docker/bake-action, depot/build-push-action, redhat-actions/buildah-build; the README of
docker/github-builder.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildxray.platforms.machines import NATIVE, Machines
from buildxray.projects.builds import (
    DeclaredBuild,
    existing_dockerfile,
    is_remote,
    makes_files,
    on_machines,
    pairs,
    platform_names,
)
from buildxray.projects.ci.command_lines import CHECKS
from buildxray.projects.ci.commands import add_bake, machines_of_builder
from buildxray.projects.ci.expressions import OWN_REPOSITORY, Context, Partly, as_text
from buildxray.projects.ci.machines import runner_machines
from buildxray.projects.ci.other_actions import guessed, is_known_wrapper, known_inputs, makes_image
from buildxray.projects.ci.site import Reading, Site, project_path
from buildxray.projects.hcl.values import UNKNOWN, is_known
from buildxray.syntax.lazy_regex import lazy_regex

_BUILD_ACTION: Final = lazy_regex(r"(?P<owner>[\w-]+)/(?:[\w.-]+/)?build-push-action(?:@.*)?", re.IGNORECASE)
_FIRST_VERSION: Final = lazy_regex(r"docker/build-push-action@(?:releases/)?v1(?:\.\S*)?", re.IGNORECASE)
"""The action of Docker that runs `docker build` and has other inputs."""
_KNOWN_OWNERS: Final = frozenset(("depot", "docker", "namespacelabs", "useblacksmith", "warpbuilds"))
_OF_BUILDS: Final = frozenset(("build-args", "context", "file", "platforms"))
"""Inputs by which the action of another owner is seen to be a fork of Docker's."""
_BUILDAH_ACTION: Final = lazy_regex(r"redhat-actions/buildah-build(?:@.*)?", re.IGNORECASE)
_BAKE_ACTION: Final = lazy_regex(r"(?P<owner>docker|depot|WarpBuilds|useblacksmith)/bake-action(?:@.*)?", re.IGNORECASE)
_GITHUB_BUILDER: Final = lazy_regex(r"docker/github-builder/\.github/workflows/(?P<kind>bake|build)\.ya?ml@.*")
"""Workflows of Docker that build each platform in a job of its own, on a machine of that platform."""
_REMOTE_OWNERS: Final = frozenset(("depot", "warpbuilds"))
"""Owners of actions that build each platform on a machine of that platform, not on the runner."""

_QUOTED: Final = lazy_regex(r'"(?P<line>[^"]*)"')
_PLATFORM_OF_MATRIX: Final = lazy_regex(r"\s*[\w.*?-]+\.platform=\$\{\{\s*matrix\.[\w.-]+\s*\}\}\s*")
"""A value of `set` that gives Bake the one platform of a job, where only a run knows the matrix."""
_DEFAULT_CONTEXT: Final = lazy_regex(r"(?:\{\{\s*defaultContext\s*\}\}(?::(?P<inside>.*))?)?$", re.IGNORECASE)
"""No context, or the repository at the commit that the workflow runs for, and a directory in it: a template of Handlebars.

Source: docker/build-push-action, README, "Git context"; docker/actions-toolkit, handlebars.
"""


class _Inputs(NamedTuple):
    """The inputs of an action."""

    given: Mapping[str, Any]
    """The inputs as written."""
    values: Mapping[str, Any]
    """The inputs with their expressions computed; names in lower case."""
    context: Context

    @property
    def pushes(self) -> bool:
        """True if the image is published; if only a run knows, the assumption of the context."""
        push = self.values.get("push")
        if push is UNKNOWN:
            return self.context.assumption
        return as_text(push) == "true" or "push=true" in as_text(self.values.get("outputs"))

    def keeps_nothing(self, platforms: Sequence[str]) -> bool:
        """True if the build certainly neither pushes, loads nor exports: no expression decides it.

        The driver `docker` loads its result; several platforms and an exported cache need another driver.
        """
        inputs = {str(key).lower(): as_text(it).strip() for key, it in self.given.items()}
        exported_cache = inputs.get("cache-to", "")
        is_other_driver = len(platforms) > 1 or (exported_cache != "" and "type=inline" not in exported_cache)
        is_kept = any(inputs.get(it, "") not in {"", "false"} for it in ("push", "load", "outputs", "save"))
        return is_other_driver and not is_kept

    def pairs(self, name: str) -> tuple[dict[str, str], tuple[str, ...]]:
        """The lines `NAME=VALUE` of an input, and the names of those of unknown value; `*` for a line whose name is unknown.

        Quotes around a whole line are those of CSV (docker/actions-toolkit, src/util.ts, getList).
        """
        values: dict[str, str] = {}
        text = self.given.get(name)
        unknown: set[str] = set()
        for line in self.context.expand_text(text if text is not None else "").splitlines():
            written = _QUOTED.fullmatch(line.strip())
            key, separator, value = (line.strip() if written is None else written["line"]).partition("=")
            if "${{" in line or OWN_REPOSITORY in line:
                unknown.add("*" if "${{" in key or OWN_REPOSITORY in key or not separator else key)
            elif separator:
                values[key] = value
        return values, (*sorted(unknown),)

    def words(self, name: str) -> list[str]:
        """The words of an input, between commas and line ends, without those of unknown value."""
        value = self.context.expand_text(self.given.get(name))
        texts = (it.strip() for it in re.split(r"[,\n]", value))
        return [it for it in texts if it and "$" not in it]


def add_action(uses: str, given: Mapping[str, Any], context: Context, site: Site, reading: Reading) -> None:
    """Effect: add the builds of a step that uses one of the actions for Build and Bake, or another one whose inputs tell what it builds."""
    if _BUILDAH_ACTION.fullmatch(uses) is not None:
        _add_buildah(given, context, site, reading)
        return
    build, bake = _BUILD_ACTION.fullmatch(uses), _BAKE_ACTION.fullmatch(uses)
    action = build or bake
    if action is None:
        add_other(uses, given, context, site, reading)
        return
    if _FIRST_VERSION.fullmatch(uses) is not None:
        given = _inputs_of_first_version(given)
    values = {str(key).lower(): context.expand(it) for key, it in given.items()}
    if build is not None and build["owner"].lower() not in _KNOWN_OWNERS and _OF_BUILDS.isdisjoint(values):
        return
    machines = NATIVE if action["owner"].lower() in _REMOTE_OWNERS else site.machines
    builder = values.get("builder")
    if isinstance(builder, str):
        machines = machines_of_builder(builder, machines, site, reading)
    inputs = _Inputs(given, values, context)
    if build is not None:
        _add_build(inputs, site._replace(machines=machines), reading)
    else:
        _add_bake(inputs, site._replace(machines=machines), reading)


def add_other(uses: str, given: Mapping[str, Any], context: Context, site: Site, reading: Reading) -> None:
    """Effect: add the build of an action or a workflow of another repository if its inputs tell it; otherwise remember that there is one.

    An action of this kind brings its own emulators. Where its machines are unknown, each platform may have its own.
    """
    if not makes_image(uses, given):
        return
    n_before = len(reading.builds)
    if is_known_wrapper(uses):
        inputs = known_inputs(uses, given)
        values = {key: context.expand(it) for key, it in inputs.items()}
        machines = site.machines._replace(cannot_emulate=False)
        _add_build(_Inputs(inputs, values, context), site._replace(machines=machines), reading)
        return
    guess = guessed(given, context, site)
    if guess.inputs is None:
        reading.foreign.append((site.source, site.line, uses.partition("@")[0], guess.is_for_several))
        return
    values = {key: context.expand(it) for key, it in guess.inputs.items()}
    machines = Machines(is_unknown=True, may_be_several=True)
    _add_build(_Inputs(guess.inputs, values, context), site._replace(machines=machines), reading)
    unknown = {"args", "contexts", *(() if guess.has_context else ("context",))}
    unknown |= set() if guess.inputs["target"] else {"target"}
    reading.builds[n_before:] = [
        replace(it, unknown=it.unknown | unknown, unknown_arguments=(*sorted({*it.unknown_arguments, "*"}),))
        for it in reading.builds[n_before:]
    ]


def _inputs_of_first_version(given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of the first version of Docker's action as those of later ones. It loads its image, and pushes it unless `push` is false.

    Source: github.com/docker/build-push-action, README of the tag v1: `dockerfile` is not relative to `path`.
    """
    inputs = {str(key).lower(): it for key, it in given.items()}
    arguments = str(inputs.get("build_args", "")).replace(",", "\n")
    renamed = {"context": inputs.get("path") or ".", "file": inputs.get("dockerfile"), "build-args": arguments}
    return {**renamed, "target": inputs.get("target"), "push": inputs.get("push", "true"), "load": "true"}


def _add_buildah(given: Mapping[str, Any], context: Context, site: Site, reading: Reading) -> None:
    """Effect: add the build of Buildah for one file; it builds each platform on its own, and loads the images."""
    inputs = {str(key).lower(): it for key, it in given.items()}
    files = context.expand(inputs.get("containerfiles", inputs.get("dockerfiles")))
    names = files.split() if isinstance(files, str) else []
    if len(names) != 1:
        return
    platforms = context.expand(inputs.get("platforms", inputs.get("platform")))
    architectures = context.expand(inputs.get("archs", inputs.get("arch")))
    if platforms in (None, "") and isinstance(architectures, str):
        platforms = ",".join(f"linux/{it.strip()}" for it in architectures.split(",") if it.strip())
    elif platforms in (None, ""):
        platforms = architectures
    values = {"context": context.expand(inputs.get("context", ".")), "file": names[0], "platforms": platforms}
    n_before = len(reading.builds)
    _add_build(_Inputs({**inputs, **values, "load": "true"}, values, context), site, reading)
    builds = [replace(it, is_separate=True, is_of_buildah=True) for it in reading.builds[n_before:]]
    # Unlike BuildKit, Buildah brings no emulators: without some on the machine, RUN fails for other processors.
    reading.builds[n_before:] = [
        on_machines(it, Machines(is_unknown=True)) if it.is_emulated and not site.has_emulators else it for it in builds
    ]


def is_github_builder(uses: str) -> bool:
    """True if a job calls one of Docker's reusable workflows, `build.yml` or `bake.yml`."""
    return _GITHUB_BUILDER.fullmatch(uses) is not None


def add_github_builder(uses: str, given: Mapping[str, Any], context: Context, site: Site, reading: Reading) -> None:
    """Effect: add the builds of a job that calls one of Docker's reusable workflows with these inputs."""
    called = _GITHUB_BUILDER.fullmatch(uses)
    if called is None:
        return
    site = site._replace(machines=_builder_machines(given, context))
    values = {str(key).lower(): context.expand(it) for key, it in given.items()}
    is_separate = values.get("distribute") in (None, True, "true")
    if values.get("output") == "local":
        values["outputs"] = "type=local"
    # A called workflow does not see the `env` of the one that calls it.
    lines = [it.strip().partition("=") for it in context.expand_text(given.get("vars")).splitlines()]
    environment = Partly({name: UNKNOWN if "${{" in it else it for name, separator, it in lines if separator})
    context = Context({**context.values, "env": environment}, context.assumption)
    n_before = len(reading.builds)
    if called["kind"] == "bake":
        values = {"workdir": values.get("context", "."), "push": values.get("push")}
        _add_bake(_Inputs({**given, "targets": given.get("target")}, values, context), site, reading)
    else:
        _add_build(_Inputs(given, {"context": ".", **values}, context), site, reading)
    reading.builds[n_before:] = [replace(it, is_separate=is_separate) for it in reading.builds[n_before:]]


def _builder_machines(given: Mapping[str, Any], context: Context) -> Machines:
    """The machines of Docker's workflows: one for each platform, unless an input says otherwise."""
    runner, distribute = context.expand(given.get("runner")), context.expand(given.get("distribute"))
    if runner in (None, "", "auto") and distribute in (None, True, "true"):
        return NATIVE
    return runner_machines(None if runner is None or "=" in str(runner) else runner)


def _add_build(inputs: _Inputs, site: Site, reading: Reading) -> None:
    paths = _build_paths(inputs, site)
    if paths is None:
        if UNKNOWN in (inputs.values.get("context"), inputs.values.get("file")):
            reading.unnamed.append((site.source, site.line))
        return
    directory, path = paths
    values = inputs.values
    platforms, target = values.get("platforms"), values.get("target")
    names = platform_names(platforms if isinstance(platforms, list) else [platforms])
    if any(it.endswith("/") for it in names):
        # A part that only another run of the workflow has: `linux/${{ matrix.arch }}`.
        platforms, names = UNKNOWN, ()
    arguments, unknown_arguments = inputs.pairs("build-args")
    contexts, unknown_contexts = inputs.pairs("build-contexts")
    complete = {
        "context": directory is not None,
        "platforms": is_known(platforms),
        "target": is_known(target),
        "args": not unknown_arguments,
        "contexts": not unknown_contexts,
    }
    build = DeclaredBuild(
        name=site.name,
        source=site.source,
        line=site.line,
        dockerfile=existing_dockerfile(path),
        context=directory or path.parent,
        platform_names=names,
        target=as_text(target) if is_known(target) else "",
        image_names=(*inputs.words("tags"),),
        arguments=pairs(arguments),
        unknown_arguments=unknown_arguments,
        contexts=pairs(contexts),
        origin=site.origin,
        pushes=inputs.pushes,
        makes_files=not inputs.pushes and makes_files(as_text(values.get("outputs")).splitlines()),
        keeps_nothing=inputs.keeps_nothing(names),
        ignores_cache=as_text(inputs.given.get("no-cache")) == "true",
        caches=frozenset(it for it in ("from", "to") if as_text(inputs.given.get(f"cache-{it}")).strip()),
        is_check=as_text(values.get("call")) in CHECKS,
        unknown=frozenset(key for key, is_complete in complete.items() if not is_complete),
    )
    reading.builds.append(on_machines(build, site.machines))


def _build_paths(inputs: _Inputs, site: Site) -> tuple[Path | None, Path] | None:
    """The build context, None if unknown, and the Dockerfile; None if the Dockerfile is unknown or not in this project."""
    where, file = inputs.values.get("context"), inputs.values.get("file")
    if where is UNKNOWN and "defaultContext" in str(inputs.given.get("context")):
        # The Dockerfile is in the directory of the repository that only a run knows.
        return None
    fetched = None if where is UNKNOWN else _DEFAULT_CONTEXT.match(str(where or ""))
    if where is UNKNOWN:
        directory = None
        path = site.resolve(posixpath.normpath(str(file))) if file and file is not UNKNOWN else None
    elif fetched is not None:
        # Without a directory the action has BuildKit fetch this repository: paths are relative to its root.
        directory = project_path(site.root, fetched["inside"] or ".")
        path = None if directory is None or file is UNKNOWN else project_path(directory, str(file or "Dockerfile"))
    elif is_remote(str(where)) or file is UNKNOWN or is_remote(str(file)):
        return None
    else:
        directory = site.resolve(posixpath.normpath(str(where)))
        shown = str(file) if file else posixpath.join(str(where), "Dockerfile")
        path = site.resolve(posixpath.normpath(shown))
    return None if path is None else (directory, path)


def _add_bake(inputs: _Inputs, site: Site, reading: Reading) -> None:
    values, context = inputs.values, inputs.context
    source = as_text(values.get("source")) or as_text(values.get("workdir")) or "."
    inside = source.rpartition("}}")[2].lstrip(":") if "{{" in source else source
    directory = None if is_remote(inside) else site.resolve(posixpath.normpath(inside or "."))
    if directory is None:
        return
    overrides = context.expand_text(inputs.given.get("set")).splitlines()
    targets = inputs.words("targets")
    is_complete = "${{" not in context.expand_text(inputs.given.get("targets"))
    add_bake(
        site,
        reading,
        directory,
        files=inputs.words("files"),
        targets=targets if targets or is_complete else None,
        is_complete=is_complete,
        # Together the jobs of the matrix build the platforms of the Bake file.
        overrides=[it for it in overrides if not _PLATFORM_OF_MATRIX.match(it)],
        environment={name: as_text(it) if is_known(it) else UNKNOWN for name, it in context.values["env"].items()},
        machines=site.machines,
        pushes=inputs.pushes,
        is_check=as_text(values.get("call")) in CHECKS,
        is_for_each_platform=any(map(_PLATFORM_OF_MATRIX.match, overrides)),
    )
