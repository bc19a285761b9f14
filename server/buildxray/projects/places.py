"""The ranges in a project's file that describe a build, for diagnostics and *go to definition*."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from buildxray.projects.builds import DeclaredBuild
from buildxray.records import cached_property, dataclass
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import LineIndex, TextRange

if TYPE_CHECKING:
    from buildxray.projects.hcl import syntax

_MOST_PARENTS: Final = 50
_FIELDS: Final = {
    "dockerfile": "file",
    "target": "target",
    "platforms": "platforms",
    "context": "context",
    "contexts": "build-contexts",
    "args": "build-args",
}
"""The names of fields in Bake files, in Compose files and among the inputs of `docker/build-push-action`."""
_OPTIONS: Final = {"dockerfile": ("-f", "--file"), "target": ("--target",), "platforms": ("--platform",), "context": ()}
_ARGUMENT: Final = "--build-arg"
CONTINUED_LINE: Final = lazy_regex(r"(?:[^\\\n]|\\.)+", re.DOTALL)
"""A line with those that continue it."""
_BUILD_ACTION: Final = lazy_regex(r"docker/build-push-action@(?!(?:releases/)?v1(?:\.|$))")
"""The action whose input `file` names the Dockerfile; its first version had `dockerfile`."""


@dataclass(slots=True)
class Places:
    """The ranges of one build in the text of its file."""

    name: TextRange
    """The label of a target, the key of a service, or the step that builds."""
    fields: dict[str, TextRange] = field(default_factory=dict)
    """The values of `dockerfile`, `context`, `target`, `platforms`, `contexts` and `args`, without fields that the file does not set.

    That of `args` is the whole script of a command that gives arguments.
    """
    runner: TextRange | None = None
    """The value of `runs-on`; None if there is none."""
    own: frozenset[str] = frozenset()
    """The fields that the build sets itself, without those that it inherits."""
    is_parent: bool = False
    """True if other builds of the file inherit from it."""
    misnamed: TextRange | None = None
    """The key `dockerfile` among the inputs of `docker/build-push-action`, which has no such input; None if there is none."""


class _Node(NamedTuple):
    """A value of YAML or JSON with its range."""

    range: TextRange
    text: str
    items: tuple[tuple[_Node | None, _Node], ...]
    """The keys and values of a mapping, or the elements of a list, without keys."""

    def get(self, key: str) -> tuple[_Node, _Node] | None:
        """The key and value of a mapping by the text of the key, merged mappings included; None if it has no such key."""
        for name, value in self.items:
            if name is not None and name.text == key:
                return name, value
        for name, value in self.items:
            if name is not None and name.text == "<<":
                for it in (value, *(inner for _key, inner in value.items)):
                    known = it.get(key)
                    if known is not None:
                        return known
        return None

    def at(self, *keys: str) -> _Node | None:
        """The value at a path of keys; None if there is none."""
        node: _Node | None = self
        for key in keys:
            pair = None if node is None else node.get(key)
            node = None if pair is None else pair[1]
        return node


class FilePlaces:
    """Finds the ranges of builds in one text; never raises."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._lines = LineIndex.of(text)

    @cached_property
    def _blocks(self) -> tuple[syntax.Block, ...]:
        if not self._name.lower().endswith(".hcl"):
            return ()
        from buildxray.projects.hcl.parser import parse_hcl  # noqa: PLC0415 - where there is such a file only

        return parse_hcl(self._text, self._name).body.blocks

    @cached_property
    def _documents(self) -> tuple[_Node, ...]:
        # Most files have no finding that needs them.
        return (*_nodes(self._text),) if self._name.lower().endswith((".json", ".yaml", ".yml")) else ()

    def of(self, build: DeclaredBuild) -> Places:
        """The ranges of a build; only its line if the text has changed too much."""
        for places in (self._in_hcl(build), *(self._in_document(it, build) for it in self._documents)):
            if places is not None:
                return places
        return self._in_script(build)

    def _in_script(self, build: DeclaredBuild) -> Places:
        """The first line of a command; the whole command is the range of its arguments."""
        line = self.line(build.line)
        command = CONTINUED_LINE.match(self._text, line.start)
        if command is None or _ARGUMENT not in command[0]:
            return Places(line)
        return Places(line, {"args": TextRange(*command.span())}, own=frozenset(("args",)))

    def inputs_of(self, job: str) -> dict[str, TextRange]:
        """The ranges of the values that a job gives to the workflow that it calls, by the names of the inputs."""
        for it in self._documents:
            given = it.at("jobs", job, "with")
            if given is not None:
                return {key.text: value.range for key, value in given.items if key is not None}
        return {}

    def line(self, number: int) -> TextRange:
        """The range of a 1-based line, without the blanks around its text."""
        idx = min(max(number - 1, 0), len(self._lines.starts) - 1)
        start, end = self._lines.starts[idx], self._lines.ends[idx]
        content = self._text[start:end]
        return TextRange(start + len(content) - len(content.lstrip()), start + len(content.rstrip()))

    def word(self, place: TextRange, word: str) -> TextRange:
        """The range of a word inside a range; the whole range if the word is not in it."""
        match = re.search(rf"(?<![\w./-]){re.escape(word)}(?![\w./-])", self._text[place.start : place.end])
        return place if match is None else TextRange(place.start + match.start(), place.start + match.end())

    # HCL

    def _in_hcl(self, build: DeclaredBuild) -> Places | None:
        targets = [it for it in self._blocks if it.kind == "target" and it.labels]
        own = [it for it in targets if it.labels[0] == build.name] or [it for it in targets if it.line == build.line]
        if not own:
            return None
        parents = {name for block in targets for name in _inherited(block)}
        places = Places(_within_quotes(self._text, own[0].start, own[0].end), is_parent=build.name in parents)
        places.own = frozenset(it for it in _FIELDS for block in own if it in block.body.attributes)
        pending, seen = [*own], set[str]()
        while pending and len(seen) < _MOST_PARENTS:
            block = pending.pop(0)
            for name in _FIELDS:
                attribute = block.body.attributes.get(name)
                if attribute is not None and attribute.end > attribute.start:
                    value = _within_quotes(self._text, attribute.start, attribute.end)
                    places.fields.setdefault(name, value)
            for name in reversed(_inherited(block)):
                if name not in seen:
                    seen.add(name)
                    pending += [it for it in targets if it.labels[0] == name]
        return places

    # YAML and JSON

    def _in_document(self, document: _Node, build: DeclaredBuild) -> Places | None:
        if (services := document.get("services")) is not None:
            return self._in_table(services[1], build, ("build",))
        if (jobs := document.get("jobs")) is not None:
            return self._in_jobs(jobs[1], build)
        targets = document.get("target")
        return None if targets is None else self._in_table(targets[1], build, ())

    def _in_table(self, table: _Node, build: DeclaredBuild, below: tuple[str, ...]) -> Places | None:
        """The ranges of a service, or of a target in JSON."""
        label = next(
            (key.text for key, _value in table.items if key is not None and key.text.replace(".", "_") == build.name),
            build.name,
        )
        pair = table.get(label)
        if pair is None:
            pair = next(
                ((key, value) for key, value in table.items if key is not None and self._is_at(key, build.line)), None
            )
        if pair is None:
            return None
        places = Places(pair[0].range)
        body = pair[1].at(*below)
        if body is None:
            return places
        for name in _FIELDS:
            value = body.at(name)
            if value is not None:
                places.fields[name] = value.range
        if not body.items and body.text:
            places.fields["context"] = body.range
        places.own = frozenset(places.fields)
        parents = {
            it.text
            for _key, value in table.items
            for inherited in (value.at("inherits"), value.at("extends"), value.at("extends", "service"))
            if inherited is not None
            for it in (inherited, *(inner for _none, inner in inherited.items))
        }
        places.is_parent = label in parents
        return places

    def _in_jobs(self, jobs: _Node, build: DeclaredBuild) -> Places | None:
        job = jobs.get(build.name)
        steps = None if job is None else job[1].at("steps")
        if job is None or steps is None:
            return None
        runs_on = job[1].at("runs-on")
        runner = None if runs_on is None else runs_on.range
        step = next((it for _key, it in steps.items if self._is_at(it, build.line)), None)
        if step is None:
            return Places(job[0].range, runner=runner)
        first = next((value for key, value in step.items if key is not None and key.text in {"uses", "run"}), step)
        places = Places(first.range if "\n" not in self._slice(first.range) else self.line(build.line), runner=runner)
        for name, called in _FIELDS.items():
            value = step.at("with", called)
            if value is not None:
                places.fields[name] = value.range
        uses = step.at("uses")
        if uses is not None and _BUILD_ACTION.match(uses.text):
            given = step.at("with")
            places.misnamed = next(
                (
                    key.range
                    for key, _value in (() if given is None else given.items)
                    if key and key.text == "dockerfile"
                ),
                None,
            )
        script = step.at("run")
        for name, options in _OPTIONS.items() if script is not None else ():
            if script is not None and (place := self._option(script.range, options)) is not None:
                places.fields[name] = place
        if script is not None and _ARGUMENT in self._slice(script.range):
            places.fields["args"] = script.range
        places.own = frozenset(places.fields)
        return places

    def _option(self, script: TextRange, options: tuple[str, ...]) -> TextRange | None:
        """The range of an option's value in a script; None unless the option occurs once."""
        pattern = "|".join(map(re.escape, options)) or r"(?!)"
        matches = [*re.finditer(rf"(?<![\w-])(?:{pattern})[ =]+[\"']?(?P<value>[^\s\"']+)", self._slice(script))]
        if len(matches) != 1:
            return None
        start, end = matches[0].span("value")
        return TextRange(script.start + start, script.start + end)

    def _is_at(self, node: _Node, line: int) -> bool:
        return self._lines.position(node.range.start)[0] + 1 == line

    def _slice(self, place: TextRange) -> str:
        return self._text[place.start : place.end]


def _within_quotes(text: str, start: int, end: int) -> TextRange:
    """A range without the quotes around its text."""
    is_quoted = end - start > 2 and text[start] == text[end - 1] == '"' and '"' not in text[start + 1 : end - 1]
    return TextRange(start + 1, end - 1) if is_quoted else TextRange(start, end)


def _inherited(block: syntax.Block) -> list[str]:
    """The names of the targets that a block inherits from, without computed ones."""
    from buildxray.projects.hcl import syntax  # noqa: PLC0415 - where there is such a file only

    attribute = block.body.attributes.get("inherits")
    items = attribute.value.items if attribute is not None and isinstance(attribute.value, syntax.ListOf) else ()
    return [it.value for it in items if isinstance(it, syntax.Literal) and isinstance(it.value, str)]


def _nodes(text: str) -> Iterator[_Node]:
    """The documents of a text with ranges, up to the first error."""
    from buildxray.projects.yaml import compose_documents  # noqa: PLC0415 - where there is such a file only

    budget = [20_000]
    for document in compose_documents(text):
        yield _node(document, 0, budget)


def _node(node: Any, depth: int, budget: list[int]) -> _Node:  # noqa: ANN401 - the library's nodes are not typed
    start, end = node.start_mark.index, node.end_mark.index
    budget[0] -= 1
    if node.id == "scalar":
        is_quoted = node.style in {"'", '"'}
        return _Node(TextRange(start + is_quoted, end - is_quoted), str(node.value), ())
    if depth > 40 or budget[0] < 0:
        return _Node(TextRange(start, end), "", ())
    pairs = node.value if node.id == "mapping" else ((None, it) for it in node.value)
    items = tuple(
        (None if key is None else _node(key, depth + 1, budget), _node(value, depth + 1, budget))
        for key, value in pairs
    )
    return _Node(TextRange(start, end), "", items)
