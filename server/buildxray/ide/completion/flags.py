"""Completion of flags, their values, and the options of `RUN --mount`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.ide.completion.arguments import users
from buildxray.ide.completion.base import Completion, documentation, first_sentence
from buildxray.ide.completion.caches import cache_targets
from buildxray.ide.completion.place import Place
from buildxray.ide.completion.stages import sources
from buildxray.ide.reference import INSTRUCTIONS, MOUNT_KEY_ALIASES, MOUNT_KEYS, MOUNT_TYPES, Entry
from buildxray.localization import _
from buildxray.syntax.lazy_regex import lazy_regex

_REPEATABLE: Final = frozenset({"mount", "exclude", "device"})
_SNIPPETS: Final = {
    "cache": "type=cache,target=${1:/root/.cache}",
    "bind": "type=bind,source=${1:.},target=${2:.}",
    "secret": "type=secret,id=${1:name}",
    "ssh": "type=ssh",
    "tmpfs": "type=tmpfs,target=${1:/tmp}",
}


def flags(place: Place) -> Iterator[Completion]:
    """The flags of the instruction that are not used yet."""
    instruction = INSTRUCTIONS.get(place.keyword)
    if instruction is None or place.arguments:
        return
    if place.keyword == "FROM" and "platform" not in place.given_flags:
        machine = place.analysis.request.build_platform
        yield Completion(
            "--platform=$BUILDPLATFORM",
            "flag",
            _("native: this stage runs once, on {machine}", machine=machine),
            place.edit("--platform=$BUILDPLATFORM "),
        )
    for flag in instruction.flags:
        if flag.name not in place.given_flags or flag.name in _REPEATABLE:
            yield _flag(place, flag)


def _flag(place: Place, flag: Entry) -> Completion:
    text = f"--{flag.name}" + ("=" if flag.placeholder else " ")
    return Completion(
        text.rstrip(),
        "flag",
        first_sentence(flag.summary),
        place.edit(text),
        documentation=documentation(flag.summary, flag.url, flag.since),
        goes_on=text.endswith("="),
    )


def flag_values(place: Place, name: str, typed: str) -> Iterator[Completion]:
    """The possible values of a flag; `typed` is the text after its `=`."""
    if name == "platform":
        yield from _platforms(place, typed)
    elif name == "from":
        yield from sources(place, typed)
    elif name == "mount":
        yield from _mount_options(place, typed)
    elif name == "chown":
        for it in users(place):
            yield Completion(it, "value", _("as in this file"), place.edit(it, typed))
    else:
        instruction = INSTRUCTIONS.get(place.keyword)
        flag = None if instruction is None else instruction.flag(name)
        for value in flag.values if flag is not None else ():
            yield Completion(value, "value", "", place.edit(value, typed))


def _platforms(place: Place, typed: str) -> Iterator[Completion]:
    request = place.analysis.request
    native = _("native: this stage runs once, on {machine}", machine=request.build_platform)
    every = _("the default: once per platform")
    for name, meaning in (("BUILDPLATFORM", native), ("TARGETPLATFORM", every)):
        text = f"${name}"
        if typed.startswith("${"):
            text = f"${{{name}" + ("" if place.analysis.text.startswith("}", place.offset) else "}")
        yield Completion(text, "platform", meaning, place.edit(text, typed))
    for platform in request.target_platforms:
        yield Completion(str(platform), "platform", _("this one only"), place.edit(str(platform), typed))


def _mount_options(place: Place, value: str) -> Iterator[Completion]:
    """The options of a mount that are not used yet, `type` first."""
    *given, typed = value.split(",")
    options = dict(it.partition("=")[::2] for it in given)
    keys = {MOUNT_KEY_ALIASES.get(it, it) for it in options}
    type_ = options.get("type", "bind")
    key, separator, text = typed.partition("=")
    key = MOUNT_KEY_ALIASES.get(key, key)
    if separator:
        yield from _mount_values(place, type_, key, text)
        return
    if "type" not in keys:
        yield from _mount_types(place, typed)
    if not given:
        return
    if type_ == "cache" and "target" not in keys:
        yield from _cache_mounts(place, typed)
    for it in MOUNT_KEYS.values():
        name = it.entry.name
        if type_ in it.types and name not in keys:
            option = f"{name}=" if it.entry.placeholder or it.entry.values else name
            yield Completion(
                option,
                "flag",
                _(it.entry.summary),
                place.edit(option, typed),
                documentation=documentation(it.entry.summary, it.entry.url, it.entry.since),
                goes_on=option.endswith("="),
            )


def _mount_types(place: Place, typed: str) -> Iterator[Completion]:
    for name, entry in MOUNT_TYPES.items():
        snippet = _SNIPPETS[name]
        yield Completion(
            f"type={name}",
            "flag",
            _(entry.summary),
            place.edit(f"type={name}" + ("" if name == "ssh" else ","), typed),
            documentation=documentation(entry.summary, entry.url),
            snippet="" if name in ("ssh", "cache") else snippet,
            goes_on=name == "cache",
        )


def _cache_mounts(place: Place, typed: str) -> Iterator[Completion]:
    for it in cache_targets(place):
        text = f"target={it.path}" + (",sharing=locked" if it.is_locked else "")
        yield Completion(text, "value", _("the cache of {tool}", tool=it.tool), place.edit(text, typed))


def _mount_values(place: Place, type_: str, key: str, typed: str) -> Iterator[Completion]:
    if key == "type":
        for name, entry in MOUNT_TYPES.items():
            yield Completion(
                name,
                "value",
                _(entry.summary),
                place.edit(name, typed),
                documentation=documentation(entry.summary, entry.url),
            )
    elif key == "from":
        yield from sources(place, typed)
    elif key == "target" and type_ == "cache":
        for it in cache_targets(place):
            yield Completion(it.path, "value", _("the cache of {tool}", tool=it.tool), place.edit(it.path, typed))
    elif key in MOUNT_KEYS:
        for value in MOUNT_KEYS[key].entry.values:
            yield Completion(value, "value", "", place.edit(value, typed))


FLAG_VALUE: Final = lazy_regex(r"--(?P<name>[\w-]+)=(?P<typed>\S*)")
