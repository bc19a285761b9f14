"""The build that a Dockerfile is shown for, with the other builds that its project declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from buildxray.ide.analysis import Analyzer
from buildxray.ide.requests import machine_is_unknown
from buildxray.ide.settings import Settings
from buildxray.localization import gettext_lazy as _
from buildxray.localization import localized
from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.request import BuildRequest
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.by_hand import is_of_workflow
from buildxray.projects.context import Contexts, IgnoredSources
from buildxray.projects.fresh_machines import FreshMachines
from buildxray.projects.stored_caches import StoredCaches
from buildxray.projects.text_tools import TextTools
from buildxray.rules.base import Rule
from buildxray.toolchains.base import Workspace

_OF_EMULATION: Final = ("emulated-build", "needless-emulation")
"""Rules about time that machines of their own do not take."""


_OF_CACHE: Final = ("early-changing-arg", "late-module-download")
"""Rules about steps that run again although their files have not changed, as they do in each build without a cache."""


def _may_find_steps(build: DeclaredBuild) -> bool:
    """True if a build may find steps of earlier builds in a cache: it reads one that others have exported, or people run it on their machine too.

    The machine of a job of a workflow has no cache of its own (docs.docker.com, "Cache management with GitHub Actions").
    """
    if build.ignores_cache:
        return False
    return "from" in build.caches or not build.is_automated or build.called_from is not None


def _given_by_each(builds: Iterable[DeclaredBuild]) -> frozenset[str]:
    """The names of the arguments that each of some builds gives; one that may give any (`*`) gives those of the others. Empty without others."""
    names = [{*dict(it.arguments), *it.unknown_arguments} for it in builds]
    told = [it for it in names if "*" not in it]
    return frozenset(set.intersection(*told)) if told else frozenset()


def machine_is_told(build: DeclaredBuild | None) -> bool:
    """True if the project tells the machine that builds each platform of a declared build."""
    return build is not None and bool(build.nodes) and "nodes" not in build.unknown


def may_have_own_machines(build: DeclaredBuild | None, settings: Settings) -> bool:
    """True if the builder of a declared build may have a machine for each platform, and the user names no machine."""
    return build is not None and build.may_have_nodes and settings.machines.own is None


def _makes_image_of_stage(build: DeclaredBuild) -> bool:
    """True if a build names a stage and makes an image of it that has to suit the platforms that it is for."""
    is_image = build.is_shown and not (build.makes_files or build.keeps_nothing or build.is_check)
    is_for_platforms = bool(build.platforms) or "platforms" in build.unknown or build.pushes
    return is_image and is_for_platforms and build.target != ""


class OtherBuild(NamedTuple):
    """Another build of the same Dockerfile, which is checked too."""

    name: str
    request: BuildRequest
    origin: str
    nobody_waits: bool = False
    """True if a script or Makefile declares it, while a workflow builds each platform on a machine of its own, or if its steps come from a cache."""
    machine_is_unknown: bool = False
    may_have_own_machines: bool = False
    """True if its builder may have a machine for each platform."""
    machine_is_told: bool = False
    """True if the project tells the machine that builds each of its platforms."""
    n_builds: int = 1
    """The number of declared builds that it represents."""


class ProjectBuild(NamedTuple):
    """The build that a Dockerfile is shown for."""

    request: BuildRequest
    settings: Settings
    origin: str
    """The source of the platforms, in words; empty if they are the default."""
    ignored: IgnorePatterns | None = None
    """The patterns of the `.dockerignore` of its context; None without one."""
    shown: DeclaredBuild | None = None
    """The declaration of the build; None if no file declares one."""
    declared: tuple[DeclaredBuild, ...] = ()
    """All distinct builds of the Dockerfile, the shown one included."""
    others: tuple[OtherBuild, ...] = ()
    """The builds that are checked but not shown."""
    dockerfile: str = ""
    """The path of the Dockerfile in its repository, with slashes; empty if it is not known."""
    is_named: bool = False
    """True if the name of the Dockerfile, or of its directory, contains its platform."""
    nobody_waits: bool = False
    """True if a script or a Makefile declares the build that is shown, while workflows build each platform on a machine of its kind, or
    if its steps come from a cache."""
    may_be_native: bool = False
    """True if each platform of the shown build may have a machine of its kind, because the project has Arm machines and does not tell which one builds."""
    is_automated: bool = False
    """True if the repository declares builds, or has workflows or scripts that may build images."""
    has_unread_builds: bool = False
    """True if the repository builds for several platforms, but its files do not name the Dockerfiles of these builds."""
    is_plain_variant: bool = False
    """True if another Dockerfile beside this one builds the same image for several platforms, and nothing asks for a platform of this one."""
    contexts: Contexts | None = None
    """The build contexts of the Dockerfile, or the directories that may be one where no build is known; None for a file without a project."""

    ignored_sources: IgnoredSources | None = None
    """Tells which paths are in none of `contexts`, because of `.dockerignore`; None where these are unknown."""
    label: str = ""
    """The name of the shown build for messages; it names the file if builds of other files have the same name."""
    probable_contexts: Contexts | None = None
    """The directories that may be the build context where `contexts` is None, so that its lists of dependencies can be judged."""

    stored_caches: StoredCaches | None = None
    """Tells if a workflow of the repository keeps the cache mounts of Dockerfiles between its runs; None outside of a repository."""
    fresh_machines: FreshMachines | None = None
    """Tells if no other build is probable than the declared ones, which all run on new machines; None if one of them runs elsewhere, or none is known."""
    text_tools: TextTools | None = None
    """Tells if the scripts of the repository read or edit lines of Dockerfiles; None outside of a repository."""
    own_images: frozenset[str] = frozenset()
    """The images that builds of the repository make, each as its registry and path."""
    n_builds: int = 1
    """The number of declared builds that the shown one represents."""
    n_unchecked: int = 0
    """The number of declared builds that are not checked, because there are too many."""

    @property
    def asks_for_several(self) -> bool:
        """True if the user or the project requests several platforms."""
        return self.origin != "" and len(self.request.target_platforms) > 1

    @property
    def default_platforms(self) -> tuple[str, ...]:
        """The target platforms if they are the default; empty if the user, the project or the name of the file sets them."""
        if self.origin or self.is_named or self.settings.platforms is not None or self._names_unasked:
            return ()
        return tuple(map(str, self.request.target_platforms))

    @property
    def _names_unasked(self) -> bool:
        """True if the platforms are those of a target of Bake that nobody asks for."""
        return self.origin == "" and self.shown is not None and self.shown.is_unasked and bool(self.shown.platforms)

    @property
    def machine_is_unknown(self) -> bool:
        """True if the machine of the shown build is unknown."""
        return self.shown is not None and machine_is_unknown(self.shown, self.settings)

    @property
    def may_have_own_machines(self) -> bool:
        """True if each platform of the shown build may have a machine of its own."""
        return self.may_be_native or may_have_own_machines(self.shown, self.settings)

    @property
    def platforms_are_unknown(self) -> bool:
        """True if only a run tells for which platforms the build that is shown is, so that the default ones are checked."""
        return self.origin == "" and self.shown is not None and "platforms" in self.shown.unknown

    @property
    def builds_for_itself(self) -> bool:
        """True if the project declares builds, and none of them names a platform, so that each is for its own machine."""
        declared = [it for it in self.declared if not it.is_of_service]
        return self.origin == "" and bool(declared) and all(it.is_for_own_platform for it in self.declared)

    @property
    def is_for_one_platform(self) -> bool:
        """True if the repository builds images, and none of its builds asks for several platforms for this Dockerfile, or may ask."""
        is_asked = self.origin != "" or self.is_named or any("platforms" in it.unknown for it in self.declared)
        return self.is_automated and not self.has_unread_builds and not is_asked

    @property
    def shown_origin(self) -> str:
        """The source of the platforms, in words; defaults have words too."""
        if self.origin:
            return self._with_machine(self.origin)
        if self.shown is None:
            return _("the name of the file") if self.is_named else _("the default: no build of this file was found")
        if self._names_unasked:
            origin = _("{origin}, which nothing in the project is seen to build", origin=self.shown.origin)
        elif "platforms" in self.shown.unknown:
            origin = _("the default: {origin} does not tell the platforms", origin=self.shown.origin)
        else:
            origin = _("the default: {origin} names no platforms", origin=self.shown.origin)
        return self._with_machine(origin)

    def _with_machine(self, origin: str) -> str:
        """The source of the platforms, with a note if the build machine is unknown."""
        return _("{origin}; its machine is unknown", origin=origin) if self.machine_is_unknown else origin

    @property
    def title(self) -> str:
        """The build in one line, for the top of a document; empty if no file declares one."""
        if self.shown is None:
            return ""
        names = _(", ").join(map(str, self.request.target_platforms))
        place = _("{n} of {total}", n=self.declared.index(self.shown) + 1, total=len(self.declared))
        parts = [
            f"{self.shown.display_name}: {names}",
            str(self.shown_origin),
            *([place] if len(self.declared) > 1 else []),
        ]
        return " · ".join(map(localized, parts))

    def _rules(self, *, nobody_waits: bool) -> tuple[Rule, ...]:
        """The rules for a build.

        A script's build is not cross-compiled if the published images are built natively, and no order of steps saves time if
        all builds ignore the cache.
        """
        ignores_cache = bool(self.declared) and all(it.ignores_cache for it in self.declared)
        without = (*(_OF_EMULATION if nobody_waits else ()), *(_OF_CACHE if ignores_cache else ()))
        return tuple(it for it in self.settings.rules if it.name not in without) if without else self.settings.rules

    def with_facts(self, workspace: Workspace) -> Workspace:
        """The facts from the source files beside the Dockerfile, with those of its project."""
        contexts = self.contexts or self.probable_contexts
        if contexts is not None:
            workspace = workspace._replace(needed=contexts.needed, run_time=contexts.run_time)
        return workspace._replace(
            # A job that builds the file itself for several platforms does not run the recipe.
            recipe_sets_platform_in=frozenset()
            if any(is_of_workflow(it) and len(it.platforms) > 1 for it in self.declared)
            else workspace.recipe_sets_platform_in,
            ignored=self.ignored,
            leaves_out=None if self.ignored_sources is None else self.ignored_sources.leaves_out,
            # Without a package.json beside the Dockerfile, its commands run the scripts of the one in the context.
            scripts=workspace.scripts or (() if contexts is None else contexts.scripts()),
            **({} if self.contexts is None else self.contexts.answers()),
            facts_with=None if self.contexts is None or self.declared else self.contexts.facts_with,
            context_is_told=None if self.contexts is None else self.contexts.is_told,
            directory_in_context="" if self.contexts is None else self.contexts.place_in_context,
            has_several_contexts=self.contexts is not None and len(self.contexts.directories) > 1,
            restores_caches=self.stored_caches,
            is_on_fresh_machines=self.fresh_machines,
            loses_text=self.text_tools,
            writes_architecture=None if self.text_tools is None else self.text_tools.writes_architecture,
            dockerfile=self.dockerfile,
            own_images=self.own_images,
            given_arguments=frozenset(
                name for it in self.declared for name in (*dict(it.arguments), *it.unknown_arguments)
            ),
            arguments_of_each_build=_given_by_each(self.declared),
            changing_arguments=frozenset(
                name for it in self.declared if _may_find_steps(it) for name in it.unknown_arguments
            ),
            stages_of_images=frozenset(it.target.lower() for it in self.declared if _makes_image_of_stage(it)),
            builds_for_itself=self.builds_for_itself,
            machine_is_unknown=self.machine_is_unknown,
            may_have_own_machines=self.may_have_own_machines,
            machine_is_told=machine_is_told(self.shown),
            platforms_are_unknown=self.platforms_are_unknown,
            has_build=any(not it.may_be_written for it in self.declared),
            has_legacy_build=any(it.is_legacy for it in self.declared),
            is_of_buildah=bool(self.declared) and all(it.is_of_buildah for it in self.declared),
            platforms_are_assumed=bool(self.default_platforms) or self._names_unasked,
            is_for_one_platform=self.is_for_one_platform,
            is_plain_variant=self.is_plain_variant,
            is_automated=self.is_automated,
            has_unread_builds=self.has_unread_builds,
        )

    def analyzer(self, workspace: Workspace) -> Analyzer:
        """An analyzer of the Dockerfile for this build that also checks the other builds."""
        workspace = self.with_facts(workspace)
        return Analyzer(
            self.request,
            asks_for_several=self.asks_for_several,
            origin=self.origin,
            shown_origin=self.shown_origin,
            default_platforms=self.default_platforms,
            rules=self._rules(nobody_waits=self.nobody_waits),
            workspace=workspace,
            title=self.title,
            name=self.label,
            n_builds=self.n_builds,
            n_unchecked=self.n_unchecked,
            others=tuple(
                (
                    it.name,
                    Analyzer(
                        it.request,
                        asks_for_several=it.origin != "" and len(it.request.target_platforms) > 1,
                        origin=it.origin,
                        n_builds=it.n_builds,
                        rules=self._rules(nobody_waits=it.nobody_waits),
                        workspace=workspace._replace(
                            machine_is_unknown=it.machine_is_unknown,
                            may_have_own_machines=it.may_have_own_machines,
                            machine_is_told=it.machine_is_told,
                        ),
                    ),
                )
                for it in self.others
            ),
        )
