from __future__ import annotations

import pytest

from buildxray.rules.buildkit.json_args_recommended import json_args_recommended
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_silent, check_token, context, findings

FROM = "FROM alpine\n"


@every_case(
    "before, where, after",
    [
        (f"{FROM}CMD httpd -f\n", "httpd -f", f'{FROM}CMD ["httpd", "-f"]\n'),
        # All lines of the instruction
        (
            f"{FROM}ENTRYPOINT a -b \\\n  -c \\\n  d\nUSER e\n",
            "a -b \\",
            f'{FROM}ENTRYPOINT ["a", "-b", "-c", "d"]\nUSER e\n',
        ),
        (f"# escape=`\n{FROM}CMD a `\n  b\n", "a `", f'# escape=`\n{FROM}CMD ["a", "b"]\n'),
        (f"{FROM}CMD a \\\n# why\n  b\n", "a \\", None),
        (f"{FROM}ENTRYPOINT exec x\n", "exec x", None),
        (f"{FROM}CMD a && b\n", "a && b", None),
        (f"{FROM}CMD echo $HOME\n", "echo $HOME", None),
        (f"{FROM}CMD\n", "CMD", None),
        (f"{FROM}CMD [ -f /a ] && b\n", "[ -f /a ] && b", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(json_args_recommended, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        f'{FROM}SHELL ["/bin/bash", "-c"]\nCMD a\n',
        # `broken-json` reports what was meant as an array.
        f"{FROM}CMD ['a', 'b']\n",
        f'{FROM}ENTRYPOINT ["a",]\n',
        f"{FROM}CMD [a b]\n",
        f'{FROM}CMD a\nCMD ["b"]\n',
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(json_args_recommended, text)


@every_case(
    "text, command, n_fixes",
    [
        ("#!/bin/sh\nexec app\n", "/start.sh", 1),
        ("exec app\n", "/start.sh", 0),
        ("exec app\n", "sh /start.sh", 1),
        ("exec app\n", "/other.sh", 1),
    ],
)
def test_a_script_without_an_interpreter_needs_the_shell(text: str, command: str, n_fixes: int) -> None:
    workspace = Workspace(texts={"docker/start.sh": (text,)}.__getitem__)
    file = f"{FROM}COPY docker/start.sh /\nENTRYPOINT {command}\n"
    (finding,) = findings(json_args_recommended, context(file, workspace=workspace))
    assert len(finding.fixes) == n_fixes


@every_case(
    "command, message",
    [
        ("bash", "`CMD` starts `bash` in another shell, which it does not need"),
        ("/bin/zsh -l", "`CMD` starts `zsh` in another shell, which it does not need"),
        ("bash start.sh", "`CMD` runs in a shell, which may keep signals from the program"),
        ("bash -c run", "`CMD` runs in a shell, which may keep signals from the program"),
        ("exec java $OPTIONS -jar a.jar", "`CMD` starts a shell first, which `exec` then replaces with the program"),
        ("exec a | tee log", "`CMD` runs in a shell, which may keep signals from the program"),
        ("migrate && exec a", "`CMD` runs in a shell, which may keep signals from the program"),
        ("executor -v", "`CMD` runs in a shell, which may keep signals from the program"),
    ],
)
def test_the_message_tells_what_the_shell_does(command: str, message: str) -> None:
    (finding,) = findings(json_args_recommended, context(f"{FROM}CMD {command}\n"))
    assert finding.message == message
