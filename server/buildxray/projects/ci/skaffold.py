"""The images that `skaffold build` makes of Dockerfiles. Nothing is executed.

Source: skaffold.dev, "skaffold.yaml", `build`; a profile, which a command has to name, changes it and is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import path_below
from buildxray.platforms.machines import Machines
from buildxray.projects.builds import DeclaredBuild, existing_dockerfile, on_machines, pairs, platform_names
from buildxray.projects.ci.site import project_path
from buildxray.projects.yaml import YamlError, YamlMapping, as_mapping, load_documents

_OTHER_BUILDERS: Final = frozenset(("bazel", "buildpacks", "custom", "jib", "ko"))
_MOST_IMAGES: Final = 200


def read_skaffold(text: str, path: Path, root: Path) -> Iterator[DeclaredBuild]:
    """Yield the builds of the artifacts of a file that Docker or kaniko makes."""
    try:
        documents = [it for it in load_documents(text) if isinstance(it, YamlMapping)]
    except YamlError:
        return
    for document in documents:
        build = as_mapping(document.get("build"))
        artifacts = build.get("artifacts")
        for it in (artifacts if isinstance(artifacts, list) else ())[:_MOST_IMAGES]:
            declared = _artifact(it, build, path, root) if isinstance(it, YamlMapping) else None
            if declared is not None:
                yield declared


def _artifact(artifact: YamlMapping, build: Mapping[str, Any], path: Path, root: Path) -> DeclaredBuild | None:
    """The build of one artifact; None if another program makes it, or if a template names its files."""
    if not _OTHER_BUILDERS.isdisjoint(artifact):
        return None
    options = as_mapping(artifact.get("docker") or artifact.get("kaniko"))
    context, file = str(artifact.get("context", ".")), str(options.get("dockerfile", "Dockerfile"))
    own = path_below(path.parent, root) or "."
    directory = None if "{{" in context + file else project_path(root, f"{own}/{context}")
    dockerfile = None if directory is None else project_path(root, str(directory / file))
    if directory is None or dockerfile is None:
        return None
    arguments = {str(name): it for name, it in as_mapping(options.get("buildArgs")).items()}
    known = {name: str(it) for name, it in arguments.items() if it is not None and "{{" not in str(it)}
    platforms = artifact.get("platforms", build.get("platforms"))
    target = str(options.get("target") or "")
    is_known = "{{" not in target
    declared = DeclaredBuild(
        name=str(artifact.get("image", path.name)),
        source=path,
        line=min(artifact.lines.values(), default=1),
        dockerfile=existing_dockerfile(dockerfile),
        context=directory,
        platform_names=platform_names(platforms if isinstance(platforms, list) else []),
        target=target if is_known else "",
        arguments=pairs(known),
        unknown_arguments=(*sorted({*arguments} - {*known}),),
        origin=path.relative_to(root).as_posix(),
        unknown=frozenset(() if is_known else ("target",)),
    )
    # In a cluster a machine may be of any platform.
    is_elsewhere = "cluster" in build or "googleCloudBuild" in build
    return on_machines(declared, Machines(is_unknown=True)) if is_elsewhere else declared
