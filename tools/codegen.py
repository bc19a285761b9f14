"""Writes the files that are generated from the code; with --check it only says which are stale."""

from __future__ import annotations

import ast
import dataclasses
import gettext
import inspect
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from argparse_manpage.manpage import Manpage

from buildxray.cli.parser import parser
from buildxray.ide import settings
from buildxray.ide.plan_view.svg import stylesheet
from buildxray.ide.settings import Settings, setting_name
from buildxray.localization import DIRECTORY, DOMAIN, LANGUAGES
from buildxray.platforms.names import COMMON_PLATFORMS
from buildxray.projects.search import EXCLUDED_DIRECTORIES
from buildxray.rules.base import Rule, Severity
from buildxray.rules.registry import ALL

ROOT = Path(__file__).resolve().parents[1]


def generated() -> dict[Path, str]:
    """What each generated file has to hold."""
    pages = {ROOT / "docs" / "rules" / f"{rule.name}.md": rule_page(rule) for rule in ALL}
    client = ROOT / "client-vscode"
    manifest = client / "package.json"
    texts = {client / f"package.nls{it}.json": language for it, language in (("", "en"), (".ja", "ja"))}
    return {
        **pages,
        ROOT / "docs" / "rules" / "README.md": rules_index(),
        ROOT / "docs" / "buildxray.1": manual_page(),
        ROOT / "docs" / "settings.md": settings_page(),
        manifest: with_settings(manifest.read_text(encoding="utf-8")),
        **{path: with_texts(path.read_text(encoding="utf-8"), language) for path, language in texts.items()},
        client / "src" / "rules.json": rule_summaries(),
        client / "src" / "platforms.json": as_json([*COMMON_PLATFORMS]),
        client / "media" / "plan.css": plan_stylesheet(),
    }


def rule_page(rule: Rule) -> str:
    """The manual page of a rule."""
    severity = f"Severity: {rule.with_intent.value}"
    if rule.without_intent is not rule.with_intent:
        if rule.with_intent is Severity.ERROR:
            severity += "; warning where the project's builds name no platform"
        severity += f"; {rule.without_intent.value} in a file that is not meant for several platforms"
    return f"# {rule.name}\n\n{severity}. Fix: {rule.fix.value}.\n\n{rule.doc}\n"


def rules_index() -> str:
    """The list of all rules."""
    rows = [f"| [{rule.name}]({rule.name}.md) | {rule.summary} | {rule.fix.value} |" for rule in ALL]
    return "\n".join(["# Rules", "", "| rule | finds | fix |", "|---|---|---|", *rows, ""])


def manual_page() -> str:
    """The manual page of the program, from the parser that reads its command line."""
    os.environ["COLUMNS"] = "100"
    page = Manpage(parser())
    # A date would make the page another one every day.
    page.date, page.source, page.manual = "", "buildxray", "User Commands"
    return f"{str(page).rstrip()}\n"


def rule_summaries() -> str:
    """What the client shows where a rule is chosen."""
    rules = [
        {"name": rule.name, "summary": {language: translated(rule.summary, language) for language in LANGUAGES}}
        for rule in ALL
    ]
    return as_json(rules)


SCHEMAS: dict[str, dict[str, Any]] = {
    "platforms": {"type": "array", "items": {"type": "string"}, "examples": [["linux/amd64", "linux/arm64"]]},
    "buildPlatform": {"type": ["string", "object"], "additionalProperties": {"type": "string"}, "default": ""},
    "build": {"type": "string", "default": ""},
    "select": {"type": "array", "items": {"type": "string", "enum": [it.name for it in ALL]}, "uniqueItems": True},
    "ignore": {"type": "array", "items": {"type": "string", "enum": [it.name for it in ALL]}, "uniqueItems": True},
    "exclude": {
        "type": "array",
        "items": {"type": "string"},
        "uniqueItems": True,
        "default": [*EXCLUDED_DIRECTORIES],
    },
    "locale": {"type": "string", "enum": ["", *LANGUAGES], "default": ""},
    **{
        name: {
            "type": "string",
            "enum": ["auto", "on", "off"],
            "markdownEnumDescriptions": [f"%settings.yields.{it}%" for it in ("auto", "on", "off")],
            "default": "auto",
        }
        for name in ("navigation", "general")
    },
}
"""What an editor accepts, where the type of a field does not say it."""
OF_THE_CLIENT: dict[str, dict[str, Any]] = {
    "interpreter": {
        "type": "string",
        "default": "",
        "scope": "machine-overridable",
    },
    "trace.server": {
        "type": "string",
        "enum": ["off", "messages", "verbose"],
        "default": "off",
        "scope": "window",
    },
}
"""Settings of the VS Code client alone; their descriptions stand in its catalogues."""


def documented_settings() -> dict[str, str]:
    """What each setting means, by the name that users call it."""
    (definition,) = ast.parse(inspect.getsource(settings.Settings)).body
    assert isinstance(definition, ast.ClassDef), "the settings are a class"
    found: dict[str, str] = {}
    name = ""
    for node in definition.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = setting_name(node.target.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            found[name] = " ".join(str(node.value.value).split())
            name = ""
    assert {*found} == {setting_name(it.name) for it in dataclasses.fields(Settings)}, "every field has a docstring"
    return found


def setting_schemas() -> dict[str, dict[str, Any]]:
    """The settings of the server as VS Code describes settings, but for what they mean."""
    defaults = {setting_name(it.name): it.default for it in dataclasses.fields(Settings)}
    schemas: dict[str, dict[str, Any]] = {}
    for name in documented_settings():
        schema = SCHEMAS.get(name, {"type": "boolean", "default": defaults[name]})
        if schema["type"] == "array":
            schema = {"default": [], **schema}
        scope = "window" if name == "locale" else "resource"
        schemas[name] = {**schema, "scope": scope}
    return schemas


def with_settings(manifest: str) -> str:
    """The manifest of the VS Code client, with the settings as they are."""
    package: dict[str, Any] = json.loads(manifest)
    properties = {**setting_schemas(), **OF_THE_CLIENT}
    package["contributes"]["configuration"]["properties"] = {
        f"buildxray.{name}": {**schema, "markdownDescription": f"%settings.{name}%"}
        for name, schema in properties.items()
    }
    return as_json(package)


def with_texts(catalogue: str, language: str) -> str:
    """A catalogue of the manifest's texts, with the descriptions of the server's settings as they are."""
    texts: dict[str, str] = json.loads(catalogue)
    own = {f"settings.{name}": translated(text, language) for name, text in documented_settings().items()}
    return as_json({**texts, **own})


def translated(text: str, language: str) -> str:
    """A text in a language, from the catalogues of the server."""
    return gettext.translation(DOMAIN, DIRECTORY, [language], fallback=True).gettext(text)


def as_json(value: object) -> str:
    """A value as the text of a file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def settings_page() -> str:
    """The page that lists the settings."""
    texts = documented_settings()
    rows = [
        f"| `{name}` | {_default(schema['default'])} | {texts[name].replace('|', chr(92) + '|')} |"
        for name, schema in setting_schemas().items()
    ]
    text = """# Settings

The same names everywhere, the first place that sets one counts:

1. options of the command line: `--platform`, `--build-platform`, `--select`, `--ignore`;
2. the editor: `buildxray.platforms` and so on in VS Code, or under `buildxray` in the settings that other clients send;
3. `buildxray.toml` in the directory of the Dockerfile or the nearest above it, or `[tool.buildxray]` in `pyproject.toml`.

```toml
platforms = ["linux/amd64", "linux/arm64"]
ignore = ["redundant-target-platform"]
```

A name that is no setting is an error on the command line, and a warning in an editor.

| setting | default | meaning |
|---|---|---|
"""
    return text + "\n".join(rows) + "\n"


def plan_stylesheet() -> str:
    """The stylesheet of the plan for VS Code, whose themes are classes and not what the system prefers."""
    head, dark = "@media (prefers-color-scheme: dark) {\n  .plan {\n", "  }\n}\n"
    before, _, rest = stylesheet().partition(head)
    colours, _, behind = rest.partition(dark)
    # Without a weight of its own, so that what a theme says itself goes first.
    themes = ":where(.vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light)) .plan {\n"
    note = "/* Generated by tools/codegen.py from server/buildxray/ide/plan_view/plan.css. */\n"
    return f"{note}{before}{themes}{re.sub('^  ', '', colours, flags=re.MULTILINE)}}}\n{behind}"


def _default(value: object) -> str:
    return f"`{json.dumps(value)}`"


def stale() -> list[Path]:
    """The generated files that are not as they should be."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]


def main() -> int:
    """Write what is stale, or list it."""
    paths = stale()
    for path in paths:
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path], "utf-8")
    return int(bool(paths) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
