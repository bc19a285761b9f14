"""Java, Kotlin, Scala, Clojure: Maven, Gradle, sbt, Leiningen and related programs.

Jars suit every machine, unless a library inside brings native code for one only; what native-image and jlink make does not.

Source: the command references of Maven, Gradle, sbt, Ant, Mill, Leiningen, Boot and the Clojure CLI; GraalVM's Native Build Tools.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_PROGRAMS: Final = frozenset({"gradle", "gradlew", "mvn", "mvnd", "mvnw", "sbt"})
_FETCHING: Final = ("dependency:", "dependencies", "de.qaware.maven:go-offline", "update")
_TELLING: Final = ("help:", "help", "projects", "properties", "tasks")
_PREPARING: Final = frozenset({"clean", "cleanAll", "validate", "wrapper"})
_TESTING: Final = frozenset({"check", "integrationTest", "test"})
"""Goals that write no archive. Maven's `integration-test` and `verify` come after `package`, and run it.

Source: maven.apache.org, "Introduction to the Build Lifecycle".
"""
_FOR_THIS_MACHINE: Final = frozenset({"jlink", "jpackage", "native-image"})
_NATIVE: Final = (
    "-Dnative",
    "-Dpackaging=native-image",
    "-Dquarkus.native.enabled=true",
    "-Dquarkus.package.type=native",
    "-Pnative",
    "native:compile",
    "nativeCompile",
    "nativeImage",
)
"""Beginnings of arguments with which a build makes a program for a machine. Source: quarkus.io, "Building a Native Executable"; Native Build Tools."""


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name in _FOR_THIS_MACHINE:
        return _native(invocation, toolchain, command.name)
    if command.name not in _PROGRAMS:
        return None
    goals = invocation.operand_texts
    title = " ".join((command.name, *_main_goal(goals)))
    if any(it.startswith(_NATIVE) for it in command.arguments) or _has_native_profile(invocation):
        return _native(invocation, toolchain, title)
    if not any(not it.startswith(_TELLING) for it in goals):
        return Use(toolchain, invocation, Effect.NEUTRAL, title)
    manifests = _manifests(invocation)
    if all(it.startswith(_FETCHING) or it == "clean" for it in goals):
        return Use(toolchain, invocation, Effect.FETCH, title, manifests=manifests)
    if all(it.rpartition(":")[2] in _TESTING for it in goals):
        return Use(toolchain, invocation, Effect.EXECUTE, title, manifests=manifests)
    return Use(toolchain, invocation, Effect.BUNDLE, title, manifests=manifests, may_differ=True)


def _has_native_profile(invocation: Invocation) -> bool:
    """True if one of the profiles of Maven that a command names is `native`, as Spring Boot and Quarkus call theirs."""
    if invocation.command.name not in _MAVEN:
        return False
    words = [it.removeprefix("-P") if it.startswith("-P") else "" for it in invocation.command.arguments]
    named = invocation.argument("-P", "--activate-profiles")
    words.append("" if named is None else named.value or "")
    return any("native" in it.split(",") for it in words)


def _manifests(invocation: Invocation) -> tuple[str, ...]:
    """The pom.xml from which Maven downloads; none if it downloads nothing, or needs more than the project tells: settings, one module of several."""
    if invocation.command.name not in _MAVEN or invocation.has_option(*_TAKING_MORE):
        return ()
    project = invocation.argument("-f", "--file")
    if project is None:
        return ("pom.xml",)
    path = project.value or ""
    return (path,) if path.endswith(".xml") else ()


_MAVEN: Final = frozenset({"mvn", "mvnd", "mvnw"})
_TAKING_MORE: Final = (
    "-am",
    "-gs",
    "-o",
    "-pl",
    "-s",
    "--also-make",
    "--global-settings",
    "--offline",
    "--projects",
    "--settings",
)
"""Options of Maven with which it works offline, or reads other files than the pom.xml. Source: its "Command Line Options Reference"."""


def _main_goal(goals: Sequence[str]) -> Sequence[str]:
    """The goal that names the command in messages: the first one that does more than clean, set and tell; empty without goals."""
    main = [it for it in goals if it not in _PREPARING and not it.startswith((*_TELLING, "project ", "set "))]
    building = [it for it in main if not it.startswith(_FETCHING)]
    return (building or main or goals)[:1]


def _native(invocation: Invocation, toolchain: Toolchain, title: str) -> Use:
    machines = tuple(None if _links_other_modules(invocation) else it.architecture for it in invocation.step_platforms)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        architectures=machines,
        outputs=_image(invocation) if title == "native-image" else (),
        manifests=_manifests(invocation),
        must_run_on_target=True,
        is_native_only=True,
    )


def _image(invocation: Invocation) -> tuple[str, ...]:
    """The program that native-image names: `-o FILE`, or the last operand after the archive or the class. Source: GraalVM, "Native Image Build Options"."""
    last = invocation.command.words[-1]
    is_second = len(invocation.operands) > 1 and not last.text.startswith("-")
    named = invocation.option_paths("-o")
    return named or (invocation.paths(last) if is_second else ())


def _links_other_modules(invocation: Invocation) -> bool:
    """True if jlink may link the modules of a JDK for another machine.

    Source: the manual of jlink, `--module-path`; without it, jlink takes the modules of the JDK that it belongs to.
    """
    modules = invocation.argument("-p", "--module-path") if invocation.command.name == "jlink" else None
    return modules is not None and "JAVA_HOME" not in modules.text


def _reads(invocation: Invocation, name: str) -> Reading:
    """A pom.xml may use `${env.NAME}`, and the files of Gradle and sbt are programs."""
    return invocation.reading_by_project(name)


JAVA: Final = Toolchain("Java", _recognize, _reads)
