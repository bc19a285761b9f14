"""Bake files: `docker-bake.hcl` and `docker-bake.json`.

Source: docs.docker.com, "Bake file reference"; github.com/docker/buildx, bake/bake.go.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.builds import DeclaredBuild, dockerfile_path, read_platform_list

FILE_NAMES: Final = ("docker-bake.hcl", "docker-bake.json", "docker-bake.override.hcl", "docker-bake.override.json")
_DEEPEST: Final = 16
_NAME: Final = re.compile(r"\$\{\s*([A-Za-z_][\w-]*)\s*\}")
_CALL: Final = re.compile(r"\$\{\s*(?P<function>concat|split)\((?P<arguments>.*)\)\s*\}", re.DOTALL)
_Table = dict[str, Any]


def read_bake(directory: Path) -> Iterator[DeclaredBuild]:
    """The builds that the Bake files of a directory declare; later files change what earlier ones say."""
    variables: _Table = {}
    groups: _Table = {}
    targets: dict[str, _Table] = {}
    origins: dict[str, str] = {}
    for name in FILE_NAMES:
        text = read_project_text(directory / name)
        document = None if text is None else _parse(text, is_json=name.endswith(".json"))
        if document is None:
            continue
        for variable, body in _blocks(document, "variable").items():
            variables[variable] = body.get("default")
        groups |= _blocks(document, "group")
        for target, body in _blocks(document, "target").items():
            targets[target] = {**targets.get(target, {}), **body}
            origins.setdefault(target, name)
    reader = _Reader(directory, variables, targets)
    by_default = reader.members("default", groups)
    for name in targets:
        yield from reader.builds(name, origins[name], is_default=name in by_default)


def _parse(text: str, *, is_json: bool) -> _Table | None:
    """None for a file that cannot be read, as while it is being typed."""
    try:
        if is_json:
            document = json.loads(text)
        else:
            # The grammar takes a second to load, which only who has such a file should wait for.
            import hcl2  # noqa: PLC0415

            document = hcl2.loads(text)  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - what the parser raises for wrong text is not documented
        return None
    return document if isinstance(document, dict) else None


def _blocks(document: _Table, kind: str) -> dict[str, _Table]:
    """The blocks of a kind by name; the parser of HCL gives a list of them."""
    found: dict[str, _Table] = {}
    blocks = document.get(kind, [])
    for block in blocks if isinstance(blocks, list) else [blocks]:
        if isinstance(block, Mapping):
            found |= {str(name).strip('"'): dict(body) for name, body in block.items() if isinstance(body, Mapping)}
    return found


class _Reader:
    """Reads the targets of a project."""

    def __init__(self, directory: Path, variables: _Table, targets: dict[str, _Table]) -> None:
        self._directory = directory
        self._variables = variables
        self._targets = targets

    def members(self, group: str, groups: _Table, depth: int = 0) -> set[str]:
        """The targets of a group, those of the groups in it included; `default` without a group is a target."""
        if depth > _DEEPEST or group not in groups:
            return {group}
        listed = self.evaluate(groups[group].get("targets"), self._variables)
        names = [it for it in listed if isinstance(it, str)] if isinstance(listed, list) else []
        return {member for it in names for member in self.members(it, groups, depth + 1)}

    def builds(self, name: str, origin: str, *, is_default: bool) -> Iterator[DeclaredBuild]:
        body = self._inherited(name, 0)
        if "dockerfile-inline" in body or name.startswith("_"):
            return
        for variables in self._combinations(body.get("matrix")):
            read = {key: self.evaluate(value, variables) for key, value in body.items() if key != "matrix"}
            context, dockerfile = read.get("context", "."), read.get("dockerfile", "Dockerfile")
            if not isinstance(context, str) or not isinstance(dockerfile, str):
                continue
            path = dockerfile_path(self._directory, context, dockerfile)
            shown = read.get("name") if isinstance(read.get("name"), str) else name
            platforms = read.get("platforms")
            target = read.get("target")
            arguments = read.get("args")
            if path is not None:
                yield DeclaredBuild(
                    path,
                    read_platform_list(platforms if isinstance(platforms, list) else ()),
                    target if isinstance(target, str) else "",
                    tuple(
                        (str(key), str(value))
                        for key, value in (arguments.items() if isinstance(arguments, Mapping) else ())
                        if isinstance(value, str | int | float)
                    ),
                    _("{file}, target `{target}`", file=origin, target=shown),
                    is_default,
                )

    def _inherited(self, name: str, depth: int) -> _Table:
        """The attributes of a target, with those that it inherits; `args` are joined, all else is replaced."""
        body = self._targets.get(name, {})
        parents = self.evaluate(body.get("inherits"), self._variables) if depth < _DEEPEST else None
        merged: _Table = {}
        inherited = (
            [self._inherited(it, depth + 1) for it in parents if isinstance(it, str)]
            if isinstance(parents, list)
            else []
        )
        for table in (*inherited, body):
            arguments = {**_mapping(merged.get("args")), **_mapping(table.get("args"))}
            merged |= table
            if arguments:
                merged["args"] = arguments
        return merged

    def _combinations(self, matrix: object) -> Iterator[_Table]:
        """The variables of each target that a matrix makes."""
        axes = {key: self.evaluate(values, self._variables) for key, values in _mapping(matrix).items()}
        lists = [it if isinstance(it, list) else [None] for it in axes.values()]
        for values in itertools.islice(itertools.product(*lists), 1000):
            yield {**self._variables, **dict(zip(axes, values, strict=True))}

    def evaluate(self, value: object, variables: _Table, depth: int = 0) -> Any:  # noqa: ANN401 - JSON's any
        """The value of an expression; None where the text cannot tell."""
        if depth > _DEEPEST:
            return None
        if isinstance(value, list):
            return [self.evaluate(it, variables, depth + 1) for it in value]
        if isinstance(value, Mapping):
            return {str(key).strip('"'): self.evaluate(it, variables, depth + 1) for key, it in value.items()}
        if not isinstance(value, str):
            return value
        whole = _NAME.fullmatch(value)
        if whole is not None:
            return self.evaluate(variables.get(whole[1]), variables, depth + 1)
        call = _CALL.fullmatch(value)
        if call is not None:
            return self._call(call["function"], call["arguments"], variables, depth)
        text = _NAME.sub(lambda it: str(self.evaluate(variables.get(it[1], ""), variables, depth + 1) or ""), value)
        return None if "${" in text else text

    def _call(self, function: str, arguments: str, variables: _Table, depth: int) -> list[Any] | None:
        """What `concat(a, b)` and `split(",", a)` give, of variables and literals."""
        parts = [it.strip() for it in _arguments(arguments)]
        if function == "split" and len(parts) == 2:
            text = self._argument(parts[1], variables, depth)
            return text.split(parts[0].strip('"')) if isinstance(text, str) else None
        lists = [self._argument(it, variables, depth) for it in parts]
        return [it for them in lists for it in them] if all(isinstance(it, list) for it in lists) else None

    def _argument(self, text: str, variables: _Table, depth: int) -> Any:  # noqa: ANN401 - JSON's any
        if text.startswith("["):
            return [it.strip().strip('"') for it in text.strip("[]").split(",") if it.strip()]
        if text.startswith('"'):
            return self.evaluate(text.strip('"'), variables, depth + 1)
        return self.evaluate(f"${{{text}}}", variables, depth + 1)


def _arguments(text: str) -> Iterator[str]:
    """The arguments of a call, split at the commas that stand in no quotes and no brackets."""
    start = depth = 0
    is_quoted = False
    for position, character in enumerate(text):
        if character == '"':
            is_quoted = not is_quoted
        elif not is_quoted and character in "([{":
            depth += 1
        elif not is_quoted and character in ")]}":
            depth -= 1
        elif not is_quoted and depth == 0 and character == ",":
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _mapping(value: object) -> _Table:
    return dict(value) if isinstance(value, Mapping) else {}
