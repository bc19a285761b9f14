"""Compose files, as `docker compose build` and `buildx bake` read them.

Source: docs.docker.com, "Compose Build Specification"; github.com/compose-spec/compose-go, loader.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.bake.targets import OF_ENVIRONMENT, Definition, Target
from buildxray.projects.builds import Note, absolute, is_remote
from buildxray.projects.hcl.values import UNKNOWN, Unknown, Value
from buildxray.projects.interpolation import MissingVariableError, interpolate, read_environment_file
from buildxray.projects.yaml import (
    Tagged,
    Timestamp,
    YamlError,
    YamlMapping,
    as_mapping,
    load_documents,
    may_be_template,
)
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_FILES: Final = 50
"""Limit for the files that one project includes and extends."""
_MOST_DEPTH: Final = 16
_SPECIAL_CONTEXT: Final = lazy_regex(r"[a-z][a-z+-]*://|(?:service|target|docker-image|oci-layout):", re.IGNORECASE)
_WORKING_DIRECTORY: Final = lazy_regex(r"(?<!\$)\$(?:PWD\b|\{PWD\b)")
_KEY_VALUE: Final = frozenset(("args", "additional_contexts", "environment"))
"""Mappings that may be written as lists of `KEY=VALUE`."""


@dataclass(slots=True)
class _Service:
    """A service, with the file and the line of its declaration."""

    body: dict[str, Any]
    file: str
    line: int


@dataclass(slots=True)
class _Loader:
    """Loads the files of one project; errors become notes."""

    directory: Path
    """The directory that the names of files in notes are relative to."""
    environment: dict[str, str]
    notes: list[Note] = field(default_factory=list)
    files: int = 0
    sources: list[Path] = field(default_factory=list)
    loaded: dict[Path, list[YamlMapping]] = field(default_factory=dict)
    """The documents of the files that were loaded; services that extend others often name the same file."""

    def project(self, paths: Iterable[Path], base: Path, depth: int = 0) -> dict[str, _Service]:
        """Load the services of several files; later files override earlier ones, and paths in them are relative to `base`."""
        services: dict[str, _Service] = {}
        for path in paths:
            for document in self.documents(path):
                for included in self._included(document, base, depth):
                    services = {**included, **services}
                listed = document.get("services")
                own = listed if isinstance(listed, YamlMapping) else YamlMapping()
                for name in own:
                    line = own.lines.get(name, 1)
                    resolved = self._extended(name, own, path, base, depth)
                    before = services.get(name)
                    if before is None:
                        services[name] = _Service(resolved, self._name(path), line)
                    else:
                        before.body = _merged(before.body, resolved)
        return services

    def documents(self, path: Path) -> list[YamlMapping]:
        """The documents of a file with the values of variables; empty if it cannot be read."""
        if path not in self.loaded:
            self.loaded[path] = []
            self.loaded[path] += self._load(path)
        return self.loaded[path]

    def _load(self, path: Path) -> Iterator[YamlMapping]:
        self.files += 1
        text = read_project_text(path) if self.files <= _MOST_FILES else None
        if text is None:
            return
        self.sources.append(path)
        try:
            for document in load_documents(text):
                if isinstance(document, YamlMapping):
                    yield self._interpolated(document)
        except YamlError as error:
            if not may_be_template(text):
                self.notes.append(Note(self._name(path), error.line, _("this is not YAML: {error}", error=error)))

    def _interpolated(self, value: Any) -> Any:  # noqa: ANN401 - what YAML holds
        """Expand the variables in a value; it is unknown if one must come from the environment.

        The file is right: `${NAME:?}` asks people to set the variable.
        """
        if isinstance(value, YamlMapping):
            result = YamlMapping()
            result.lines = value.lines
            for key, it in value.items():
                result[key] = self._interpolated(it)
            return result
        if isinstance(value, list):
            return [self._interpolated(it) for it in value]
        if isinstance(value, Tagged):
            return Tagged(value.tag, self._interpolated(value.value))
        if not isinstance(value, str) or "$" not in value:
            return value
        if _WORKING_DIRECTORY.search(value):
            # The text does not determine the directory in which people run Compose.
            return UNKNOWN
        try:
            return interpolate(value, self.environment)
        except MissingVariableError:
            return UNKNOWN

    def _included(self, document: YamlMapping, base: Path, depth: int) -> Iterator[dict[str, _Service]]:
        listed = document.get("include")
        for it in listed if isinstance(listed, list) and depth < _MOST_DEPTH else ():
            paths = it.get("path") if isinstance(it, Mapping) else it
            names = [name for name in (paths if isinstance(paths, list) else [paths]) if isinstance(name, str)]
            names = [name for name in names if not is_remote(name)]
            if not names:
                continue
            files = [absolute(base / name) for name in names]
            where = it.get("project_directory") if isinstance(it, Mapping) else None
            inner = absolute(base / where) if isinstance(where, str) else files[0].parent
            given = it.get("env_file") if isinstance(it, Mapping) else None
            named = [name for name in (given if isinstance(given, list) else [given]) if isinstance(name, str)]
            environment: dict[str, str] = {}
            for file in [absolute(base / name) for name in named] or [inner / ".env"]:
                environment |= read_environment_file(file, {**environment, **self.environment})
            loader = _Loader(self.directory, {**environment, **self.environment})
            loader.files = self.files
            yield loader.project(files, inner, depth + 1)
            self.files = loader.files
            self.notes += loader.notes
            self.sources += loader.sources

    def _extended(self, name: str, services: Mapping[str, Any], path: Path, base: Path, depth: int) -> dict[str, Any]:
        """Merge a service with the one that it extends, and make its paths relative to the directory of the project."""
        body = services.get(name)
        own = _normalized(body, base, self.directory) if isinstance(body, Mapping) else {}
        extends = body.get("extends") if isinstance(body, Mapping) else None
        if extends is None or depth > _MOST_DEPTH:
            return own
        parent = (
            extends if isinstance(extends, str) else extends.get("service") if isinstance(extends, Mapping) else None
        )
        file = extends.get("file") if isinstance(extends, Mapping) else None
        if not isinstance(parent, str):
            return own
        if not isinstance(file, str):
            return _merged(self._extended(parent, services, path, base, depth + 1), own)
        other = absolute(base / file)
        for document in self.documents(other):
            listed = document.get("services")
            if isinstance(listed, Mapping) and parent in listed:
                return _merged(self._extended(parent, listed, other, other.parent, depth + 1), own)
        return own

    def _name(self, path: Path) -> str:
        try:
            return path.relative_to(self.directory).as_posix()
        except ValueError:
            return str(path)


Documents = dict[Path, list[YamlMapping]]
"""The documents of Compose files that were read, with their variables expanded."""


def add_services(
    definition: Definition, directory: Path, names: Iterable[str], known: Documents | None = None
) -> tuple[list[Note], tuple[Path, ...]]:
    """Effect: add the services with a build as targets, and a group of all. Returns the notes and the files that were read.

    `known` keeps the documents of one directory between calls.
    """
    loader = _Loader(directory, read_environment_file(directory / ".env", {}))
    loader.loaded = loader.loaded if known is None else known
    services = loader.project((directory / it for it in names), directory)
    members: list[str] = []
    for name, service in services.items():
        build = service.body.get("build")
        if isinstance(build, Mapping):
            target = Target(name.replace(".", "_"), service.file, service.line, {}, service=name)
            target.fields |= _fields(build, service.body, loader.environment)
            definition.add(target)
            members.append(target.name)
    definition.groups["default"] = (*members,)
    return loader.notes, (*loader.sources,)


def overridden_services(directory: Path, names: Iterable[str]) -> frozenset[str]:
    """The services to which files that complete others give a Dockerfile or an image, by the names of their targets.

    A file completes others if it cannot be used alone: a service has neither `build` nor `image`, one that has a `build` has no
    `context`, or one depends on a service of another file.
    """
    loader = _Loader(directory, read_environment_file(directory / ".env", {}))
    overridden: set[str] = set()
    for name in names:
        for document in loader.documents(directory / name):
            listed = as_mapping(document.get("services"))
            services = {key: it for key, it in listed.items() if isinstance(it, Mapping)}
            if any(_is_partial(it, services) for it in services.values()):
                overridden |= {str(key).replace(".", "_") for key, it in services.items() if _gives_image(it)}
    return frozenset(overridden)


def _is_partial(service: Mapping[str, Any], services: Mapping[str, Any]) -> bool:
    """True if a service needs another file."""
    build, needed = service.get("build"), service.get("depends_on")
    if not service.keys() & {"build", "extends", "image", "provider"}:
        return True
    is_without_context = isinstance(build, Mapping) and "context" not in build and "image" not in service
    needed = needed if isinstance(needed, list | Mapping) else ()
    return is_without_context or any(it not in services for it in needed if isinstance(it, str))


def _gives_image(service: Mapping[str, Any]) -> bool:
    """True if a service names its Dockerfile, or only an image."""
    build = service.get("build")
    return ("image" in service and build is None) or (isinstance(build, Mapping) and "dockerfile" in build)


def _normalized(body: Mapping[str, Any], base: Path, directory: Path) -> dict[str, Any]:
    """Convert the `build` of a service to its long form, with paths relative to `directory`."""
    service = {key: it for key, it in body.items() if key in {"build", "platform", "image"}}
    service["environment"] = _key_values(body.get("environment"))
    build = service.get("build")
    if isinstance(build, str):
        build = {"context": build}
    if not isinstance(build, Mapping):
        return service
    build = {key: _key_values(it) if key in _KEY_VALUE else it for key, it in build.items()}
    if isinstance(build.get("context"), str):
        build["context"] = _relative(build["context"], base, directory)
    contexts = build.get("additional_contexts")
    if isinstance(contexts, Mapping):
        build["additional_contexts"] = {
            key: _relative(it, base, directory) if isinstance(it, str) and not _SPECIAL_CONTEXT.match(it) else it
            for key, it in contexts.items()
        }
    service["build"] = build
    return service


def _relative(path: str, base: Path, directory: Path) -> str:
    """Convert a path relative to `base` to one relative to `directory`."""
    if is_remote(path) or posixpath.isabs(path):
        return path
    try:
        inner = absolute(base).relative_to(directory).as_posix()
    except ValueError:
        inner = str(absolute(base))
    return posixpath.normpath(posixpath.join(inner, path))


def _key_values(value: object) -> object:
    """Read a mapping, or a list of `KEY=VALUE`, as a mapping of texts; a key without a value maps to None, and the key `*` is one of unknown name."""
    if isinstance(value, list):
        listed = ((it.partition("="), type(it)) for it in value if isinstance(it, str))
        named: dict[str, object] = {name: kind(it) if separator else None for (name, separator, it), kind in listed}
        return {**named, "*": UNKNOWN} if UNKNOWN in value else named
    if isinstance(value, Mapping):
        return {key: _text(it) for key, it in value.items()}
    return value


def _merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two values: mappings key by key, lists one after the other, other values replaced (compose-go: override/merge.go)."""
    result = dict(base)
    for key, value in override.items():
        before = result.get(key)
        if isinstance(value, Tagged):
            if value.tag == "!reset":
                result.pop(key, None)
            else:
                result[key] = value.value
        elif isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = _merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            result[key] = [*before, *value]
        elif value is not None or key not in result:
            result[key] = value
    return result


def _fields(build: Mapping[str, Any], service: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Value]:
    """Convert a service to the fields of a target (buildx: bake/compose.go, ParseCompose)."""
    fields: dict[str, Value] = {}
    for key, name in (("context", "context"), ("dockerfile", "dockerfile"), ("target", "target")):
        value = _text(build.get(key))
        if value:
            fields[name] = value
    if build.get("no_cache") is True:
        fields["no-cache"] = "true"
    if build.get("dockerfile_inline"):
        fields["dockerfile-inline"] = str(build["dockerfile_inline"])
    platforms = build.get("platforms")
    extension = build.get("x-bake")
    extension = extension if isinstance(extension, Mapping) else {}
    named = [*_listed(platforms), *_listed(extension.get("platforms"))]
    if named:
        fields["platforms"] = (*dict.fromkeys(named),)
    arguments = build.get("args")
    if isinstance(arguments, Mapping):
        # An argument without a value takes it from the environment, in which it may be missing.
        inherited = {key: _inherited(key, service, environment) for key, it in arguments.items() if it is None}
        given = {key: inherited.get(key) if it is None else it for key, it in arguments.items()}
        fields["args"] = {key: it for key, it in given.items() if it is not None}
        fields[OF_ENVIRONMENT] = (*(key for key, it in inherited.items() if it is None),)
    contexts = {**_mapping(extension.get("contexts")), **_mapping(build.get("additional_contexts"))}
    if contexts:
        fields["contexts"] = {key: _context(it) for key, it in contexts.items() if it is not None}
    if isinstance(service.get("platform"), str):
        fields["platform"] = service["platform"]
    if isinstance(service.get("image"), str):
        fields["tags"] = (service["image"],)
    return fields


def _inherited(name: str, service: Mapping[str, Any], environment: Mapping[str, str]) -> Value:
    """The value of a build argument that has none: that of the service's `environment`, otherwise of the environment."""
    own = service.get("environment")
    value = own.get(name) if isinstance(own, Mapping) else None
    return environment.get(name) if value is None else _text(value)


def _context(value: object) -> Value:
    text = _text(value)
    if isinstance(text, str) and text.startswith(("service:", "target:")):
        return "target:" + text.partition(":")[2].replace(".", "_")
    return text


def _listed(value: object) -> list[Value]:
    """Read a list of texts, or the words of one text."""
    if isinstance(value, str):
        return [*value.split()]
    return [_text(it) for it in value] if isinstance(value, list) else [UNKNOWN] if value is UNKNOWN else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | Unknown | None:
    """Convert a scalar to text as Go prints it; None for null, lists and mappings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, Timestamp):
        return value.go_text()
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    return UNKNOWN if value is UNKNOWN else None


def _float_text(value: float) -> str:
    """Convert a number to text as Go's `%v` prints it: with an exponent from 1e+06 on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    decimal = Decimal(repr(value)).normalize()
    exponent = decimal.adjusted()
    if -4 <= exponent < 6 or not decimal:
        return f"{decimal:f}"
    sign, digits, _exponent = decimal.as_tuple()
    rest = "".join(map(str, digits[1:]))
    mantissa = f"{digits[0]}.{rest}" if rest else str(digits[0])
    return f"{'-' if sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"
