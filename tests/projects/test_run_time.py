from __future__ import annotations

from pathlib import Path

from buildxray.projects.context import Contexts
from buildxray.projects.run_time import run_time_needs
from buildxray.toolchains.base import RunTimeNeeds
from tests.support.cases import every_case


def read(root: Path, language: str, files: dict[str, str]) -> RunTimeNeeds | None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return run_time_needs(root, language)


@every_case(
    "language, name, text, expected",
    [
        ("Go", "main.go", 'import "os/exec"\n', True),
        ("Go", "cmd/app/main.go", 'syscall.Exec("/bin/sh", nil, nil)', True),
        ("Go", "main_test.go", 'import "os/exec"\n', None),
        ("Go", "vendor/a/a.go", 'import "os/exec"\n', None),
        ("Go", "main.go", 'import "net/http"\n', False),
        ("Java", "src/main/java/A.java", 'new ProcessBuilder("git")', True),
        ("Java", "src/main/kotlin/A.kt", 'Runtime.getRuntime().exec("git")', True),
        ("Java", "src/test/java/A.java", 'new ProcessBuilder("git")', None),
        ("Java", "A.java", "Runtime.getRuntime().availableProcessors()", False),
        (".NET", "App/A.cs", 'Process.Start("git");', True),
        (".NET", "App/A.cs", "Process.GetCurrentProcess();", False),
        ("Node.js", "src/a.ts", "spawn('git')", False),
        ("Rust", "src/main.rs", "Command::new", None),
    ],
)
def test_programs_that_start_others(tmp_path: Path, language: str, name: str, text: str, expected: bool | None) -> None:
    needs = read(tmp_path / str(abs(hash((name, text)))), language, {name: text})
    assert (None if needs is None else needs.starts_programs) is expected


@every_case(
    "text, expected",
    [
        ('time.LoadLocation("Europe/Berlin")', True),
        ('import _ "time/tzdata"\ntime.LoadLocation("Europe/Berlin")', False),
        ("time.Now()", False),
    ],
)
def test_programs_that_read_time_zones(tmp_path: Path, text: str, expected: bool) -> None:
    needs = read(tmp_path / str(abs(hash(text))), "Go", {"a.go": text})
    assert needs is not None
    assert needs.reads_time_zones is expected


@every_case(
    "language, text, expected",
    [
        ("Go", 'os.ReadFile("emails/a.html")', ["emails/a.html"]),
        ("Go", 'http.FileServer(http.Dir("site"))', ["site"]),
        ("Go", 'migrate.New("file://db/changes", url)', ["db/changes"]),
        ("Go", 'router.Static("/assets", "site")', ["/assets", "site"]),
        ("Go", 'x := "site"\nfmt.Println("hello", "it is", ".")', []),
        ("Go", "template.ParseGlob(`site/*.html`)", ["site/*.html"]),
        ("Node.js", "import a from './a'\nconst b = require('../b.json')\nexport * from \"./c\"", []),
        ("Node.js", "path.join(__dirname, '../mails')", ["../mails"]),
        ("Node.js", "app.use(express.static('site'))", ["site"]),
    ],
)
def test_texts_that_may_be_paths(tmp_path: Path, language: str, text: str, expected: list[str]) -> None:
    name = "a.go" if language == "Go" else "a.ts"
    needs = read(tmp_path / str(abs(hash(text))), language, {f"cmd/{name}": text})
    assert needs is not None
    assert [*needs.texts] == expected
    assert needs.places == {"cmd"}


def test_too_many_sources_are_unknown(tmp_path: Path) -> None:
    assert read(tmp_path / "files", "Go", {f"{number}.go": "" for number in range(2001)}) is None
    assert read(tmp_path / "texts", "Go", {"a.go": "\n".join(f'"a/{number}"' for number in range(2001))}) is None
    assert read(tmp_path / "bytes", "Go", {"a.go": "/" * 1_000_001}) is None


def test_the_first_directory_with_sources_counts_and_is_read_once(tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "docker").mkdir(parents=True)
    (app / "main.go").write_text('import "os/exec"\n')
    contexts = Contexts((app / "docker", app, tmp_path))
    needs = contexts.run_time("Go")
    assert needs is not None
    assert needs.starts_programs
    (app / "main.go").write_text("")
    assert contexts.run_time("Go") is needs
