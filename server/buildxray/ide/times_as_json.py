"""The times of a build for the command line and editors: plain data, described in docs/protocol.md."""

from __future__ import annotations

from typing import Any

from buildxray.ide.build_times import MeasuredBuild
from buildxray.logs.matching import StepTime


def times_as_json(measured: MeasuredBuild) -> dict[str, Any]:
    """One object per build: the contract of `buildxray times --format json`; seconds are numbers."""
    times = measured.times
    request = times.plan.request
    return {
        "name": times.build.name,
        "build_platform": str(request.build_platform),
        "target_platforms": [str(it) for it in request.target_platforms],
        "total": _rounded(times.total),
        "total_is_logged": times.is_total_logged,
        "critical_path": _rounded(times.critical_path.seconds),
        "failed": times.build.is_failed,
        "changed": times.has_changed,
        "unmatched": [it.name for it in times.matching.unmatched],
        "steps": [_step(measured, it) for it in times.measured],
        "prediction": _prediction(measured),
    }


def _prediction(measured: MeasuredBuild) -> dict[str, Any] | None:
    """The prediction for all safe fixes, or, if there are none, for those that need review."""
    prediction = measured.prediction
    if prediction is None or measured.repaired is None:
        return None
    return {
        "fixes": "safe" if measured.repaired.is_safe else "suggested",
        "steps": prediction.steps,
        "saved": _rounded(prediction.saved),
        "remaining": [_rounded(it) for it in prediction.remaining],
        "by_fix": [{"title": it.title, "saved": _rounded(it.seconds)} for it in measured.savings],
    }


def _step(measured: MeasuredBuild, time: StepTime) -> dict[str, Any]:
    step = time.step
    return {
        "line": step.line,
        "label": time.vertex.name,
        "platform": None if step.platform is None else str(step.platform),
        "targets": [str(it) for it in step.targets],
        "seconds": None if time.seconds is None else _rounded(time.seconds),
        "cpu": None if time.vertex.cpu_seconds is None else _rounded(time.vertex.cpu_seconds),
        "emulated": step.is_emulated,
        "cached": time.is_cached,
        "status": time.vertex.status.value,
        "critical": measured.is_critical(step),
        "exact": time.is_exact,
    }


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
