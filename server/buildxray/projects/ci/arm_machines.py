"""Detect repositories whose continuous integration has machines with Arm processors, which may build an image that no file is seen to emulate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from buildxray.files.reading import entries_of, path_below, read_project_text, subdirectories
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.ci import workflow_files
from buildxray.projects.ci.jenkins import Jenkinsfile
from buildxray.projects.ci.machines import named_architectures
from buildxray.projects.ci.pipeline_machines import names_machine
from buildxray.projects.ci.script_files import script_files
from buildxray.projects.ci.unread import VARIABLE_RUNNER, names_image_tool
from buildxray.projects.yaml import YamlError, YamlMapping, load_documents
from buildxray.syntax.lazy_regex import lazy_regex

_ARM: Final = "arm64"
_HOSTED: Final = lazy_regex(
    r"(?<![\w./:@-])(?:\w+-){0,3}ubuntu-(?:latest|\d\d(?:\.?\d\d)?)(?:-\w+){0,2}-arm(?:64)?(?:-\w+){0,2}(?![\w./:@-])"
    r"|(?<![\w./:@-])ubicloud-(?:\w+-){1,3}arm(?![\w./:@])"
)
"""Labels of hosted machines with an Arm processor, of GitHub and of services with the same images."""
_RUNNER: Final = lazy_regex(
    r"^[ \t-]*[\"']?(?:\w+[_-])?(?:runs[_-]?on|runners?|instance[_-]type)(?:[_-]\w+)?[\"']?[ \t]*:(?P<value>[^\n#]*(?:\n[ \t]+-[ \t][^\n#]*){0,5})"
    r"|[\"'{,][ \t]*[\"']?(?:runs[_-]?on|runner)(?:[_-]\w+)?[\"']?[ \t]*:[ \t]*(?P<inline>\[[^\]\n]*\]|[^,}\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
"""The value of a key that names a machine, `runs-on`, `runner` or `instance-type`, in YAML or in JSON."""
_COMPUTED: Final = lazy_regex(r"\bruns-on[\"']?:[ \t]*[\"']?\$\{\{[ \t]*(?:needs|inputs|fromJSON)\b", re.IGNORECASE)
"""A machine that an earlier job, a caller or a computed list names."""
_ARM_PLATFORM: Final = lazy_regex(r"^[^#\n]*\bplatforms?[\"']?:[^#\n]*\blinux/(?:arm64|aarch64)\b", re.MULTILINE)
_INPUT: Final = lazy_regex(
    r"\buses:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n|[ \t]+[\w-]+:[^\n]*\n){0,30}?[ \t]+platforms?:[ \t]*[\"']?(?:\$\{\{[ \t]*matrix\.|linux/)"
)
"""An action with a platform among its inputs, which is that of an image: `linux/arm64` is not the name of a machine."""
_KONFLUX: Final = lazy_regex(
    r"\bbuild-platforms\b[^\n]*\n(?:[ \t]*(?:-[ \t]|value[ \t]*:|name[ \t]*:)[^\n]*\n){0,20}?[ \t]*-[ \t]*[\"']?linux[\w-]*/(?:arm64|aarch64)\b"
)
"""The parameter of a pipeline of Konflux that builds each platform on a machine of its kind. Source: konflux-ci.dev/docs, "Building multi-platform container images"."""
_DATA: Final = (".json", ".yaml", ".yml")
_MOST_DATA: Final = 60
_MOST_RUNNERS: Final = 500
_DEEPEST: Final = 3
_MOST_CHARACTERS: Final = 50_000
"""Limit for the code points of a pipeline that is parsed for its labels."""


def may_build_on_arm(root: Path) -> bool:
    """True if the continuous integration of a repository has a machine with an Arm processor that may build its images.

    A workflow or a pipeline names such a machine and a tool for images, or an action gets the platform `linux/arm64`; or one of these, or a file of data beside the workflows, names the
    machine, and a job runs on a machine that an earlier job or a caller computes.
    """
    workflows = {path: text for path in workflow_files(root) if (text := read_project_text(path)) is not None}
    naming = [it for it in workflows.values() if names_arm_runner(it)]
    if any(names_image_tool(it) or _gives_platform(it) for it in naming):
        return True
    if any(map(_COMPUTED.search, workflows.values())) and naming:
        return True
    if any(map(VARIABLE_RUNNER.search, workflows.values())) and any(map(names_arm_runner, _data(root, workflows))):
        return True
    of_tekton = (Path(it.path) for it in entries_of(root / ".tekton") if it.name.endswith((".yaml", ".yml")))
    if any(_KONFLUX.search(read_project_text(it) or "") for it in islice(of_tekton, _MOST_DATA)):
        return True
    return any(_is_pipeline_on_arm(root, it) for it in script_files(root))


def _gives_platform(text: str) -> bool:
    """True if a workflow has the platform `linux/arm64` in a value of `platform`, and gives an action such a value, or one of its matrix."""
    return _ARM_PLATFORM.search(text) is not None and _INPUT.search(text) is not None


def names_arm_runner(text: str) -> bool:
    """True if a workflow or a file of data names a machine with an Arm processor: by the label of a hosted one, or in a value of `runs-on` or `runner`."""
    written = "\n".join(it for it in text.splitlines() if not it.lstrip().startswith("#"))
    if _HOSTED.search(written) is not None:
        return True
    runners = islice(_RUNNER.finditer(written), _MOST_RUNNERS)
    return any(_ARM in named_architectures(it["value"] or it["inline"] or "") for it in runners)


def _data(root: Path, workflows: Iterable[Path]) -> Iterator[str]:
    """Yield the texts of the files of data in the directory `.github`."""
    known, n_read = {*workflows}, 0
    waiting = [(root / ".github", 0)]
    while waiting:
        directory, depth = waiting.pop(0)
        for entry in entries_of(directory):
            path = Path(entry.path)
            if path not in known and path.suffix in _DATA and n_read < _MOST_DATA:
                n_read += 1
                yield read_project_text(path) or ""
        if depth < _DEEPEST:
            waiting += ((it, depth + 1) for it in subdirectories(directory)[:_MOST_DATA])


def _is_pipeline_on_arm(root: Path, path: Path) -> bool:
    """True if a pipeline of another system than GitHub names a machine with an Arm processor, and a tool for images."""
    is_of_jenkins = path.name.startswith("Jenkinsfile") or path.suffix == ".jenkinsfile"
    if not is_of_jenkins and path.suffix not in _DATA:
        return False
    text = read_project_text(path)
    if text is None or len(text) > _MOST_CHARACTERS or not (_ARM in text or "arm" in text or "aarch64" in text):
        return False
    if not names_image_tool(text):
        return False
    if is_of_jenkins:
        return Jenkinsfile(text).names(_ARM)
    try:
        documents = [it for it in load_documents(text) if isinstance(it, YamlMapping)]
    except YamlError:
        return False
    place = path_below(path, root) or path.name
    return any(names_machine(place, it, _ARM) for it in documents)


def may_be_native(build: DeclaredBuild | None, declared: Iterable[DeclaredBuild]) -> bool:
    """True if a build may be run for each platform on a machine of its kind, in a repository whose continuous integration has an Arm one.

    That is so if no machine is known to build it, and no job is known to emulate another build of the same Dockerfile. A command for
    several platforms uses one builder; those of a Bake file and of a service are only what a call may choose from.
    """
    if any(it.is_emulated for it in declared):
        return False
    if build is None:
        return True
    if build.nodes or build.machine is not None:
        return False
    is_chosen_from = build.source.suffix in {".hcl", ".json"} or build.is_of_service or len(build.joined_names) > 1
    return is_chosen_from or build.is_automated or len(build.single_platform_names) < 2
