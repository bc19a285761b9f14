"""The JSON of `buildxray plan --format json`: plain data, stable from the first release on."""

from __future__ import annotations

from typing import Any

from buildxray.plan.model import Plan, Step
from buildxray.semantics.cost import Cost, step_cost


def plan_as_json(plan: Plan, path: str) -> dict[str, Any]:
    """The plan of a file as one object: its platforms, the reasons why BuildKit refuses it, and its steps."""
    request = plan.request
    error = plan.error
    machines = {str(it): str(request.node(it)) for it in request.target_platforms}
    return {
        "path": path,
        "build_platform": str(request.build_platform),
        **({"nodes": machines} if request.nodes else {}),
        "target_platforms": [str(it) for it in request.target_platforms],
        "error": None if error is None else {"message": error.message, "line": error.line},
        "steps": [_step_as_json(it) for it in plan.steps],
    }


def _step_as_json(step: Step) -> dict[str, Any]:
    fields: dict[str, Any] = {"kind": step.kind}
    if step.line is not None:
        fields["line"] = step.line
    fields |= {"stage": step.stage, "label": step.label}
    if step.platform is not None:
        fields["platform"] = str(step.platform)
    fields |= {"targets": [str(it) for it in step.targets], "inputs": list(step.inputs)}
    if step.environment is not None:
        fields["env"] = [f"{it.name}={it.value}" for it in step.environment.in_order() if it.name != "PATH"]
    return fields | {"emulated": step_cost(step) is Cost.EMULATED}
