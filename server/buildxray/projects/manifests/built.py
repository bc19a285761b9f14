"""The files that lists of Swift and Haskell refer to, whose packages are compiled with the project.

Source: docs.swift.org, "PackageDescription" and "swift package resolve"; cabal.readthedocs.io, "Package Description" and "cabal.project".
"""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.projects.manifests.files import IncompleteError, ProjectFiles, joined
from buildxray.syntax.lazy_regex import lazy_regex

_COMMENT_OF_SWIFT: Final = lazy_regex(r"(?m)^[ \t]*//[^\n]*")
_REMOTE_OF_SWIFT: Final = lazy_regex(r"\.package\s*\([^()]*\b(?:url|id)\s*:")
"""A package of a repository or a registry."""
_MORE_OF_SWIFT: Final = lazy_regex(
    r"\.package\s*\([^()]*\bpath\s*:|\b(?:FileManager|Process|Bundle)\b|contentsOf|#file|\bglob\b|\bopendir\b"
)
"""A package in a directory, and what reads other files."""


def of_swift(context: ProjectFiles, path: str) -> list[str]:
    """The lock file and the settings of a package of Swift. Raises `IncompleteError` for packages in directories, and for a list that reads files."""
    directory = posixpath.dirname(path)
    others = [joined(directory, it) for it in context.names(directory or ".") if it.startswith("Package@swift-")]
    texts = (_COMMENT_OF_SWIFT.sub("", context.text(it)) for it in (path, *others))
    if any(_MORE_OF_SWIFT.search(it) is not None for it in texts):
        raise IncompleteError
    settings = (f".swiftpm/configuration/{it}" for it in ("mirrors.json", "registries.json"))
    return [*others, *context.beside(path, "Package.resolved", *settings)]


_SECTION: Final = lazy_regex(
    r"(?i)(?P<kind>benchmark|common|custom-setup|executable|flag|foreign-library|library|source-repository|test-suite)(?:[ \t]+(?P<name>[\w.-]+))?[ \t]*"
)
_FIELD: Final = lazy_regex(r"[ \t]*(?P<name>[A-Za-z][\w-]*)[ \t]*:(?P<value>.*)")
_NAME: Final = lazy_regex(r"[ \t]*(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?=[ \t:<>=^&|({]|$)")
_NOT_BUILT: Final = frozenset({"benchmark", "test-suite"})
"""What `cabal build` builds only if it is told so."""
_OF_COMPILER: Final = frozenset(
    [
        "array",
        "base",
        "binary",
        "bytestring",
        "cabal",
        "cabal-syntax",
        "containers",
        "deepseq",
        "directory",
        "exceptions",
        "file-io",
        "filepath",
        "ghc",
        "ghc-bignum",
        "ghc-boot",
        "ghc-boot-th",
        "ghc-compact",
        "ghc-experimental",
        "ghc-heap",
        "ghc-internal",
        "ghc-platform",
        "ghc-prim",
        "ghc-toolchain",
        "ghci",
        "haskeline",
        "hpc",
        "integer-gmp",
        "integer-simple",
        "libiserv",
        "mtl",
        "os-string",
        "parsec",
        "pretty",
        "process",
        "rts",
        "semaphore-compat",
        "stm",
        "system-cxx-std-lib",
        "template-haskell",
        "terminfo",
        "text",
        "time",
        "transformers",
        "unix",
        "win32",
        "xhtml",
    ]
)
"""Packages that come with the compiler. Source: gitlab.haskell.org/ghc, "Commentary/Libraries/Version History"."""
_MORE_OF_CABAL: Final = lazy_regex(r"(?im)^build-type[ \t]*:[ \t]*(?!simple\b)\S|^import[ \t]*:")
_PACKAGES: Final = lazy_regex(r"(?im)^(?:optional-)?packages[ \t]*:(?P<value>[^\n]*(?:\n[ \t][^\n]*)*)")
_REPOSITORY_OF_CABAL: Final = lazy_regex(r"(?m)^source-repository-package\b")


def downloads_packages(name: str, text: str) -> bool:
    """True if a list of Swift or Haskell, given its name and its text, names a package from elsewhere."""
    if name.endswith(".swift"):
        return _REMOTE_OF_SWIFT.search(_COMMENT_OF_SWIFT.sub("", text)) is not None
    if name.endswith(".cabal"):
        return bool(_packages_of_cabal(text))
    return _REPOSITORY_OF_CABAL.search(text) is not None


def _packages_of_cabal(text: str) -> set[str]:
    """The packages, in lower case, that a build of a package of Haskell needs from elsewhere: no part of it, and not with the compiler."""
    own: set[str] = set()
    named: set[str] = set()
    is_built, in_list, depth = True, False, 0
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("--"):
            continue
        section, field = _SECTION.fullmatch(line), _FIELD.fullmatch(line)
        indent = len(line) - len(line.lstrip())
        value = line
        if section is not None:
            is_built, in_list = section["kind"].lower() not in _NOT_BUILT, False
            own.add((section["name"] or "").lower())
        elif field is not None:
            in_list, depth, value = field["name"].lower() == "build-depends", indent, field["value"]
            if field["name"].lower() == "name":
                own.add(value.strip().lower())
        elif indent <= depth:
            # `if flag(x)`
            in_list = False
        if in_list and is_built:
            found = (_NAME.match(it) for it in value.split(","))
            named |= {it["name"].lower() for it in found if it is not None}
    return named - own - _OF_COMPILER


def of_cabal(context: ProjectFiles, path: str) -> list[str]:
    """The settings of a package of Haskell. Raises `IncompleteError` for a project of several packages, and a package with a program that sets it up."""
    directory = posixpath.dirname(path)
    if len([it for it in context.names(directory or ".") if it.endswith(".cabal")]) > 1:
        raise IncompleteError
    settings = context.beside(path, "cabal.project", "cabal.project.freeze", "cabal.project.local")
    above = [it for it in context.above(path, "cabal.project") if it not in settings]
    texts = [context.text(it) for it in (path, *settings)]
    listed = [it for text in texts[1:] for match in _PACKAGES.finditer(text) for it in match["value"].split()]
    is_other = any(it not in (".", "./", "*.cabal", "./*.cabal", posixpath.basename(path)) for it in listed)
    if above or is_other or any(_MORE_OF_CABAL.search(it) is not None for it in texts):
        raise IncompleteError
    return settings
