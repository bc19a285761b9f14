"""`buildxray diff`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from buildxray.cli.build_options import BuildOptions, Builds
from buildxray.cli.console import Output, output
from buildxray.cli.errors import CliError
from buildxray.cli.files import STDIN, read_file
from buildxray.cli.git import read_revision
from buildxray.cli.logs import read_log_of_user
from buildxray.cli.times_markdown import code
from buildxray.files.reading import exists
from buildxray.ide.build_times import LoadedLog, MeasuredBuild, measure_best
from buildxray.ide.seconds import about_seconds, remaining
from buildxray.localization import _, localized, ngettext
from buildxray.logs.escapes import visible
from buildxray.logs.prediction import Prediction
from buildxray.semantics.build import Build, Builder, Step
from buildxray.semantics.build_diff import BuildDiff, build_diff
from buildxray.semantics.cost import build_totals


class _Text(NamedTuple):
    """A version of a Dockerfile."""

    name: str
    path: str
    """The file in the working tree."""
    text: str


def diff(options: argparse.Namespace) -> int:
    """Effect: print the differences between the builds of two versions of a Dockerfile. Raises `CliError`."""
    old, new = _texts(options.old, options.new)
    builds = Builds(BuildOptions.of(options))
    measured = _measured(options.log, old, builds)
    builder = Builder(builds.of(new.path).request if measured is None else measured.build.request)
    old_build = builder.build(builder.parse(old.text)) if measured is None else measured.build
    changes = build_diff(old_build, builder.build(builder.parse(new.text)))
    prediction = measured.predict(new.text) if measured is not None and measured.can_predict else None
    comparison = _Comparison(old, new, changes, prediction)
    console = output()
    match options.format:
        case "json":
            console.data(json.dumps(_as_json(comparison), ensure_ascii=False))
        case "markdown":
            console.out("\n".join(_markdown(comparison)))
        case _:
            _print(console, comparison)
    return _exit_code(comparison, options)


class _Comparison(NamedTuple):
    """Everything that is printed."""

    old: _Text
    new: _Text
    changes: BuildDiff
    prediction: Prediction | None
    """The prediction from a log of the old version; None without a log, or if too little ran."""


def _exit_code(comparison: _Comparison, options: argparse.Namespace) -> int:
    """1 if the new version exceeds a limit of the options. Raises `CliError` if a limit needs a log."""
    n_emulated = build_totals(comparison.changes.new).n_emulated
    exceeds = options.max_emulated is not None and n_emulated > options.max_emulated
    if options.max_minutes is not None:
        if comparison.prediction is None:
            raise CliError(_("--max-minutes: expected --log, a log of the old version with its times"))
        exceeds = exceeds or comparison.prediction.remaining[0] > options.max_minutes * 60
    return int(exceeds)


def _texts(old: str, new: str) -> tuple[_Text, _Text]:
    """Both texts: each is given as a file or REVISION:PATH; a revision alone means the path of the other one."""
    return _read(old, other=new), _read(new, other=old)


def _read(name: str, other: str) -> _Text:
    if name == STDIN or exists(name):
        return _Text(name, name, read_file(name))
    revision, separator, path = name.partition(":")
    if not separator:
        is_file = exists(other)
        path = other if is_file else other.partition(":")[2]
        is_of_revision = ":" in other and not is_file
        path = path if path.startswith(("./", "../", "/")) or is_of_revision else f"./{path}"
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


def _as_json(comparison: _Comparison) -> dict[str, Any]:
    changes, prediction = comparison.changes, comparison.prediction
    error = changes.new.refusal
    return {
        "old": {"name": comparison.old.name, **_totals(changes.old)},
        "new": {"name": comparison.new.name, **_totals(changes.new)},
        "error": None if error is None else {"message": localized(error.message), "line": error.line},
        "added": [_step(it) for it in changes.added],
        "gone": [_step(it) for it in changes.gone],
        "moved": [{"line": it.line, "label": it.label, "from": it.before, "to": it.after} for it in changes.moved],
        "cache_broken": [{"stage": stage, "line": line} for stage, line in changes.broken_from],
        "reruns": len(changes.invalidated),
        "prediction": None
        if prediction is None
        else {
            "saved": round(prediction.saved, 3),
            "remaining": [round(it, 3) for it in prediction.remaining],
            "unknown": prediction.unknown,
        },
    }


def _totals(build: Build) -> dict[str, int]:
    totals = build_totals(build)
    return {"steps": totals.n_steps, "runs": totals.n_runs, "emulated": totals.n_emulated}


def _step(step: Step) -> dict[str, Any]:
    return {"line": step.line, "label": step.label, "emulated": step.is_emulated}


def _sentences(comparison: _Comparison) -> Iterator[str]:
    changes = comparison.changes
    old, new = build_totals(changes.old), build_totals(changes.new)
    refusal = changes.new.refusal
    if refusal is not None:
        message = localized(refusal.message)
        yield _("BuildKit refuses the new version. Line {line}: {message}", line=refusal.line, message=message)
    yield _(
        "RUN steps: {old} before, {new} after; emulated: {old_emulated} before, {new_emulated} after.",
        old=old.n_runs,
        new=new.n_runs,
        old_emulated=old.n_emulated,
        new_emulated=new.n_emulated,
    )
    for stage, line in changes.broken_from:
        yield _("Stage {stage}: the cache is not used from line {line} on.", stage=visible(stage), line=line)
    if comparison.prediction is not None:
        yield from _seconds(comparison.prediction)


def _seconds(prediction: Prediction) -> Iterator[str]:
    """Sentences on the duration of the new version."""
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


def _changed_steps(changes: BuildDiff) -> Iterator[tuple[str, str, str]]:
    """Yield a sign, the change and the label of each changed step."""
    for run in changes.moved:
        word = _("now native") if run.after == "native" else _("now emulated")
        yield ("~", word, run.label)
    for step in changes.gone:
        yield ("-", _("gone"), step.label)
    for step in changes.added:
        yield ("+", _("added, emulated") if step.is_emulated else _("added"), step.label)


def _print(console: Output, comparison: _Comparison) -> None:
    """Effect: print for a terminal."""
    console.line((f"{comparison.old.name} → {comparison.new.name}", "bold"))
    style = {"~": "yellow", "-": "red", "+": "green"}
    for sign, word, label in _changed_steps(comparison.changes):
        text = " ".join(visible(label).split())
        console.line((f"{sign} {word}", style[sign]), f"  {text}", indent="    ")
    for sentence in _sentences(comparison):
        console.line(sentence)


def _markdown(comparison: _Comparison) -> Iterator[str]:
    title = _("Build of {new} against {old}", new=code(comparison.new.name), old=code(comparison.old.name))
    yield f"### {title}"
    yield ""
    for sentence in _sentences(comparison):
        yield f"- {sentence.replace('<', '&lt;')}"
    rows = [*_changed_steps(comparison.changes)]
    if rows:
        yield ""
        headings = (_("Change"), _("Step"))
        yield f"| {' | '.join(headings)} |"
        yield "| --- | --- |"
        for _sign, word, label in rows:
            yield f"| {word} | {code(' '.join(label.split()))} |"
    yield ""
