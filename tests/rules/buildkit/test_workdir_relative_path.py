from __future__ import annotations

from buildxray.rules.buildkit.workdir_relative_path import workdir_relative_path
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token

FROM = "FROM alpine\n"


@every_case(
    "before, where, after",
    [
        ("FROM scratch\nWORKDIR ./app\n", "./app", "FROM scratch\nWORKDIR /app\n"),
        ("FROM scratch AS a\nFROM a\nWORKDIR app\n", "app", "FROM scratch AS a\nFROM a\nWORKDIR /app\n"),
        (f"{FROM}WORKDIR ./app\n", "./app", None),
        (f"{FROM}WORKDIR C:/app\n", "C:/app", None),
        (f"{FROM}ARG DIR=app\nWORKDIR $DIR\n", "$DIR", None),
        (f"{FROM}WORKDIR app/$HOME\n", "app/$HOME", None),
        ("FROM golang AS a\nFROM a\nWORKDIR httpbun\n", "httpbun", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(workdir_relative_path, before, where, after)


@every_case(
    "text",
    [
        f"{FROM}WORKDIR /app\nWORKDIR below\n",
        f"{FROM}ENV A=/x\nWORKDIR $A/y\n",
        "# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nWORKDIR C:\\app\n",
        "FROM a AS base\nWORKDIR /app\nFROM base\nWORKDIR below\n",
        # The base image may set it.
        f"{FROM}WORKDIR $HOME\n",
        f'{FROM}WORKDIR "${{HOME}}/app"\n',
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(workdir_relative_path, text)
