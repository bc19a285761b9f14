"""The hover of stages: the platform of each with its reason, its steps, and the stages that need it."""

from __future__ import annotations

import re

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.base import Hover, platforms_note, table
from buildxray.ide.literals import literal
from buildxray.ide.names import Kind, occurrence_at
from buildxray.ide.times_text import instruction_times, stage_share
from buildxray.localization import _, ngettext
from buildxray.semantics.build import From, Stage
from buildxray.semantics.cost import platform_origin, stage_totals
from buildxray.syntax.instructions import Flag


def platform_flag(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the `--platform` at an offset."""
    from_ = analysis.build.instruction_at(offset)
    if not isinstance(from_, From) or from_.stage is None or from_.platform is None:
        return None
    flag_range = from_.range_of(from_.platform)
    if not flag_range.contains(offset):
        return None
    parts = [
        _("**`--platform`**: the platform of this stage's image, and so of its `RUN` steps"),
        _meaning(from_.platform),
        _("**Ignored here**: this stage is built on another one, and has its platform.") if from_.stage.bases else "",
        _platform_table(from_.stage),
        platforms_note(analysis),
    ]
    return Hover(flag_range, "\n\n".join(filter(None, parts)))


def stage(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the stage whose FROM, image or name is at an offset."""
    occurrence = occurrence_at(analysis, offset)
    if occurrence is not None and occurrence.name.kind is Kind.STAGE:
        named = analysis.build.instructions[occurrence.name.declared_at].stage
        assert named is not None, "the name of a stage is declared by its FROM"
        return Hover(occurrence.range, _described(analysis, named))
    from_ = analysis.build.instruction_at(offset)
    if not isinstance(from_, From) or from_.stage is None:
        return None
    ranges = (from_.range_of(it) for it in (from_.node.keyword, from_.image) if it is not None)
    range_ = next((it for it in ranges if it.contains(offset)), None)
    return None if range_ is None else Hover(range_, _described(analysis, from_.stage))


def _meaning(flag: Flag) -> str:
    value = "" if flag.value is None else flag.value.text
    if "BUILDPLATFORM" in value:
        return _(
            "`$BUILDPLATFORM` is the machine that builds: nothing is emulated, and all targets can share the steps."
        )
    if "TARGETPLATFORM" in value:
        return _("`$TARGETPLATFORM` is the default: each target has its own steps, under emulation for other machines.")
    if "$" not in value:
        return _("A constant: the same for every target, and emulated where the build machine is another one.")
    return ""


def _platform_table(stage_: Stage) -> str:
    targets = (f"`{it}`" for it in stage_.build.request.target_platforms)
    platforms = (f"`{it}`" for it in stage_.platforms)
    return table([_("target platform"), _("platform of this stage")], zip(targets, platforms, strict=True))


def _origin(stage_: Stage) -> str:
    """The source of a stage's platform, in Markdown; text from the document is formatted as code."""
    text = platform_origin(stage_)
    is_code = text.startswith("--platform=")
    return f"`{literal(text)}`" if is_code else re.sub(r"[\[\]<>!]", r"\\\g<0>", literal(text))


def _described(analysis: Analysis, stage_: Stage) -> str:
    platforms = _(", ").join(f"`{it}`" for it in dict.fromkeys(stage_.platforms))
    parts = [
        _(
            "**stage `{stage}`** on {platforms} ({origin})",
            stage=literal(stage_.display_name),
            platforms=platforms or _("no platform"),
            origin=_origin(stage_),
        )
    ]
    if not stage_.is_needed:
        return "\n\n".join([*parts, _("Not needed for the image: BuildKit skips it.")])
    totals = stage_totals(stage_)
    counted = ngettext("{n} step", "{n} steps", totals.n_steps)
    parts.append(
        _(
            "{steps}, {n_runs} of them `RUN`, {n} under emulation.",
            steps=counted,
            n_runs=totals.n_runs,
            n=totals.n_emulated,
        )
        if totals.n_runs
        else _("{steps}, none of them `RUN`.", steps=counted)
    )
    share = stage_share(analysis, stage_)
    if share:
        parts.append(_("In the build log: {share}.", share=share))
    parts.append(instruction_times(analysis, stage_.from_))
    if stage_.is_target:
        parts.append(_("It becomes the image."))
    lines = sorted({it.line for it in stage_.consumers})
    if lines:
        listed = _(", ").join(map(str, lines))
        parts.append(ngettext("Used in line {lines}.", "Used in lines {lines}.", len(lines), lines=listed))
    return "\n\n".join(filter(None, [*parts, platforms_note(analysis)]))
