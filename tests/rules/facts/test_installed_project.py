"""Installations of the project itself, which download what it requires."""

from __future__ import annotations

from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.toolchains.base import NeededFiles, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings

PROJECT = NeededFiles(("pyproject.toml",), is_complete=True, requires_packages=True)
WORKSPACE = Workspace(
    needed=lambda *_given: PROJECT, holds=frozenset({"pyproject.toml", "web/", "web/__init__.py"}).__contains__
)


def messages(lines: str, image: str = "python:3.14", workspace: Workspace = WORKSPACE) -> list[str]:
    text = f"FROM {image}\nWORKDIR /app\n{lines}\nCMD a\n"
    return [it.message for it in findings(late_module_download, context(text, workspace=workspace))]


def test_a_cache_keeps_what_pip_downloads() -> None:
    cache = "`--mount=type=cache,target=/root/.cache/pip`"
    fact = "`pip install` downloads the dependencies again after each change of the source: "
    assert messages("COPY . .\nRUN pip install .") == [f"{fact}{cache} keeps the downloads"]
    assert messages("COPY . .\nRUN pip install --no-cache-dir -e .[dev]") == [
        f"{fact}{cache} without `--no-cache-dir` keeps the downloads"
    ]


def test_no_cache_mount_is_advised_where_each_begins_empty() -> None:
    fresh = WORKSPACE._replace(is_on_fresh_machines=lambda: True)
    assert messages("COPY . .\nRUN pip install .", workspace=fresh) == []


def test_the_fix_mounts_a_cache() -> None:
    check_fix(
        late_module_download,
        "FROM python\nWORKDIR /app\nCOPY pyproject.toml ./\nCOPY src src\nRUN pip install --no-cache-dir \\\n    .\nCMD a\n",
        "FROM python\nWORKDIR /app\nCOPY pyproject.toml ./\nCOPY src src\nRUN --mount=type=cache,target=/root/.cache/pip pip install \\\n    .\nCMD a\n",
        workspace=WORKSPACE,
    )
    check_fix(
        late_module_download,
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install \\\n    --no-cache-dir \\\n    .\nCMD a\n",
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install \\\n    .\nCMD a\n",
        workspace=WORKSPACE,
    )


@every_case(
    "lines, reason",
    [
        (
            "COPY . .\nRUN uv pip install --system '.[a,b]'",
            "`pyproject.toml` is not copied before the rest; `uv pip install --system -r pyproject.toml --extra a --extra b` needs no other files",
        ),
        (
            "COPY pyproject.toml README.md ./\nCOPY web web\nRUN uv pip install -e .",
            "add `RUN uv pip install -r pyproject.toml` right after `COPY pyproject.toml README.md`, before the rest is copied",
        ),
        # The environment does not exist there yet.
        (
            "COPY pyproject.toml ./\nCOPY web web\nRUN uv venv && \\\n    uv pip install -e .",
            "add `RUN uv venv && uv pip install -r pyproject.toml` right after `COPY pyproject.toml`, before the rest is copied",
        ),
        (
            "COPY pyproject.toml ./\nCOPY web web\nRUN uv venv /v\nRUN VIRTUAL_ENV=/v A=b uv pip install -e .",
            "add `RUN uv venv /v && VIRTUAL_ENV=/v uv pip install -r pyproject.toml` right after `COPY pyproject.toml`, before the rest is copied",
        ),
        (
            "COPY . .\nRUN python -m venv v && . v/bin/activate && uv pip install .",
            "`pyproject.toml` is not copied before the rest; `python -m venv v && . v/bin/activate && uv pip install -r pyproject.toml` needs no other files",
        ),
        # Neither does the program.
        (
            "COPY pyproject.toml ./\nCOPY web web\nRUN pip install uv\nRUN uv pip install -e .",
            "add `RUN pip install uv && uv pip install -r pyproject.toml` right after `COPY pyproject.toml`, before the rest is copied",
        ),
    ],
)
def test_uv_installs_the_requirements_alone(lines: str, reason: str) -> None:
    assert messages(lines) == [
        f"`uv pip install` downloads the dependencies again after each change of the source: {reason}"
    ]


@every_case(
    "lines",
    [
        "COPY pyproject.toml ./\nCOPY web web\nRUN . ./env.sh && uv pip install .",
        "COPY pyproject.toml ./\nRUN pip install uv\nCOPY web web\nRUN uv pip install .",
        "COPY pyproject.toml ./\nCOPY web web\nRUN curl -LsSf https://astral.sh/uv/install.sh | sh\nRUN uv pip install .",
    ],
)
def test_what_prepares_an_installation_in_another_place_has_no_advice(lines: str) -> None:
    assert messages(lines) == ["`uv pip install` downloads the dependencies again after each change of the source"]


@every_case(
    "lines",
    [
        "COPY . .\nRUN pip install --upgrade pip wheel && pip install .",
        "COPY . .\nRUN python -m venv /v && /v/bin/pip install .",
        "COPY . .\nRUN python -m pip install .",
        "COPY --from=ghcr.io/astral-sh/uv /uv /uvx /bin/\nCOPY . .\nRUN pip install .",
        "COPY app.py pyproject.toml ./\nRUN pip install .",
    ],
)
def test_programs_that_install_are_no_requirements(lines: str) -> None:
    assert len(messages(lines)) == 1


@every_case(
    "lines",
    [
        # The packages are there before, or kept, or not downloaded.
        "COPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\nRUN pip install .",
        "RUN pip install flask\nCOPY . .\nRUN pip install .",
        "COPY --from=docker.io/acme/venv /v /v\nCOPY . .\nRUN pip install .",
        "COPY . .\nRUN --mount=type=cache,target=/root/.cache pip install .",
        "COPY . .\nRUN pip install --no-deps .",
        "COPY . .\nENV PIP_NO_CACHE_DIR=1\nRUN pip install .",
        "COPY . .\nUSER app\nRUN pip install .",
        "COPY . .\nRUN pip install . && rm -rf /root/.cache",
        # No source comes before it.
        "COPY pyproject.toml README.md ./\nRUN pip install .",
        "COPY pyproject.toml ./\nRUN mkdir app && touch app/__init__.py && pip install .\nCOPY . .",
        # Something else is installed.
        "COPY . .\nRUN pip install ./lib",
        "COPY . .\nRUN pip install . --target /out",
        "COPY . .\nRUN pip install $PROJECT",
    ],
)
def test_other_installations_are_not_reported(lines: str) -> None:
    assert messages(lines) == []


def test_only_known_requirements_in_a_known_image_are_reported() -> None:
    lines = "COPY . .\nRUN pip install ."
    assert messages(lines, "acme/base") == []
    assert messages(lines, workspace=Workspace()) == []
    nothing = NeededFiles(("pyproject.toml",), is_complete=True)
    assert messages(lines, workspace=WORKSPACE._replace(needed=lambda *_given: nothing)) == []
