"""The main features in a real Neovim, configured by the files of docs/editors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[3]
GREET: Final = ROOT / "examples" / "greet"
PATIENCE: Final = 30.0
"""The longest wait, in seconds."""
NEW, OLD = "neovim.lua", "neovim-0.7.lua"
VERSIONS: Final = {NEW: str(ROOT / ".e2e" / "nvim" / "bin" / "nvim"), OLD: "nvim"}
"""The configuration files, each with a Neovim of that version: from PyPI, and from Debian."""
WARNING, INFORMATION = 2, 3


class Neovim:
    """A Neovim without a screen, controlled by its `--remote-…` options."""

    def __init__(self, command: str, setup: Path, home: Path) -> None:
        self._command = command
        self.setup = "0.7" if command == "nvim" else ""
        self._socket = home / "socket"
        self._environment = {"HOME": str(home), "PATH": f"{ROOT / '.venv' / 'bin'}:{os.defpath}"}
        arguments = ["--headless", "--listen", str(self._socket), "-u", str(setup), "Dockerfile"]
        self.process = subprocess.Popen(
            [command, *arguments],
            cwd=home / "greet",
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        until(self._socket.exists)

    def lua(self, code: str) -> Any:  # noqa: ANN401 - Lua has no types
        """The value that a piece of Lua returns."""
        quoted = f"(function() {code} end)()".replace("'", "''")
        return json.loads(self._remote("--remote-expr", f"json_encode(luaeval('{quoted}'))"))

    def type(self, keys: str) -> None:
        """Effect: press keys."""
        self._remote("--remote-send", keys)

    @property
    def text(self) -> str:
        return str(self.lua("return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\\n') .. '\\n'"))

    @property
    def diagnostics(self) -> list[dict[str, Any]]:
        return list(self.lua("return vim.diagnostic.get(0)"))

    def floating_text(self) -> str:
        """The text of the floating windows."""
        return str(
            self.lua("""
                local found = {}
                for _, window in ipairs(vim.api.nvim_list_wins()) do
                  if vim.api.nvim_win_get_config(window).relative ~= "" then
                    vim.list_extend(found, vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true))
                  end
                end
                return table.concat(found, "\\n")
            """)
        )

    def virtual_texts(self) -> list[str]:
        """The virtual texts of the buffer."""
        return list(
            self.lua("""
                local found = {}
                for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })) do
                  for _, line in ipairs({ mark[4].virt_text or {}, unpack(mark[4].virt_lines or {}) }) do
                    for _, chunk in ipairs(line) do table.insert(found, chunk[1]) end
                  end
                end
                return found
            """)
        )

    def _remote(self, *arguments: str) -> str:
        command = [self._command, "--server", str(self._socket), *arguments]
        # Version 0.7 answers on stderr.
        answer = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=self._environment
        )
        assert answer.returncode == 0, answer.stdout
        return answer.stdout


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(params=VERSIONS)
def setup_file(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def started(setup: str, version: str, directory: Path, settings: str = "") -> Iterator[Neovim]:
    """A Neovim that shows a copy of the example and reports no errors."""
    shutil.copytree(GREET, directory / "greet")
    # A fixed build platform, so that the machine of the test does not matter.
    (directory / "greet" / "buildxray.toml").write_text(f'buildPlatform = "linux/amd64"\n{settings}')
    (directory / "init.lua").write_text(setup)
    editor = Neovim(version, directory / "init.lua", directory)
    try:
        yield editor
        assert editor.lua("return vim.fn.execute('messages')").strip() == ""
    finally:
        editor.process.terminate()
        editor.process.wait(PATIENCE)


@pytest.fixture
def neovim(setup_file: str, tmp_path: Path) -> Iterator[Neovim]:
    """A Neovim with the platforms of the configuration file's example."""
    text = (ROOT / "docs" / "editors" / setup_file).read_text()
    with started(text.replace("-- platforms", "platforms"), VERSIONS[setup_file], tmp_path) as editor:
        until(lambda: [it["severity"] for it in editor.diagnostics] == [WARNING])
        yield editor


def test_the_file_as_it_is(setup_file: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "editors" / setup_file).read_text()
    with started(text, VERSIONS[setup_file], tmp_path) as editor:
        until(lambda: [it["severity"] for it in editor.diagnostics] == [INFORMATION])


def test_an_emulated_compiler_is_found_and_made_native(neovim: Neovim) -> None:
    (finding,) = neovim.diagnostics
    assert (finding["lnum"], finding["col"], finding["end_col"]) == (0, 5, 23)
    assert finding["code"] == "emulated-build"
    assert finding["message"].startswith("`go build` runs under emulation for linux/arm64")

    neovim.lua("""
        vim.ui.select = function(items, options, choose)
          for _, item in ipairs(items) do
            if vim.startswith(options.format_item(item), "Cross-compile this stage") then choose(item) end
          end
        end
    """)
    neovim.type("gg0fggra")
    until(lambda: neovim.text != (GREET / "Dockerfile").read_text())
    assert neovim.text == (GREET / "Dockerfile.cross").read_text()
    until(lambda: not neovim.diagnostics)


def test_hover_shows_the_table(neovim: Neovim) -> None:
    neovim.type("ggOARG TARGETARCH<Esc>bK")
    until(lambda: "linux/arm64" in neovim.floating_text())
    assert "the architecture that is built for" in neovim.floating_text()


def test_a_stage_is_renamed(neovim: Neovim) -> None:
    neovim.lua("vim.ui.input = function(_, confirm) confirm('compile') end")
    neovim.type("gg$grn")
    until(lambda: "AS compile" in neovim.text)
    before = (GREET / "Dockerfile").read_text()
    assert neovim.text == before.replace("AS build", "AS compile").replace("--from=build", "--from=compile")


@pytest.mark.parametrize("setup_file", [NEW])
def test_costs_are_shown_beside_the_text(neovim: Neovim) -> None:
    emulated = "×2  emulated: linux/arm64"
    until(lambda: neovim.virtual_texts().count(emulated) == 3)
    until(lambda: "linux/amd64, linux/arm64 (target platform) · 16 steps · 3 emulated" in neovim.virtual_texts())


SECONDS: Final = "×2  19.9 s · arm64 101.4 s emulated"
"""The hint of the compiler's RUN, from the log of the example."""


def has_lens(neovim: Neovim) -> bool:
    """True if the lens of the log is above the first stage."""
    return any(it.startswith("build log (") and ": 111.9 s" in it for it in neovim.virtual_texts())


def test_the_log_that_a_setting_names_is_on_the_lines(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "editors" / NEW).read_text().replace("-- platforms", "platforms")
    with started(text, VERSIONS[NEW], tmp_path, 'log = "build.log"\n') as neovim:
        until(lambda: SECONDS in neovim.virtual_texts())
        until(lambda: has_lens(neovim))


@pytest.mark.parametrize("setup_file", [NEW])
def test_a_request_shows_the_times_of_a_log_and_clears_them(neovim: Neovim, tmp_path: Path) -> None:
    log = str(tmp_path / "greet" / "build.log")
    answer = ask(neovim, "buildxray/times", 0, 0, log={"path": log})
    assert (answer["log"]["name"], round(answer["times"]["total"], 1)) == ("build.log", 111.9)
    until(lambda: SECONDS in neovim.virtual_texts())
    until(lambda: has_lens(neovim))
    # A Lua table has no null; the key is missing.
    assert "times" not in ask(neovim, "buildxray/times", 0, 0, clear=True)
    until(lambda: SECONDS not in neovim.virtual_texts())
    until(lambda: not has_lens(neovim))


def ask(neovim: Neovim, method: str, line: int, column: int, **others: object) -> Any:  # noqa: ANN401 - JSON
    """The answer of the server to a request at the cursor."""
    more = "".join(f" parameters.{name} = vim.json.decode([[{json.dumps(it)}]])" for name, it in others.items())
    return neovim.lua(f"""
        local parameters = {{
          textDocument = vim.lsp.util.make_text_document_params(0),
          position = {{ line = {line}, character = {column} }},
        }}
        {more}
        local answers = vim.lsp.buf_request_sync(0, "{method}", parameters, 10000)
        for _, answer in pairs(answers or {{}}) do return answer.result or vim.NIL end
        return vim.NIL
    """)


def test_instructions_are_completed(neovim: Neovim) -> None:
    last = len(neovim.text.splitlines())
    neovim.lua("vim.api.nvim_buf_set_lines(0, -1, -1, true, { 'HEALTHC' })")
    found = ask(neovim, "textDocument/completion", last, 7)
    assert [it["label"] for it in found["items"]] == ["HEALTHCHECK"]


def test_the_argument_that_comes_next_is_shown(neovim: Neovim) -> None:
    found = ask(neovim, "textDocument/signatureHelp", 0, 5)
    assert found["signatures"][0]["label"].startswith("FROM [--platform=platform] image[:tag]")


def test_the_document_is_formatted(neovim: Neovim) -> None:
    tidy = neovim.text
    neovim.lua("vim.api.nvim_buf_set_text(0, 0, 0, 0, 0, { '  ' })")
    neovim.lua("vim.lsp.buf." + ("formatting_sync(nil, 10000)" if "0.7" in neovim.setup else "format()"))
    until(lambda: neovim.text == tidy)


def test_a_build_error_is_found(neovim: Neovim) -> None:
    neovim.lua("vim.api.nvim_buf_set_lines(0, -1, -1, true, { 'RUNN make' })")
    until(lambda: any(it["severity"] == 1 and it["code"] == "build-error" for it in neovim.diagnostics))


def test_a_build_error_is_repaired(neovim: Neovim) -> None:
    neovim.lua("vim.api.nvim_buf_set_lines(0, -1, -1, true, { 'RUNN make' })")
    until(lambda: any(it["severity"] == 1 for it in neovim.diagnostics))
    neovim.lua("""
        vim.ui.select = function(items, options, choose)
          for _, item in ipairs(items) do
            if vim.startswith(options.format_item(item), "Write `RUN`") then choose(item) end
          end
        end
    """)
    neovim.type("Ggra")
    until(lambda: neovim.text.endswith("\nRUN make\n"))
