"""Complete and validate references to images as BuildKit does.

Source: github.com/distribution/reference, ParseNormalizedNamed and TagNameOnly, which BuildKit vendors.
"""

from __future__ import annotations

import re
from typing import Final

from buildxray.localization import gettext_lazy as _
from buildxray.syntax.lazy_regex import lazy_regex

_SEPARATOR: Final = r"(?:[._]|__|[-]+)"
_PATH_COMPONENT: Final = rf"[a-z0-9]+(?:{_SEPARATOR}[a-z0-9]+)*"
_DOMAIN_COMPONENT: Final = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST: Final = rf"(?:{_DOMAIN_COMPONENT}(?:\.{_DOMAIN_COMPONENT})*|\[[a-fA-F0-9:]+\])"
_DOMAIN: Final = rf"{_HOST}(?::[0-9]+)?"
_REFERENCE: Final = lazy_regex(
    rf"(?P<name>(?:{_DOMAIN}/)?{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_BARE_DIGEST: Final = lazy_regex(r"[a-f0-9]{64}")
_LONGEST_NAME: Final = 255
_DIGEST_LENGTHS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}


class ImageNameError(ValueError):
    """Raised for a text that is not the name of an image; the message gives the reason."""


def normalized(text: str) -> str:
    """The full reference of an image: registry, repository, and tag or digest.

    Raises `ImageNameError`.
    """
    if _BARE_DIGEST.fullmatch(text):
        raise ImageNameError(_("`{text}` looks like the ID of an image, which cannot be built upon", text=text))
    domain, path = _split_domain(text)
    repository = path.partition(":")[0]
    if repository.lower() != repository:
        raise ImageNameError(_("`{text}`: the name of an image is in lower case", text=text))
    match = _REFERENCE.fullmatch(f"{domain}/{path}")
    if match is None:
        raise ImageNameError(_("`{text}` is not a valid image name", text=text))
    if len(match["name"]) - len(domain) - 1 > _LONGEST_NAME:
        raise ImageNameError(_("the name of an image has at most {n} characters", n=_LONGEST_NAME))
    if match["digest"] is not None and not is_digest(match["digest"]):
        raise ImageNameError(_("`{digest}` is not a valid digest", digest=match["digest"]))
    tag = match["tag"] or ("" if match["digest"] else "latest")
    return match["name"] + (f":{tag}" if tag else "") + (f"@{match['digest']}" if match["digest"] else "")


def repository_of(text: str) -> str:
    """The registry and the path of an image, without its tag and its digest. Raises `ImageNameError`."""
    above, _separator, last = normalized(text).partition("@")[0].rpartition("/")
    return f"{above}/{last.partition(':')[0]}"


def _split_domain(text: str) -> tuple[str, str]:
    first, separator, rest = text.partition("/")
    is_domain = separator and (any(it in first for it in ".:") or first == "localhost" or first.lower() != first)
    domain, path = (first, rest) if is_domain else ("docker.io", text)
    if domain == "index.docker.io":
        domain = "docker.io"
    if domain == "docker.io" and "/" not in path:
        path = f"library/{path}"
    return domain, path


def is_digest(text: str) -> bool:
    """True if `text` is a content digest such as `sha256:…` (opencontainers/go-digest, Validate)."""
    algorithm, _, encoded = text.partition(":")
    return _DIGEST_LENGTHS.get(algorithm) == len(encoded) and re.fullmatch("[a-f0-9]+", encoded) is not None
