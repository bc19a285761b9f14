"""Read a history record (`.dockerbuild`), the output of `docker buildx history export` and of Docker's GitHub actions.

It is a gzipped tar archive of an OCI layout. Its index lists manifests, each of which is one build: its configuration
is the record, its layers are the status messages and the provenance, which maps digests to lines. BuildKit:
solver/llbsolver/history; buildx: util/desktop/bundle.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, BinaryIO, Final

from buildxray.files.archives import read_members
from buildxray.files.reading import ReadError
from buildxray.localization import gettext_lazy as _
from buildxray.logs.model import Form, Log, LogError, LoggedBuild, LoggedRequest
from buildxray.logs.protobuf import ProtobufError, fields_of
from buildxray.logs.status_stream import DetailReport, StatusCollector, VertexReport
from buildxray.logs.targets import separated

_STATUS: Final = "application/vnd.buildkit.status.v0"
_PROVENANCE: Final = "application/vnd.in-toto+json"
_RECORD: Final = "application/vnd.buildkit.historyrecord.v0"
_MOST_RECORDS: Final = 100
_MOST_NANOSECONDS: Final = 1 << 63
_NOT_A_RECORD: Final = _(
    "not a history record: expected the archive that `docker buildx history export` writes (.dockerbuild)"
)

Json = Mapping[str, Any]


def read_record(stream: BinaryIO) -> Log:
    """Read a history record from a stream that can be read again. Raises `LogError`."""
    try:
        index = _json(read_members(stream, ["index.json"]).get("index.json"))
        digests = [_digest(it) for it in _list(index, "manifests")][:_MOST_RECORDS]
        manifests = _blobs(stream, digests)
        wanted: list[str] = []
        for digest in digests:
            manifest = _json(manifests.get(digest))
            layers = [it for it in _list(manifest, "layers") if it.get("mediaType") in (_STATUS, _PROVENANCE)]
            wanted += map(_digest, [_dict(manifest, "config"), *layers])
        blobs = _blobs(stream, wanted)
        builds = [_build(_json(manifests.get(it)), blobs) for it in digests]
    except ReadError as error:
        raise LogError(_("{expected}; {reason}", expected=_NOT_A_RECORD, reason=error)) from error
    except RecursionError as error:
        raise LogError(_NOT_A_RECORD) from error
    logged = tuple(one for it in builds if it is not None for one in separated(it))
    if not logged:
        raise LogError(_NOT_A_RECORD)
    return Log(logged)


def _blobs(stream: BinaryIO, digests: Iterable[str]) -> dict[str, bytes]:
    """The contents of existing blobs by digest. The archive is read again for them, so that little is kept in memory."""
    names = {it: f"blobs/sha256/{it}" for it in digests if it}
    files = read_members(stream, names.values()) if names else {}
    return {digest: files[name] for digest, name in names.items() if name in files}


def _build(manifest: Json, blobs: Mapping[str, bytes]) -> LoggedBuild | None:
    config = _dict(manifest, "config")
    if config.get("mediaType") != _RECORD:
        return None
    record = _json(blobs.get(_digest(config)))
    collector = StatusCollector()
    lines: dict[str, int] = {}
    cpu: dict[str, float] = {}
    text: str | None = None
    for layer in _list(manifest, "layers"):
        content = blobs.get(_digest(layer))
        if content is None:
            continue
        if layer.get("mediaType") == _STATUS:
            _read_status(content, collector)
        elif layer.get("mediaType") == _PROVENANCE:
            provenance = _Provenance(_json(content))
            lines |= provenance.lines()
            cpu |= provenance.cpu_seconds()
            text = text if text is not None else provenance.dockerfile()
    if collector.is_empty:
        return None
    build = collector.build(Form.RECORD)
    vertices = tuple(
        replace(it, cpu_seconds=next((cpu[digest] for digest in it.digests if digest in cpu), None))
        for it in build.vertices
    )
    created, completed = _timestamp(record.get("CreatedAt")), _timestamp(record.get("CompletedAt"))
    total = completed - created if created is not None and completed is not None else build.total
    is_failed = build.is_failed or "error" in record
    return replace(
        build,
        vertices=vertices,
        total=total,
        is_failed=is_failed,
        request=_request(_dict(record, "FrontendAttrs")),
        dockerfile=text,
        lines=lines,
    )


class _Provenance:
    """The part of BuildKit's provenance (SLSA 1.0 with all details, as in every record) about the source."""

    def __init__(self, raw: Json) -> None:
        predicate = _dict(raw, "predicate") or raw
        definition = _dict(predicate, "buildDefinition")
        self._config = _dict(_dict(definition, "internalParameters"), "buildConfig")
        metadata = _dict(_dict(predicate, "runDetails"), "metadata")
        self._source = _dict(_dict(metadata, "buildkit_metadata"), "source")

    def lines(self) -> dict[str, int]:
        """The first line of each digest that has one."""
        locations = _dict(self._source, "locations")
        first_lines: dict[str, int] = {}
        for digest, step in _dict(self._config, "digestMapping").items():
            numbers = [
                number
                for location in _list(_dict(locations, step) if isinstance(step, str) else {}, "locations")
                for range_ in _list(location, "ranges")
                if isinstance(number := _dict(range_, "start").get("line"), int) and number > 0
            ]
            if numbers:
                first_lines[digest] = min(numbers)
        return first_lines

    def cpu_seconds(self) -> dict[str, float]:
        """The processor seconds of each digest with a recorded time (machines with cgroup v2)."""
        steps = {step: digest for digest, step in _dict(self._config, "digestMapping").items() if isinstance(step, str)}
        seconds: dict[str, float] = {}
        for it in _list(self._config, "llbDefinition"):
            usage = _dict(_dict(it, "resourceUsage"), "cpuStat").get("usageNanos")
            digest = steps.get(str(it.get("id")))
            if isinstance(usage, int) and 0 <= usage < _MOST_NANOSECONDS and digest is not None:
                seconds[digest] = usage / 1e9
        return seconds

    def dockerfile(self) -> str | None:
        """The text that was built."""
        for it in _list(self._source, "infos"):
            data = it.get("data")
            if isinstance(data, str):
                try:
                    return base64.b64decode(data, validate=True).decode("utf-8", "replace")
                except (ValueError, binascii.Error):
                    return None
        return None


def _request(attributes: Json) -> LoggedRequest:
    texts = {name: value for name, value in attributes.items() if isinstance(value, str)}
    prefix = "build-arg:"
    return LoggedRequest(
        tuple(filter(None, texts.get("platform", "").split(","))),
        tuple((name[len(prefix) :], value) for name, value in texts.items() if name.startswith(prefix)),
        texts.get("target", ""),
        texts.get("filename", ""),
    )


def _read_status(content: bytes, collector: StatusCollector) -> None:
    """Effect: pass on the messages of a layer, up to the first broken one."""
    place = 0
    while place + 4 <= len(content):
        length = int.from_bytes(content[place : place + 4], "little")
        message = content[place + 4 : place + 4 + length]
        place += 4 + length
        try:
            for number, value in fields_of(message):
                if isinstance(value, bytes) and number == 1:
                    collector.add_vertex(_vertex(value))
                elif isinstance(value, bytes) and number == 2:
                    collector.add_detail(_detail(value))
        except ProtobufError:
            return


def _vertex(message: bytes) -> VertexReport:
    texts: dict[int, str] = {}
    inputs: list[str] = []
    times: dict[int, float] = {}
    is_cached = False
    group: tuple[str, str] | None = None
    for number, value in fields_of(message):
        if isinstance(value, int):
            is_cached = is_cached or (number == 4 and value == 1)
        elif number == 2:
            inputs.append(_decoded(value))
        elif number in (5, 6):
            times[number] = _time(value)
        elif number == 8:
            members = {n: _decoded(it) for n, it in fields_of(value) if isinstance(it, bytes)}
            group = (members.get(1, ""), members.get(2, ""))
        else:
            texts[number] = _decoded(value)
    return VertexReport(
        texts.get(1, ""),
        texts.get(3, ""),
        tuple(inputs),
        is_cached,
        times.get(5),
        times.get(6),
        texts.get(7, ""),
        group if group is not None and group[0] else None,
    )


def _detail(message: bytes) -> DetailReport:
    values = {number: value for number, value in fields_of(message) if isinstance(value, bytes)}
    started, completed = values.get(7), values.get(8)
    return DetailReport(
        _decoded(values.get(2, b"")),
        _decoded(values.get(1, b"")),
        None if started is None else _time(started),
        None if completed is None else _time(completed),
    )


def _time(message: bytes) -> float:
    values = {number: value for number, value in fields_of(message) if isinstance(value, int)}
    return values.get(1, 0) + values.get(2, 0) / 1e9


def _timestamp(raw: object) -> float | None:
    if isinstance(raw, dict) and isinstance(raw.get("seconds"), int | str):
        try:
            return float(int(raw["seconds"])) + int(raw.get("nanos") or 0) / 1e9
        except (OverflowError, TypeError, ValueError):
            return None
    return None


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _digest(descriptor: Json) -> str:
    """The digest of a descriptor without its algorithm; empty if it is not valid."""
    digest = descriptor.get("digest")
    match = re.fullmatch(r"sha256:([0-9a-f]{64})", digest) if isinstance(digest, str) else None
    return "" if match is None else match[1]


def _json(content: bytes | None) -> Json:
    try:
        value = json.loads(content or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _dict(raw: object, name: str) -> Json:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _list(raw: object, name: str) -> list[Json]:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    return [it for it in value if isinstance(it, Mapping)] if isinstance(value, list) else []
