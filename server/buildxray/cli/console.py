"""Output: colours if wanted, and never a control character that a terminal would execute."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

from buildxray.cli.errors import CliError
from buildxray.files.reading import discard_output
from buildxray.files.writing import WriteError, write_output
from buildxray.localization import _
from buildxray.syntax.lazy_regex import lazy_regex

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")
Span = str | tuple[str, str]
"""A text, or a text and a style such as `bold red`."""
UNLIMITED: Final = 100_000
"""The width of output that is not a terminal, in columns."""
_NARROWEST: Final = 20
"""The least width to which output is wrapped, in columns."""
_CONTROLS: Final = lazy_regex(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Characters that move the cursor, change the terminal or the direction of the text, or cannot be encoded."""
_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def visible(text: str) -> str:
    r"""Show control characters as escapes such as `\x1b`; tabulators and line feeds stay."""
    return _CONTROLS.sub(_escape, text)


def on_one_line(text: str) -> str:
    r"""Show line feeds as `\n` too: a file name must not begin a line, which GitHub could read as a command."""
    return visible(text).replace("\n", "\\n")


def width_of(text: str) -> int:
    """The number of columns of a text on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(it) else 2 if unicodedata.east_asian_width(it) in "WF" else 1 for it in text)


class Output:
    """The standard output, or the file that the option `--output-file` names."""

    def __init__(self, color: str = "auto", path: str | None = None) -> None:
        self._path = path
        self._kept: list[bytes] = []
        stream = sys.stdout
        if path is None and stream is None:
            raise CliError(_("the standard output is closed"))
        self.is_terminal = path is None and stream.isatty()
        self.has_colors = _has_colors(color, is_terminal=self.is_terminal)
        columns = os.environ.get("COLUMNS", "")
        is_limited = self.is_terminal or (path is None and columns.isdecimal() and int(columns) > 0)
        self.width = max(_NARROWEST, shutil.get_terminal_size().columns) if is_limited else UNLIMITED
        self._rich: Console | None = None

    def line(self, *spans: Span, indent: str = "") -> None:
        """Effect: write one line; on a terminal it is wrapped between words, and `indent` precedes the continuation lines."""
        if not self.has_colors:
            # Most lines fit, and need not be cut into words.
            text = "".join([on_one_line(text) for text, _style in map(_span, spans)])
            if width_of(text) <= self.width:
                self.out(text)
                return
        words = [(part, style) for text, style in map(_span, spans) for part in re.split("(?<= )", on_one_line(text))]
        column = 0
        pieces: list[tuple[str, str]] = []
        for text, style in words:
            width = width_of(text.rstrip(" "))
            if column and column + width > self.width:
                before, style_before = pieces[-1]
                pieces[-1] = before.rstrip(" "), style_before
                pieces.append((f"\n{indent}", ""))
                column = len(indent)
            pieces.append((text, style))
            column += width_of(text)
        self.out("".join(self._styled(*it) for it in pieces))

    def out(self, text: str = "", end: str = "\n") -> None:
        """Effect: write a text for people, in the encoding of the terminal."""
        encoding = (sys.stdout.encoding if self._path is None else None) or "utf-8"
        self.write((text + end).encode(encoding, "backslashreplace"))

    def data(self, text: str, end: str = "\n") -> None:
        """Effect: write a text for programs: always UTF-8, with unchanged line ends."""
        self.write((text + end).encode("utf-8", "surrogateescape"))

    def write(self, content: bytes) -> None:
        """Effect: write bytes."""
        if self._path is not None:
            self._kept.append(content)
            return
        stream = sys.stdout
        if isinstance(stream, io.TextIOWrapper):
            stream.flush()
            stream.buffer.write(content)
        else:
            stream.write(content.decode("utf-8", "replace"))

    def print(self, *renderables: Any, **options: Any) -> None:  # noqa: ANN401 - what rich can print
        """Effect: print a renderable of rich, such as a table."""
        console = self.rich
        with console.capture() as capture:
            console.print(*renderables, **options)
        self.out(capture.get(), end="")

    @property
    def rich(self) -> Console:
        """A console of rich that has this width and these colours."""
        if self._rich is None:
            # Loading it takes longer than checking a file.
            from rich.console import Console  # noqa: PLC0415

            console = Console(
                highlight=False,
                markup=False,
                emoji=False,
                force_terminal=self.has_colors,
                no_color=not self.has_colors,
                width=self.width,
            )
            console.push_render_hook(_hook())
            self._rich = console
        return self._rich

    def close(self) -> None:
        """Effect: flush buffered output. Raises `CliError`, `OSError`."""
        if self._path is not None:
            try:
                write_output(self._path, b"".join(self._kept))
            except WriteError as error:
                raise CliError(_("{path}: cannot be written: {reason}", path=self._path, reason=error)) from error
            self._kept.clear()
        elif sys.stdout is not None:
            sys.stdout.flush()

    def _styled(self, text: str, style: str) -> str:
        if not style or not self.has_colors or not text:
            return text
        codes = ";".join(_CODES[it] for it in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m"


class _Choices:
    """The output options of the command."""

    color = "auto"
    path: str | None = None
    current: Output | None = None


def choose_output(color: str, path: str | None) -> None:
    """Effect: set the result of `output`."""
    _Choices.color, _Choices.path, _Choices.current = color, path, None


def output() -> Output:
    """The output of the current command. Raises `CliError` if it cannot be opened."""
    if _Choices.current is None:
        _Choices.current = Output(_Choices.color, _Choices.path)
    return _Choices.current


def close_output() -> None:
    """Effect: flush the output. Raises `CliError`, `OSError`."""
    if _Choices.current is not None:
        _Choices.current.close()


def progress(items: Iterable[Item], n_items: int, what: str) -> Iterator[Item]:
    """Yield the items, with a progress bar on a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console  # noqa: PLC0415 - few runs need a bar
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(items, n_items, description=what)


def report(error: CliError | str) -> None:
    """Effect: print an error on one line, if the standard error can be written."""
    if sys.stderr is None:
        return
    text = f"buildxray: {on_one_line(str(error))}\n"
    encoding = sys.stderr.encoding or "utf-8"
    try:
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stderr.flush()
    except OSError:
        discard_output(sys.stderr)


def warn(message: str) -> None:
    """Effect: print a warning."""
    report(_("warning: {message}", message=message))


def _span(span: Span) -> tuple[str, str]:
    return (span, "") if isinstance(span, str) else span


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        # A byte of a file name that is not UTF-8.
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _has_colors(color: str, *, is_terminal: bool) -> bool:
    """True if the output is coloured, by the environment and the stream. Source: no-color.org, force-color.org."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "") not in ("", "0", "false"):
        return True
    return is_terminal and os.environ.get("TERM") != "dumb" and _enable_escapes()


def _enable_escapes() -> bool:
    """Effect: enable escape sequences in the console of Windows; returns False if that fails."""
    if sys.platform != "win32":
        return True
    import ctypes  # noqa: PLC0415 - on Windows only

    kernel = ctypes.windll.kernel32
    handle, mode = kernel.GetStdHandle(-11), ctypes.c_ulong()
    has_mode = kernel.GetConsoleMode(handle, ctypes.byref(mode))
    return bool(has_mode and kernel.SetConsoleMode(handle, mode.value | 4))


def _hook() -> Any:  # noqa: ANN401 - a class of rich, which is loaded late
    from rich.console import RenderHook  # noqa: PLC0415
    from rich.segment import Segment  # noqa: PLC0415

    class Visible:
        """A renderable whose control characters are shown as escapes."""

        def __init__(self, renderable: Any) -> None:  # noqa: ANN401
            self._renderable = renderable

        def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:  # noqa: ANN401
            for segment in console.render(self._renderable, options):
                yield segment if segment.control else Segment(visible(segment.text), segment.style)

    class Hook(RenderHook):
        def process_renderables(self, renderables: list[Any]) -> list[Any]:
            return [Visible(it) for it in renderables]

    return Hook()
