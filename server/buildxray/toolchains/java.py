"""Java, Kotlin, Scala: Maven, Gradle, sbt.

Jars suit every machine, unless a library inside brings native code for one only; what native-image and jlink make does not.

Source: the command references of Maven, Gradle and sbt; GraalVM's Native Build Tools.
"""

from __future__ import annotations

from typing import Final

from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_PROGRAMS: Final = frozenset({"gradle", "gradlew", "mvn", "mvnd", "mvnw", "sbt"})
_FETCHING: Final = ("dependency:", "dependencies", "de.qaware.maven:go-offline", "update")
_TELLING: Final = ("help:", "help", "projects", "properties", "tasks")
_TESTING: Final = frozenset({"check", "integration-test", "test", "verify"})
_FOR_THIS_MACHINE: Final = frozenset({"jlink", "jpackage", "native-image"})
_NATIVE: Final = ("-Pnative", "nativeCompile", "nativeImage", "-Dnative", "-Dpackaging=native-image", "native:compile")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    if command.name in _FOR_THIS_MACHINE:
        return _native(invocation, toolchain, command.name)
    if command.name not in _PROGRAMS:
        return None
    goals = [invocation.text_at(it) for it in invocation.operands]
    title = " ".join((command.name, *goals[:1]))
    if any(it.startswith(_NATIVE) for it in command.arguments):
        return _native(invocation, toolchain, title)
    if not any(not it.startswith(_TELLING) for it in goals):
        return Use(toolchain, invocation, Effect.NEUTRAL, title)
    if all(it.startswith(_FETCHING) or it == "clean" for it in goals):
        return Use(toolchain, invocation, Effect.FETCH, title)
    if all(it.rpartition(":")[2] in _TESTING for it in goals):
        return Use(toolchain, invocation, Effect.EXECUTE, title)
    return Use(toolchain, invocation, Effect.BUNDLE, title, may_differ=True)


def _native(invocation: Invocation, toolchain: Toolchain, title: str) -> Use:
    machines = tuple(None if _links_other_modules(invocation) else it.architecture for it in invocation.step_platforms)
    return Use(
        toolchain,
        invocation,
        Effect.COMPILE,
        title,
        architectures=machines,
        must_run_on_target=True,
        is_native_only=True,
    )


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
