"""Stages: the platform of each and why, its steps, who needs it."""

from __future__ import annotations

from buildxray.ide.analysis import Analysis
from buildxray.ide.hover.base import Hover, platforms_note, table
from buildxray.ide.names import Kind, occurrence_at
from buildxray.ide.reasons import platform_origin
from buildxray.localization import _, ngettext
from buildxray.plan.outline import StageOutline
from buildxray.syntax.instructions import Flag, From, Run


def platform_flag(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the `--platform` at an offset."""
    for stage in analysis.plan.stages:
        instruction = analysis.dockerfile.instructions[stage.from_idx]
        node = instruction.node
        flag = node.platform if isinstance(node, From) else None
        if flag is not None and instruction.range_of(flag).contains(offset):
            parts = [
                _("**`--platform`**: the platform of this stage's image, and so of its `RUN` steps"),
                _meaning(flag),
            ]
            if analysis.context.facts.bases(stage.idx):
                parts.append(_("**Ignored here**: this stage is built on another one, and has its platform."))
            parts += [_platform_table(analysis, stage), platforms_note(analysis)]
            return Hover(instruction.range_of(flag), "\n\n".join(filter(None, parts)))
    return None


def stage(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the stage whose FROM, image or name stands at an offset."""
    found = occurrence_at(analysis, offset)
    if found is not None and found.name.kind is Kind.STAGE:
        named = next(it for it in analysis.plan.stages if it.from_idx == found.name.declared_at)
        return Hover(found.range, _described(analysis, named))
    for outlined in analysis.plan.stages:
        instruction = analysis.dockerfile.instructions[outlined.from_idx]
        node = instruction.node
        assert isinstance(node, From), "a stage begins with FROM"
        for token in (node.keyword, node.image):
            if token is not None and instruction.range_of(token).contains(offset):
                return Hover(instruction.range_of(token), _described(analysis, outlined))
    return None


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


def _platform_table(analysis: Analysis, outlined: StageOutline) -> str:
    targets = (f"`{it}`" for it in analysis.request.target_platforms)
    platforms = (f"`{it}`" for it in analysis.context.facts.platforms(outlined.idx))
    return table([_("target platform"), _("platform of this stage")], zip(targets, platforms, strict=True))


def _described(analysis: Analysis, outlined: StageOutline) -> str:
    facts = analysis.context.facts
    platforms = _(", ").join(f"`{it}`" for it in dict.fromkeys(facts.platforms(outlined.idx)))
    parts = [
        _(
            "**stage `{stage}`** on {platforms} ({origin})",
            stage=outlined.display_name,
            platforms=platforms or _("no platform"),
            origin=platform_origin(facts, outlined),
        )
    ]
    if outlined.idx not in facts.needed_stages:
        return "\n\n".join([*parts, _("Not needed for the image: BuildKit skips it.")])
    indices = range(outlined.from_idx + 1, outlined.end_idx)
    runs = {step.idx: step for it in indices for step in facts.steps(it) if isinstance(analysis.plan.node(it), Run)}
    steps = {step.idx for it in range(outlined.from_idx, outlined.end_idx) for step in facts.steps(it)}
    emulated = sum(it.is_emulated for it in runs.values())
    counted = ngettext("{n} step", "{n} steps", len(steps))
    parts.append(
        _("{steps}, {n_runs} of them `RUN`, {n} under emulation.", steps=counted, n_runs=len(runs), n=emulated)
        if runs
        else _("{steps}, none of them `RUN`.", steps=counted)
    )
    if outlined.idx == analysis.plan.target_stage:
        parts.append(_("It becomes the image."))
    consumers = [analysis.dockerfile.instructions[it.instruction].first_line for it in facts.consumers[outlined.idx]]
    if consumers:
        lines = _(", ").join(map(str, sorted({*consumers})))
        parts.append(ngettext("Used in line {lines}.", "Used in lines {lines}.", len({*consumers}), lines=lines))
    return "\n\n".join(filter(None, [*parts, platforms_note(analysis)]))
