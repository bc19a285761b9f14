"""The data of the picture for other editors: plain values, described in docs/protocol.md."""

from __future__ import annotations

from typing import Any, Final

from buildxray.ide.plan_view.heat import BuildTime
from buildxray.ide.plan_view.model import Box, PlanView, Row, Stage, spoken

VERSION: Final = 1
"""The version of the JSON format, which increases if a field is removed or changes its meaning."""


def view_as_json(view: PlanView) -> dict[str, Any]:
    """Convert the picture to a JSON object, without coordinates."""
    totals = view.totals
    return {
        "version": VERSION,
        "buildPlatform": str(view.build_platform),
        "targetPlatforms": [str(it) for it in view.target_platforms],
        "origin": view.origin,
        "error": None if view.error is None else {"message": view.error[0], "line": view.error[1]},
        "totals": {
            "steps": totals.steps,
            "runSteps": totals.runs,
            "emulated": totals.emulated,
            "emulatedPlatforms": [str(it) for it in totals.emulated_platforms],
            "repeated": totals.repeated,
            "needless": totals.needless,
        },
        "stages": [_stage(it) for it in view.stages],
        "times": _times(view.time),
        "unneeded": [{"name": it.name, "line": it.line} for it in view.unneeded],
        "edges": [
            {"from": it.source, "to": it.target, "instruction": it.instruction, "kind": it.kind} for it in view.edges
        ],
    }


def _times(time: BuildTime | None) -> dict[str, Any] | None:
    """The measured times of the whole build."""
    if time is None:
        return None
    return {
        "total": round(time.total, 3),
        "longest": round(time.longest, 3),
        "saved": round(time.saved, 3),
        "remaining": None if time.remaining is None else [round(it, 3) for it in time.remaining],
        "fixesSave": round(time.fixes_save, 3),
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "index": stage.idx,
        "name": stage.name,
        "line": stage.line,
        "platforms": [str(it) for it in stage.platforms],
        "origin": stage.origin,
        "isImage": stage.is_image,
        "onlyFor": [str(it) for it in stage.targets],
        "rows": [_row(stage, it) for it in stage.rows],
    }


def _row(stage: Stage, row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "instruction": row.instruction,
        "line": row.line,
        "lastLine": row.last_line,
        "keyword": row.keyword,
        "text": row.text,
        "cause": row.cause,
        "reason": row.reason,
        "steps": [_step(stage, row, it) for it in row.boxes],
    }


def _step(stage: Stage, row: Row, box: Box) -> dict[str, Any]:
    return {
        "step": box.step,
        "kind": box.kind,
        "state": box.cost.value,
        "platform": None if box.platform is None else str(box.platform),
        "targets": [str(it) for it in box.targets],
        "label": box.label,
        "description": spoken(stage, row, box),
        "seconds": None if box.time is None else round(box.time.seconds, 3),
        "measured": box.time is not None and box.time.is_measured,
        "critical": box.time is not None and box.time.is_critical,
    }
