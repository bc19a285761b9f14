"""The entries of a file that declare builds, and what those of one file share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.caching import cached
from buildxray.files.reading import (
    MOST_DOCKERFILE_BYTES,
    exists,
    read_project_text,
    repository_root,
    settings_root,
    walk,
)
from buildxray.ide.requests import request_of
from buildxray.ide.settings import Settings
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.file_names import is_dockerfile
from buildxray.projects.places import FilePlaces
from buildxray.projects.reader import SKIPPED
from buildxray.projects.yaml import load_yaml
from buildxray.records import cached_property
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Build, Builder, BuildRequest, Stage
from buildxray.semantics.errors import template_mark
from buildxray.syntax.instructions import Arg, Copying, From, Node, Onbuild, Run
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.parser import Dockerfile, parse
from buildxray.syntax.text import TextRange
from buildxray.toolchains.base import Workspace

_DEEPEST: Final = 6
_MOST_ENTRIES: Final = 5_000
"""The most files and directories of a repository in which a Dockerfile is looked for."""
_NOT_SEARCHED: Final = SKIPPED | {".git"}


_NAME: Final = lazy_regex(r"[A-Za-z_]\w*")
_OF_DOCKER: Final = lazy_regex(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?")
"""An image of Docker's own frontend."""


class BuildLink(NamedTuple):
    """A link from a project file to a stage."""

    range: TextRange
    dockerfile: Path
    stage: TextRange
    """The range of the stage's name in the Dockerfile, or of its FROM."""
    stage_index: int


class DeclaringFile:
    """A file of a project, and what all of its builds ask about."""

    def __init__(
        self, path: Path, text: str, builds: Iterable[DeclaredBuild], facts: Callable[[Path], Workspace]
    ) -> None:
        """`facts` gives those of the project of a Dockerfile, as its own check has them."""
        self._facts = facts
        self._checked: dict[tuple[Path, BuildRequest], tuple[Build, Builder]] = {}
        self._workspaces: dict[Path, Workspace] = {}
        self.text = text
        self.places = FilePlaces(path.name, text)
        self._directory = path.parent
        self.builds = builds

    @cached_property
    def document(self) -> object:
        """The content of a YAML file; None if it is not valid."""
        return load_yaml(self.text)

    @cached_property
    def are_below_root(self) -> bool:
        """True if the file is in a directory below the root of its repository."""
        return self._root is not None and self._root != self._directory

    def is_from_root(self, dockerfile: Path) -> bool:
        """True if the Dockerfile of a service exists from the root of the repository, and that of no service from the directory of the file."""
        return dockerfile in self._from_root

    @cached_property
    def _from_root(self) -> frozenset[Path]:
        """The paths of Dockerfiles that `is_from_root` means."""
        directory, root = self._directory, self._root
        own = {it.dockerfile for it in self.builds if it.is_of_service and not it.remote}
        if root is None or any(not it.is_relative_to(directory) or exists(it) for it in own):
            return frozenset()
        return frozenset(it for it in own if exists(root / it.relative_to(directory)))

    @cached_property
    def dockerfiles(self) -> tuple[Path, ...]:
        """The Dockerfiles of the repository; empty outside of a repository, and for a very large one."""
        if self._root is None:
            return ()
        listed: list[Path] = []
        n_entries = 0
        for place, directories, names in walk(self._root):
            depth = len(Path(place).parts) - len(self._root.parts)
            directories[:] = [] if depth >= _DEEPEST else sorted(it for it in directories if it not in _NOT_SEARCHED)
            n_entries += len(names) + len(directories)
            if n_entries > _MOST_ENTRIES:
                return ()
            listed += (Path(place, it) for it in names if is_dockerfile(it))
        return (*listed,)

    def checked(self, dockerfile: Path, text: str, request: BuildRequest) -> tuple[Build, Builder]:
        """A build of a Dockerfile, given its text, planned with the facts of its project, and its builder; the same objects for the same request."""
        if dockerfile not in self._workspaces:
            # The machine of the build is known here, whatever that of the build is that the Dockerfile is shown for.
            self._workspaces[dockerfile] = self._facts(dockerfile)._replace(
                machine_is_unknown=False, may_have_own_machines=False, platforms_are_unknown=False
            )
        key = dockerfile, request
        if key not in self._checked:
            builder = Builder(request, self._workspaces[dockerfile])
            self._checked[key] = builder.build(_parsed(text)), builder
        return self._checked[key]

    def names(self, dockerfile: Path) -> bool:
        """True if a build of the file is one of this Dockerfile."""
        return any(it.dockerfile == dockerfile for it in self.builds)

    @cached_property
    def _root(self) -> Path | None:
        return repository_root(self._directory) or settings_root(self._directory)


class BuildEntry:
    """An entry of a file that declares a build, with its plan and its places in the file."""

    def __init__(self, declared: DeclaredBuild, file: DeclaringFile, settings: Settings) -> None:
        self.declared = declared
        self.own = file.places.of(declared)
        self.file = file
        self.request = request_of(declared, settings)
        self._dockerfile = read_project_text(declared.dockerfile, MOST_DOCKERFILE_BYTES)

    @property
    def has_dockerfile(self) -> bool:
        """True if the Dockerfile can be read."""
        return self._dockerfile is not None

    @cached_property
    def build(self) -> Build | None:
        """The planned build; None without a Dockerfile. A file may declare hundreds of builds, so ask for it only if the text is not enough."""
        return None if self._dockerfile is None else _build(self._dockerfile, self.request)

    @cached_property
    def stage_names(self) -> tuple[str, ...]:
        """The names of the stages in lower case, in order, and empty ones of stages without a name."""
        instructions = () if self._dockerfile is None else _parsed(self._dockerfile).instructions
        aliases = (it.node.alias for it in instructions if isinstance(it.node, From))
        return tuple("" if it is None else it.text.lower() for it in aliases)

    @cached_property
    def arguments(self) -> frozenset[str]:
        """The names of all arguments that the Dockerfile declares, in any stage, or in the trigger of one."""
        nodes = (it.node for it in (() if self._dockerfile is None else _parsed(self._dockerfile).instructions))
        declaring = (it.trigger if isinstance(it, Onbuild) else it for it in nodes)
        return frozenset(pair.name.text for it in declaring if isinstance(it, Arg) for pair in it.pairs)

    def argument_place(self, name: str, value: str | None = None) -> TextRange | None:
        """The place where the entry itself writes the name of an argument, with this value; None if it does not, or more than once."""
        if "args" not in self.own.own or _NAME.fullmatch(name) is None:
            return None
        range_ = self.own.fields["args"]
        if range_.start < self.own.name.start:
            # A merged or named value of YAML, which other entries may share.
            return None
        is_script = "--build-arg" in self.file.text[slice(*range_)]
        before = r"--build-arg[ =][\"']?" if is_script else r"(?<![^\s\"'{,])"
        after = r"(?!\w)" if is_script else r"(?=[\"']?[ \t]*(?:[=:]|$))"
        if value is not None:
            after += rf"(?=[\"']?[ \t]*[=:][ \t]*[\"']?{re.escape(value)}(?![\w./-]))"
        pattern = re.compile(rf"{before}(?P<name>{name}){after}", re.MULTILINE)
        found = [*pattern.finditer(self.file.text, range_.start, range_.end)]
        return TextRange(*found[0].span("name")) if len(found) == 1 else None

    @property
    def may_declare_more(self) -> bool:
        """True if triggers of a base image may declare arguments too, as far as its name or a file that only names it shows, or if the text is a template."""
        build = self.build
        if build is None or template_mark(build) is not None:
            return True
        images = [it.node.image for it in build.instructions if isinstance(it.node, From)]
        has_steps = any(isinstance(it.node, Copying | Run) for it in build.instructions)
        return not has_steps or any(it is not None and "onbuild" in it.text for it in images)

    @property
    def has_stage(self) -> bool:
        """True if the stage that is built is known, and is in the Dockerfile."""
        wanted = self.declared.target.lower()
        if "target" in self.declared.unknown:
            return False
        numbers = map(str, range(len(self.stage_names)))
        return bool(self.stage_names) and (not wanted or wanted in self.stage_names or wanted in numbers)

    @property
    def stage(self) -> Stage | None:
        """The stage that is built; None if no stage has its name."""
        if self.build is None or "target" in self.declared.unknown:
            return None
        wanted = self.declared.target.lower()
        stages = self.build.stages
        named = [it for it in stages if wanted and (it.name == wanted or str(it.idx) == wanted)]
        return named[-1] if named else stages[-1] if stages and not wanted else None

    @property
    def has_other_frontend(self) -> bool:
        """True if another frontend than Docker's reads the file, which then may have stages that no instruction names.

        Source: docs.docker.com, "Custom Dockerfile syntax", `syntax` and `BUILDKIT_SYNTAX`.
        """
        named = "" if self._dockerfile is None else _parsed(self._dockerfile).frontend
        frontend = dict(self.declared.arguments).get("BUILDKIT_SYNTAX") or named
        is_unknown = "BUILDKIT_SYNTAX" in self.declared.unknown_arguments
        return is_unknown or (frontend != "" and _OF_DOCKER.fullmatch(frontend) is None)

    @property
    def context(self) -> RuleContext | None:
        """The build as rules see it; None without a Dockerfile."""
        checked = self._checked
        return None if checked is None else RuleContext(*checked, asks_for_several=True)

    @property
    def checked_build(self) -> Build | None:
        """The build as the check of the Dockerfile sees it, with the facts of the project; None without a Dockerfile. It costs more than `build`."""
        return None if self._checked is None else self._checked[0]

    @property
    def _checked(self) -> tuple[Build, Builder] | None:
        if self._dockerfile is None:
            return None
        return self.file.checked(self.declared.dockerfile, self._dockerfile, self.request)

    @property
    def runner_place(self) -> TextRange:
        """The range of the machine of the job; without one, the range of the platforms."""
        return self.own.runner or self.own.fields.get("platforms", self.own.name)

    def links(self) -> Iterator[BuildLink]:
        """The ranges that link to the stage that is built."""
        stage = self.stage
        if stage is None:
            return
        alias = stage.from_.alias
        target = stage.from_.keyword_range if alias is None else stage.from_.range_of(alias)
        places = [
            self.own.name,
            *(
                it
                for name, it in self.own.fields.items()
                if name in self.own.own and name not in {"args", "platforms", "contexts"}
            ),
        ]
        for place in dict.fromkeys(places):
            yield BuildLink(place, self.declared.dockerfile, target, stage.idx)


def copied_paths(dockerfile: Path) -> tuple[str, ...]:
    """The paths of `paths_of` for all instructions of a Dockerfile; empty if it cannot be read."""
    text = read_project_text(dockerfile, MOST_DOCKERFILE_BYTES)
    return () if text is None else paths_of(it.node for it in _parsed(text).instructions)


def paths_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The paths, relative to the build context, that instructions take by COPY and ADD, without those that have variables or wildcards."""
    copying = (it for it in nodes if isinstance(it, Copying) and it.flag("from") is None)
    paths = (source.text.lstrip("/") for it in copying for source in it.sources)
    return tuple(dict.fromkeys(it for it in paths if _LITERAL.fullmatch(it) is not None and it.strip("./")))


_LITERAL: Final = lazy_regex(r"[\w./@+ -]+")


@cached(64)
def _build(text: str, request: BuildRequest) -> Build:
    return Builder(request).build(_parsed(text))


@cached(16)
def _parsed(text: str) -> Dockerfile:
    """A Dockerfile, of which a project may declare hundreds of builds."""
    return parse(text)
