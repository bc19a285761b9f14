"""`buildxray diff`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, output
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, read_file
from buildxray.cli.git import read_revision
from buildxray.cli.logs import read_log_of_user
from buildxray.cli.times_markdown import code
from buildxray.ide.build_times import LoadedLog, MeasuredBuild, measure_best
from buildxray.ide.plan_diff import PlanDiff, plan_diff
from buildxray.ide.seconds import about_seconds, remaining
from buildxray.localization import _, localized, ngettext
from buildxray.logs.escapes import visible
from buildxray.plan.model import Plan, Step
from buildxray.plan.planner import Planner
from buildxray.syntax.parser import parse


class _Text(NamedTuple):
    """A text, and where it is from."""

    name: str
    path: str
    """The file that it is a version of."""
    text: str


def diff(options: argparse.Namespace) -> int:
    """Effect: print what changes between two versions of a Dockerfile. Raises `CliError`."""
    old, new = _texts(options.old, options.new)
    builds = Builds(BuildOptions.of(options))
    measured = _measured(options.log, old, builds)
    request = builds.of(new.path).request if measured is None else measured.times.plan.request
    old_plan = Planner(request).plan(parse(old.text)) if measured is None else measured.times.plan
    found = plan_diff(old_plan, Planner(request).plan(parse(new.text)), measured)
    console = output()
    match options.format:
        case "json":
            console.data(json.dumps(_as_json(old, new, found), ensure_ascii=False))
        case "markdown":
            console.out("\n".join(_markdown(old, new, found)))
        case _:
            _print(console, old, new, found)
    return _exit_code(found, options, measured)


def _exit_code(found: PlanDiff, options: argparse.Namespace, measured: MeasuredBuild | None) -> int:
    """1 where a gate is exceeded."""
    is_over = options.max_emulated is not None and _n_emulated(found.new) > options.max_emulated
    if options.max_minutes is not None:
        if measured is None or found.prediction is None:
            raise CliError(_("--max-minutes: expected --log, a log of the old version, to tell minutes from"))
        is_over = is_over or found.prediction.remaining[0] > options.max_minutes * 60
    return int(is_over)


def _texts(old: str, new: str) -> tuple[_Text, _Text]:
    """Both versions: each is a file or REVISION:PATH; a revision alone means the file that the other one names."""
    return _read(old, other=new), _read(new, other=old)


def _read(name: str, other: str) -> _Text:
    if name == STDIN or Path(name).exists():
        return _Text(name, name, read_file(name))
    revision, separator, path = name.partition(":")
    if not separator:
        path = other.partition(":")[2] if not Path(other).exists() else other
        path = (
            path if path.startswith(("./", "../", "/")) or (":" in other and not Path(other).exists()) else f"./{path}"
        )
    if not path or path.startswith("/"):
        raise CliError(_("{name}: no such file; expected a file or REVISION:PATH", name=name))
    return _Text(f"{revision}:{path}", path, read_revision(f"{revision}:{path}"))


def _measured(log: str | None, old: _Text, builds: Builds) -> MeasuredBuild | None:
    if not log:
        return None
    loaded = LoadedLog(log, read_log_of_user(log))
    build = builds.of(old.path)
    measured = measure_best(loaded, old.text, build.request, builds.workspace(old.path))
    if measured is None:
        raise CliError(_("{log}: no build of {path} is in the log", log=log, path=old.name))
    if measured.text != old.text:
        return MeasuredBuild(old.text, measured.times.build, build.request, workspace=builds.workspace(old.path))
    return measured


def _n_emulated(plan: Plan) -> int:
    return sum(it.is_emulated for it in plan.steps)


def _totals(plan: Plan) -> dict[str, int]:
    return {
        "steps": len(plan.steps),
        "runs": sum(it.kind == "exec" for it in plan.steps),
        "emulated": _n_emulated(plan),
    }


def _as_json(old: _Text, new: _Text, found: PlanDiff) -> dict[str, Any]:
    prediction = found.prediction
    error = found.new.error
    return {
        "old": {"name": old.name, **_totals(found.old)},
        "new": {"name": new.name, **_totals(found.new)},
        "error": None if error is None else {"message": localized(error.message), "line": error.line},
        "added": [_step(it) for it in found.added],
        "gone": [_step(it) for it in found.gone],
        "moved": [{"line": it.line, "label": it.label, "from": it.before, "to": it.after} for it in found.moved],
        "cache_broken": [{"stage": stage, "line": line} for stage, line in found.broken_from],
        "reruns": len(found.invalidated),
        "prediction": None
        if prediction is None
        else {
            "saved": round(prediction.saved, 3),
            "remaining": [round(it, 3) for it in prediction.remaining],
            "unknown": prediction.unknown,
        },
    }


def _step(step: Step) -> dict[str, Any]:
    return {"line": step.line, "label": step.label, "emulated": step.is_emulated}


def _sentences(found: PlanDiff) -> Iterator[str]:
    old, new = _totals(found.old), _totals(found.new)
    error = found.new.error
    if error is not None:
        message = localized(error.message)
        yield _("BuildKit refuses the new version. Line {line}: {message}", line=error.line, message=message)
    yield _(
        "RUN steps: {old} before, {new} after; emulated: {old_emulated} before, {new_emulated} after.",
        old=old["runs"],
        new=new["runs"],
        old_emulated=old["emulated"],
        new_emulated=new["emulated"],
    )
    for stage, line in found.broken_from:
        yield _("Stage {stage}: nothing is found in the cache from line {line} on.", stage=visible(stage), line=line)
    prediction = found.prediction
    if prediction is not None:
        if prediction.saved >= 1:
            yield _(
                "Saves about {saved}: the build would take {range}.",
                saved=about_seconds(prediction.saved),
                range=remaining(prediction),
            )
        elif prediction.saved <= -1:
            yield _(
                "Takes about {more} longer: the build would take {range}.",
                more=about_seconds(-prediction.saved),
                range=remaining(prediction),
            )
        else:
            yield _("Takes as long as before.")
        if prediction.unknown:
            yield ngettext(
                "{n} RUN step is new: the log does not tell how long it takes.",
                "{n} RUN steps are new: the log does not tell how long they take.",
                prediction.unknown,
            )


def _changes(found: PlanDiff) -> Iterator[tuple[str, str, str]]:
    """Sign, kind and label of each change."""
    for it in found.moved:
        word = _("now native") if it.after == "native" else _("now emulated")
        yield ("~", word, it.label)
    for step in found.gone:
        yield ("-", _("gone"), step.label)
    for step in found.added:
        yield ("+", _("added, emulated") if step.is_emulated else _("added"), step.label)


def _print(console: Output, old: _Text, new: _Text, found: PlanDiff) -> None:
    console.line((f"{old.name} → {new.name}", "bold"))
    style = {"~": "yellow", "-": "red", "+": "green"}
    for sign, word, label in _changes(found):
        text = " ".join(visible(label).split())
        console.line((f"{sign} {word}", style[sign]), f"  {text}", indent="    ")
    for sentence in _sentences(found):
        console.line(sentence)


def _markdown(old: _Text, new: _Text, found: PlanDiff) -> Iterator[str]:
    yield f"### {_('Build of {new} against {old}', new=code(new.name), old=code(old.name))}"
    yield ""
    for sentence in _sentences(found):
        yield f"- {sentence.replace('<', '&lt;')}"
    changes = [*_changes(found)]
    if changes:
        yield ""
        yield f"| {_('Change')} | {_('Step')} |"
        yield "| --- | --- |"
        for _sign, word, label in changes:
            yield f"| {word} | {code(' '.join(label.split()))} |"
    yield ""
