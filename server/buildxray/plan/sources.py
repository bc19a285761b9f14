"""Recognise the sources of ADD and COPY that are not paths: git repositories and URLs.

BuildKit: frontend/dockerfile/dfgitutil/git_ref.go and util/gitutil/git_url.go.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from buildxray.localization import gettext_lazy as _
from buildxray.plan.paths import join
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.validation import GO_TRUE, is_go_bool


class SourceError(ValueError):
    """Raised for a source that BuildKit refuses; the message gives the reason."""


class GitSource(NamedTuple):
    """A git repository."""

    remote: str
    ref: str
    subdirectory: str
    checksum: str
    keep_git_dir: bool | None
    submodules: bool | None
    fetch_by_commit: bool


_PROTOCOL: Final = lazy_regex(r"[a-zA-Z0-9]+(?=://)")
_SCP_STYLE: Final = lazy_regex(
    r"[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:(?P<path>.*?)(?:\?(?P<query>.*?))?(?:#(?P<fragment>.*))?"
)


def git_source(text: str) -> GitSource | None:
    """The git repository that `text` names; None for a path or another URL.

    Raises `SourceError` for a repository with options that BuildKit does not know.
    """
    if text.startswith(("./", "../")):
        return None
    # Most sources are paths, and looking for a character is faster than matching a pattern.
    protocol = _PROTOCOL.match(text) if "://" in text else None
    if protocol is not None or text.startswith("github.com/"):
        try:
            url = urlsplit(text)
        except ValueError:
            return None
        if protocol is not None and protocol[0].lower() not in ("http", "https", "ssh", "git"):
            return None
        if protocol is not None and protocol[0].lower() in ("http", "https") and not unquote(url.path).endswith(".git"):
            return None
        source = _git_source(url._replace(query="", fragment="").geturl(), url.query, url.fragment)
        # In a Dockerfile such a text without a protocol is a path, but BuildKit still validates its options.
        return source if protocol is not None else None
    match = _SCP_STYLE.fullmatch(text) if "@" in text else None
    if match is None:
        return None
    return _git_source(text[: match.end("path")], match["query"] or "", match["fragment"] or "")


def is_http_source(text: str) -> bool:
    """True if `text` is downloaded over HTTP, and neither cloned nor read from the build context."""
    if not text.startswith(("http://", "https://")):
        return False
    try:
        return git_source(text) is None
    except SourceError:
        return True


def _git_source(remote: str, query: str, fragment: str) -> GitSource:
    ref, __, subdirectory = fragment.partition(":")
    source = GitSource(remote, ref, join("/", subdirectory).lstrip("/"), "", None, None, fetch_by_commit=False)
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in options:
            raise SourceError(_("`{name}` is given twice in `{remote}`", name=name, remote=remote))
        options[name] = value
    for name, value in options.items():
        source = _with_option(source, name, value)
    tag, branch = options.get("tag", ""), options.get("branch", "")
    if tag and branch:
        raise SourceError(_("`{remote}` is given both a branch and a tag", remote=remote))
    for prefix, value in (("refs/tags/", tag), ("refs/heads/", branch)):
        if value:
            source = _with_ref(source, value if value.startswith(prefix) else prefix + value)
    return source


def _with_option(source: GitSource, name: str, value: str) -> GitSource:
    switches = ("keep-git-dir", "submodules", "fetch-by-commit")
    if name in switches and value and not is_go_bool(value):
        raise SourceError(_("`{name}` of a git source is true or false", name=name))
    if name not in switches and not value:
        raise SourceError(_("`{name}` of a git source needs a value", name=name))
    is_on = not value or value in GO_TRUE
    match name:
        case "ref":
            return _with_ref(source, value)
        case "subdir":
            if source.subdirectory not in ("", value):
                raise SourceError(_("`{remote}` is given two subdirectories", remote=source.remote))
            return source._replace(subdirectory=value)
        case "checksum" | "commit":
            return source._replace(checksum=value)
        case "keep-git-dir":
            return source._replace(keep_git_dir=is_on)
        case "submodules":
            return source._replace(submodules=is_on)
        case "fetch-by-commit":
            return source._replace(fetch_by_commit=is_on)
        case "tag" | "branch":
            return source
        case "mtime" if value in ("checkout", "commit"):
            return source
        case _:
            raise SourceError(_("a git source has no option `{name}={value}`", name=name, value=value))


def _with_ref(source: GitSource, ref: str) -> GitSource:
    if source.ref not in ("", ref):
        raise SourceError(_("`{remote}` is given two refs", remote=source.remote))
    return source._replace(ref=ref)
