"""The files that a download of dependencies needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildxray.projects.manifests import needed_files
from buildxray.toolchains.base import NeededFiles
from tests.support.cases import every_case


def needed(directory: Path, files: dict[str, str], path: str, manager: str, base: str = ".") -> NeededFiles | None:
    for name, text in files.items():
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return needed_files([directory], path, base, manager)


def check(directory: Path, files: dict[str, str], path: str, manager: str, expected: str | None) -> None:
    """Check the needed files; None if they are not known."""
    answer = needed(directory, files, path, manager)
    assert answer is not None
    assert (" ".join(sorted(answer.files)) if answer.is_complete else None) == expected


MODULE = "module example.com/m\n\ngo 1.26\n\n"


@every_case(
    "files, expected",
    [
        ({"go.mod": MODULE}, "go.mod"),
        ({"go.mod": MODULE, "go.sum": ""}, "go.mod go.sum"),
        ({"go.mod": f"{MODULE}replace example.com/a => ./a\n", "a/go.mod": MODULE}, "a/go.mod go.mod"),
        (
            {"go.mod": f"{MODULE}replace (\n\tx.org/a/b/v2 v2.0.0 => ./b // here\n)\n", "b/go.mod": ""},
            "b/go.mod go.mod",
        ),
        ({"go.mod": f"{MODULE}replace example.com/a => ./a\n"}, None),
        ({"go.mod": f"{MODULE}replace example.com/a => ../a\n"}, None),
        # A module of its own, which nothing requires.
        ({"go.mod": f"{MODULE}replace example.com/m/a => ./a\n"}, "go.mod"),
        ({"go.mod": f"{MODULE}replace (\n\texample.com/m/a v1.0.0 => ./a\n)\n"}, "go.mod"),
        ({"go.mod": f"{MODULE}require example.com/m/a v1.0.0\nreplace example.com/m/a => ./a\n"}, None),
        ({"go.mod": f"{MODULE}// replace example.com/a => ./a\n"}, "go.mod"),
        ({"go.mod": f"{MODULE}replace example.com/a => example.com/b v1.0.0\n"}, "go.mod"),
        (
            {"go.mod": MODULE, "go.work": "go 1.26\n\nuse (\n\t.\n\t./tool // one more\n)\n", "tool/go.mod": MODULE},
            "go.mod go.work tool/go.mod",
        ),
        ({"go.mod": MODULE, "go.work": "go 1.26\nuse .\nuse ./tool\n"}, None),
        # A module that the workspace does not use is not read.
        ({"go.mod": MODULE, "go.sum": "", "go.work": "use ./tool\n", "tool/go.mod": MODULE}, "go.work tool/go.mod"),
        ({"go.mod": MODULE, "go.sum": "", "go.work": "use ./\n"}, "go.mod go.sum go.work"),
    ],
)
def test_modules_of_go(tmp_path: Path, files: dict[str, str], expected: str | None) -> None:
    check(tmp_path, files, "go.mod", "go", expected)


def test_a_module_of_go_without_its_workspace(tmp_path: Path) -> None:
    check(
        tmp_path,
        {"go.mod": MODULE, "go.work": "use ./tool\n", "tool/go.mod": MODULE},
        "go.mod",
        "go GOWORK=off",
        "go.mod",
    )


@pytest.mark.parametrize(("base", "expected"), [(".", None), ("api", "api/go.mod")])
def test_only_what_is_copied_has_an_effect(tmp_path: Path, base: str, expected: str | None) -> None:
    files = {"go.work": "use ./other\n", "api/go.mod": MODULE}
    answer = needed(tmp_path, files, "api/go.mod", "go", base)
    assert answer is not None
    assert (" ".join(answer.files) if answer.is_complete else None) == expected


@every_case(
    "package, others, manager, expected",
    [
        ({}, "", "npm", "package.json"),
        ({}, "package-lock.json yarn.lock .npmrc", "npm", ".npmrc package-lock.json package.json"),
        ({}, "npm-shrinkwrap.json yarn.lock", "npm", "npm-shrinkwrap.json package.json"),
        ({}, "yarn.lock .npmrc", "npm", ".npmrc package.json yarn.lock"),
        ({}, "yarn.lock .yarnrc.yml", "npm", "package.json"),
        ({}, "yarn.lock", "pnpm", "package.json"),
        ({}, "package-lock.json yarn.lock .yarnrc", "yarn", ".yarnrc package.json yarn.lock"),
        ({"workspaces": ["web", "libs/*"]}, "web/package.json libs/a/package.json libs/README", "npm", "libs/a/package.json package.json web/package.json"),
        ({"workspaces": {"packages": ["./web/"]}}, "web/package.json", "yarn", "package.json web/package.json"),
        ({"workspaces": ["web"]}, "web/package.json", "pnpm", "package.json"),
        ({"workspaces": ["web"]}, "package-lock.json web/package.json web/.npmrc web/package-lock.json", "npm", "package-lock.json package.json web/package.json"),
        ({"workspaces": ["**"]}, "web/package.json", "npm", None),
        ({"workspaces": ["a/*", "!a/b"]}, "a/b/package.json", "npm", None),
        ({"workspaces": []}, "", "npm", "package.json"),
        ({"dependencies": {"a": "file:../a"}}, "", "npm", None),
        ({"devDependencies": {"a": "link:./a"}}, "", "yarn", None),
        ({"dependencies": {"a": "^1.0.0"}}, "", "npm", "package.json"),
        ({"overrides": {"a": "file:./a"}}, "", "npm", None),
        # A patch that does not exist.
        ({"pnpm": {"patchedDependencies": {"a@1": "patches/a.patch"}}}, "", "pnpm", None),
        ({"pnpm": {"patchedDependencies": {"a@1": "patches/a.patch"}}}, "patches/a.patch", "pnpm", "package.json patches/a.patch"),
        ({"patchedDependencies": {"a@1": "patches/a.patch"}}, "patches/a.patch", "bun", "package.json patches/a.patch"),
        ({"patchedDependencies": {"a@1": "patches/a.patch"}}, "patches/a.patch", "npm", "package.json"),
        ({}, ".npmrc yarn.lock", "yarn", ".npmrc package.json yarn.lock"),
        ({}, ".npmrc .yarnrc.yml yarn.lock", "yarn", ".yarnrc.yml package.json yarn.lock"),
        ({}, ".npmrc bun.lock", "bun", ".npmrc bun.lock package.json"),
        ({}, ".pnpmfile.cjs pnpm-lock.yaml", "pnpm", ".pnpmfile.cjs package.json pnpm-lock.yaml"),
        ({}, "binding.gyp", "npm", None),
        ({}, "binding.gyp", "npm --ignore-scripts", "package.json"),
        ({"scripts": {"prepublish": "tsc"}}, "", "npm", None),
        ({"scripts": {"postinstall": "node setup.js"}}, "", "npm", None),
        ({"scripts": {"postinstall": "node setup.js"}}, "", "npm --ignore-scripts", "package.json"),
        ({"dependencies": {"@prisma/client": "6"}}, "", "npm --ignore-scripts", "package.json"),
        ({"dependencies": {"a": "file:../a"}}, "", "npm --ignore-scripts", None),
        ({"scripts": {"prepare": "husky"}}, "", "npm", "package.json"),
        ({"scripts": {"prepare": "lefthook install"}}, "", "npm", None),
        ({"scripts": {"prepare": "lefthook install || true"}}, "", "npm", "package.json"),
        ({"scripts": {"postinstall": "patch-package"}}, "", "npm", "package.json"),
        ({"scripts": {"postinstall": "patch-package"}}, "patches/a.patch", "npm", None),
        ({"dependencies": {"@prisma/client": "6"}}, "", "npm", None),
        ({"dependencies": {"@prisma/client": "6"}}, "", "npm prisma-generate", "package.json"),
        ({"dependencies": {"@prisma/client": "6"}, "scripts": {"build": "prisma generate && tsc"}}, "", "npm", "package.json"),
    ],
)  # fmt: skip
def test_packages_of_node(
    tmp_path: Path, package: dict[str, object], others: str, manager: str, expected: str | None
) -> None:
    files = {**dict.fromkeys(others.split(), "{}"), "package.json": json.dumps(package)}
    check(tmp_path, files, "package.json", manager, expected)


@every_case(
    "text, expected",
    [
        ("packages:\n  - 'web'\n  # all\n  - libs/*\n", "libs/a/package.json package.json pnpm-workspace.yaml web/package.json"),
        ("packages:\n- web\ncatalog:\n  react: ^19\n", "package.json pnpm-workspace.yaml web/package.json"),
        ("packages: [web, 'libs/*']\n", "libs/a/package.json package.json pnpm-workspace.yaml web/package.json"),
        ("packages: ['**']\n", None),
        ("overrides: {a: 'link:../a'}\n", None),
        ("packages: [web\n", None),
        ("", "package.json pnpm-workspace.yaml"),
        ("onlyBuiltDependencies:\n  - esbuild\n", "package.json pnpm-workspace.yaml"),
        ("packages:\n  - '**'\n", None),
        ("packages:\n  - web\npatchedDependencies:\n  a@1: patches/a.patch\n", None),
        ("patchedDependencies:\n  a@1: web/package.json\n", "package.json pnpm-workspace.yaml web/package.json"),
        ("pnpmfile: hooks/pnpmfile.cjs\n", None),
    ],
)  # fmt: skip
def test_workspaces_of_pnpm(tmp_path: Path, text: str, expected: str | None) -> None:
    members = {"web/package.json": "{}", "libs/a/package.json": "{}", "package.json": "{}"}
    check(tmp_path, {**members, "pnpm-workspace.yaml": text}, "package.json", "pnpm", expected)


def test_a_member_of_a_workspace_may_need_its_sources(tmp_path: Path) -> None:
    member = json.dumps({"scripts": {"prepare": "tsc"}})
    files = {"package.json": '{"workspaces": ["web"]}', "web/package.json": member}
    check(tmp_path, files, "package.json", "npm", None)


def test_yarn_itself_may_be_in_the_repository(tmp_path: Path) -> None:
    files = {"package.json": "{}", ".yarnrc.yml": "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.cjs\n"}
    files[".yarn/releases/yarn-4.cjs"] = ""
    check(tmp_path, files, "package.json", "yarn", ".yarn/releases/yarn-4.cjs .yarnrc.yml package.json")


@every_case(
    "settings, expected",
    [
        ('yarn-path ".yarn/releases/yarn-1.22.cjs"\n', ".yarn/releases/yarn-1.22.cjs .yarnrc package.json"),
        ('# yarn-path ".yarn/releases/yarn-1.20.cjs"\nlastUpdateCheck 1\n', ".yarnrc package.json"),
        ('"yarn-path" ".yarn/releases/yarn-1.20.cjs"\n', None),
        ('yarn-offline-mirror "./packages"\n', None),
    ],
)
def test_settings_of_yarn_1(tmp_path: Path, settings: str, expected: str | None) -> None:
    files = {"package.json": "{}", ".yarnrc": settings, ".yarn/releases/yarn-1.22.cjs": ""}
    check(tmp_path, files, "package.json", "yarn", expected)


def test_hooks_of_pnpm_that_load_another_file(tmp_path: Path) -> None:
    files = {"package.json": "{}", ".pnpmfile.cjs": "const pins = require('./pins.json')\n"}
    check(tmp_path, files, "package.json", "pnpm", None)


@every_case(
    "root, manager, expected",
    [
        ({"package.json": '{"workspaces": ["web"]}'}, "npm", "package.json web/package.json"),
        ({"package.json": '{"workspaces": ["we*"]}', "package-lock.json": ""}, "npm", "package-lock.json package.json web/package.json"),
        # Another package of the repository, and an option that only others read.
        ({"package.json": '{"workspaces": ["api"]}'}, "npm", "web/package.json"),
        ({"package.json": '{"workspaces": ["web"]}'}, "pnpm", "web/package.json"),
        ({"package.json": "{}", "pnpm-workspace.yaml": "packages: [web]\n"}, "pnpm", "package.json pnpm-workspace.yaml web/package.json"),
        ({"package.json": "{}", "pnpm-workspace.yaml": "packages: [web]\n"}, "npm", "web/package.json"),
    ],
)  # fmt: skip
def test_a_member_is_installed_with_its_workspace(
    tmp_path: Path, root: dict[str, str], manager: str, expected: str
) -> None:
    check(tmp_path, {**root, "web/package.json": "{}"}, "web/package.json", manager, expected)


def test_a_workspace_that_is_not_copied_has_no_members(tmp_path: Path) -> None:
    files = {"package.json": '{"workspaces": ["web"]}', "web/package.json": "{}"}
    answer = needed(tmp_path, files, "web/package.json", "npm", "web")
    assert answer is not None
    assert answer.files == ("web/package.json",)


def project(*references: str) -> str:
    """A project of .NET with these references."""
    return "<Project>" + "".join(f'<ProjectReference Include="{it}" />' for it in references) + "</Project>"


FEEDS = '<configuration><packageSources><clear /><add key="a" value="{}" /></packageSources><config><add key="b" value="c" /></config></configuration>'


@every_case(
    "files, path, expected",
    [
        ({"a.csproj": project()}, "*.csproj", "a.csproj"),
        ({"a.fsproj": project(), "nuget.config": ""}, "*.csproj", "a.fsproj nuget.config"),
        (
            {"App/App.csproj": project(r"..\Lib\Lib.csproj"), "Lib/Lib.csproj": project(), "Directory.Packages.props": ""},
            "App/App.csproj",
            "App/App.csproj Directory.Packages.props Lib/Lib.csproj",
        ),
        ({"App/App.csproj": project(r"..\Lib\Lib.csproj")}, "App/App.csproj", None),
        # References of an imported file are relative to the project, and imports to the file.
        (
            {
                "src/App/App.csproj": '<Import Project="..\\build\\web.props" />',
                "src/build/web.props": '<Import Project="more.props" />' + project(r"..\Lib\Lib.csproj"),
                "src/build/more.props": "",
                "src/Lib/Lib.csproj": project(),
            },
            "src/App/App.csproj",
            "src/App/App.csproj src/Lib/Lib.csproj src/build/more.props src/build/web.props",
        ),
        (
            {
                "App/App.csproj": project(),
                "Directory.Build.props": '<Import Project="$(MSBuildThisFileDirectory)more.props" />'
                "<Import Project=\"local.props\" Condition=\"Exists('local.props')\" />",
                "App/Directory.Build.props": "<Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '..'))\" />",
                "more.props": "",
            },
            "App/App.csproj",
            "App/App.csproj App/Directory.Build.props Directory.Build.props more.props",
        ),
        ({"a.csproj": project(), "Directory.Build.props": '<Import Project="local.props" />'}, "a.csproj", None),
        ({"a.csproj": project(), "Directory.Build.targets": '<Import Project="$(Tools)/x.props" />'}, "a.csproj", None),
        ({"App/App.csproj": project(r"..\..\Lib\Lib.csproj")}, "App/App.csproj", None),
        ({"a.csproj": project(), "nuget.config": FEEDS.format("https://x.org/v3")}, "a.csproj", "a.csproj nuget.config"),
        ({"a.csproj": project(), "nuget.config": FEEDS.format("./packages")}, "a.csproj", None),
        ({"a.csproj": "<Project><RestoreSources>feed</RestoreSources></Project>"}, "a.csproj", None),
        ({"App/App.csproj": project("$(Root)/Lib.csproj")}, "App/App.csproj", None),
        (
            {
                "all.sln": 'Project("{F}") = "App", "App\\App.csproj", "{1}"\nProject("{2}") = "docs", "docs", "{3}"\n',
                "App/App.csproj": project(),
                "b.csproj": project(),
            },
            "*.csproj",
            "App/App.csproj all.sln",
        ),
        (
            {
                "x.slnf": '{"solution": {"path": "src\\\\a.sln", "projects": ["App\\\\App.csproj"]}}',
                "src/a.sln": 'Project("{F}") = "App", "App\\App.csproj", "{1}"\nProject("{F}") = "B", "B\\B.csproj", "{2}"\n',
                "src/App/App.csproj": project(),
            },
            "x.slnf",
            "src/App/App.csproj src/a.sln x.slnf",
        ),
        ({"x.slnf": '{"solution": {"path": "a.sln", "projects": []}}'}, "x.slnf", None),
        ({"x.slnf": "{"}, "x.slnf", None),
        ({"x.slnx": '<Solution><Project Path="A/A.csproj" /></Solution>', "A/A.csproj": ""}, "x.slnx", "A/A.csproj x.slnx"),
    ],
)  # fmt: skip
def test_projects_of_dotnet(tmp_path: Path, files: dict[str, str], path: str, expected: str | None) -> None:
    check(tmp_path, files, path, "dotnet", expected)


@every_case(
    "name, text, others, manager, expected",
    [
        ("requirements.txt", "a==1\n-r base.txt\n--constraint limits.txt\n", "base.txt limits.txt", "pip", "base.txt limits.txt requirements.txt"),
        ("requirements.txt", "-e .\n", "", "pip", None),
        ("requirements.txt", "./lib\n", "", "pip", None),
        ("requirements.txt", "a @ file:///lib\n", "", "pip", None),
        ("requirements.txt", "--find-links wheels\n", "", "pip", None),
        ("requirements.txt", "# -r base.txt\na-r==1\n-e git+https://x.org/a\n-r https://x.org/r.txt\n", "base.txt", "pip", "requirements.txt"),
        ("Gemfile", "ruby file: '.ruby-version'\ngem 'b'\n", "Gemfile.lock .ruby-version", "bundle", ".ruby-version Gemfile Gemfile.lock"),
        ("Gemfile", "ruby File.read('.ruby-version').strip\ngem 'b'\n", ".ruby-version", "bundle", ".ruby-version Gemfile"),
        ("Gemfile", "gem 'b', File.read('B_VERSION')\n", "B_VERSION", "bundle", None),
        ("Gemfile", "gem 'lazy-load'\n", "", "bundle", "Gemfile"),
        ("Gemfile", "gem 'a', path: 'a'\n", "", "bundle", None),
        ("Gemfile", "gemspec\n", "", "bundle", None),
        ("Gemfile", "# gem 'a', path: 'a'\ngem 'b'\n", "", "bundle", "Gemfile"),
        ("Cargo.toml", "[package]\nname = 'a'\n", "Cargo.lock", "cargo", "Cargo.lock Cargo.toml"),
        ("Cargo.toml", "[package]\nname = 'a'\n[[bench]]\nname = 'fast'\nharness = false\n", "", "cargo", None),
        ("Cargo.toml", "[package]\nname = 'a'\n[[bench]]\nname = 'fast'\npath = 'b.rs'\n", "", "cargo", "Cargo.toml"),
        ("Cargo.toml", "[package]\nname = 'a'\n[[bin]]\nname = 'b'\n", "", "cargo", None),
        ("Cargo.toml", "[package]\nname = 'a'\n[[bin]]\nname = 'a'\n", "", "cargo", "Cargo.toml"),
        ("Cargo.toml", "[package]\nname = 'a'\ndefault-run = 'b'\n", "", "cargo", None),
        ("Cargo.toml", "[package]\nversion.workspace = true\n", "", "cargo", None),
        ("Cargo.toml", "[patch.crates-io]\na = { path = 'a' }\n", "", "cargo", None),
        ("Cargo.toml", "[workspace]\nmembers = ['a']\n", "", "cargo", None),
        ("Cargo.toml", "[dependencies]\na = { path = '../a' }\n", "", "cargo", None),
        ("Cargo.toml", "[dependencies]\na.workspace = true\n", "", "cargo", None),
        ("pyproject.toml", "[tool.poetry.dependencies]\na = {path = '../a', develop = true}\n", "", "poetry", None),
        ("pyproject.toml", "[tool.uv.workspace]\nmembers = ['a']\n", "", "uv", None),
        ("pyproject.toml", "[tool.uv.sources]\na = { workspace = true }\n", "", "uv", None),
        ("pyproject.toml", "[project]\nname = 'a'\n", "uv.lock poetry.lock", "uv", "pyproject.toml uv.lock"),
        ("pyproject.toml", "[project]\ndynamic = ['version']\n", "", "uv", "pyproject.toml"),
        ("pyproject.toml", "[project]\ndynamic = ['dependencies']\n", "", "uv", None),
        ("pyproject.toml", "[tool.uv]\nfind-links = ['wheels']\n", "", "uv", None),
        # Poetry reads the licence for its metadata, and not the description.
        ("pyproject.toml", "[project]\nlicense = {file = 'LICENSE'}\nreadme = 'README.md'\n", "LICENSE README.md poetry.lock", "poetry", "LICENSE poetry.lock pyproject.toml"),
        ("pyproject.toml", "[project]\nlicense = {file = 'LICENSE'}\n", "LICENSE", "uv", "pyproject.toml"),
        ("pyproject.toml", "[project]\nlicense = {file = 'LICENSE'}\n", "", "poetry", None),
        ("pyproject.toml", "[project]\nlicense = 'MIT'\n[tool.poetry]\nreadme = 'README.md'\n", "README.md", "poetry", "pyproject.toml"),
        ("pubspec.yaml", "dependencies:\n  a:\n    path: ../a\n", "", "flutter", None),
        ("pubspec.yaml", "dependencies:\n  a:\n    git: {url: x, path: y}\n", "", "flutter", "pubspec.yaml"),
        ("pubspec.yaml", "dependencies:\n  a: {path: ../a}\n", "", "flutter", None),
        ("pubspec.yaml", "dependencies:\n  path: ^1.0.0\n", "pubspec.lock", "flutter", "pubspec.lock pubspec.yaml"),
        ("pubspec.yaml", "dependencies:\n  path: '>=1.8.0 <2.0.0'\n", "", "dart", "pubspec.yaml"),
        ("mix.exs", 'use Mix.Project\ndefp deps do\n  [{:a, "~> 1.0"}]\nend\n', "mix.lock config/config.exs", "mix", "mix.exs mix.lock"),
        ("mix.exs", '# {:b, path: "b"}\n[{:a, "~> 1.0"}, elixirc_paths: ["lib"]]\n', "", "mix", "mix.exs"),
        ("mix.exs", '[{:a, path: "../a"}]\n', "", "mix", None),
        ("mix.exs", '[aliases: ["deps.get": ["make"]]]\n', "", "mix", None),
        ("mix.exs", '[aliases: [setup: ["deps.get"]]]\n', "", "mix", "mix.exs"),
        ("mix.exs", '[build_path: Path.join("..", "b")]\n', "", "mix", None),
        ("mix.exs", '[apps_path: "apps"]\n', "", "mix", None),
        ("mix.exs", "[{:a, in_umbrella: true}]\n", "", "mix", None),
        ("mix.exs", '@version File.read!("VERSION")\n', "VERSION", "mix", None),
        ("pubspec.yaml", "dependencies:\n  http: ^1.0.0\n", "pubspec.lock", "flutter", "pubspec.lock pubspec.yaml"),
        ("Pipfile", "[packages]\na = {path = '.', editable = true}\n", "", "pipenv", None),
        ("Pipfile", "[packages]\na = '*'\n", "Pipfile.lock", "pipenv", "Pipfile Pipfile.lock"),
    ],
)  # fmt: skip
def test_other_lists(  # noqa: PLR0917
    tmp_path: Path, name: str, text: str, others: str, manager: str, expected: str | None
) -> None:
    check(tmp_path, {**dict.fromkeys(others.split(), ""), name: text}, name, manager, expected)


@every_case(
    "text, manager, expected",
    [
        ("[tool.poetry]\nname = 'a'\n", "poetry", True),
        ("[tool.poetry]\npackage-mode = false\n", "poetry", False),
        ("[project]\nname = 'a'\n", "uv", False),
        ("[build-system]\nrequires = []\n", "uv", True),
        ("[build-system]\n[tool.uv]\npackage = false\n", "uv", False),
        ("[build-system]\n[tool.other]\npackage = false\n", "uv", True),
        ("tool.uv = {package = true}\n", "uv", True),
        ("tool = {poetry = {package-mode = false}}\n", "poetry", False),
        ("[tool.other]\npackage-mode = false\n", "poetry", True),
        ("[tool.uv]\npackage = true\n", "uv", True),
    ],
)
def test_projects_that_are_installed_too(tmp_path: Path, text: str, manager: str, *, expected: bool) -> None:
    answer = needed(tmp_path, {"pyproject.toml": text}, "pyproject.toml", manager)
    assert answer is not None
    assert answer.installs_itself is expected


def test_contexts_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    places = [tmp_path / "api", tmp_path]
    assert needed_files(places, "package.json", ".", "npm") is None
    (tmp_path / "api/package.json").write_text("{}")
    own = needed_files(places, "package.json", ".", "npm")
    (tmp_path / "package.json").write_text("{}")
    assert own == needed_files(places, "package.json", ".", "npm") == NeededFiles(("package.json",), is_complete=True)
    (tmp_path / "package.json").write_text('{"workspaces": ["api"]}')
    several = needed_files(places, "package.json", ".", "npm")
    assert several is not None
    assert not several.is_complete


def test_files_outside_of_the_context_are_not_read(tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (tmp_path / "package.json").write_text("{}")
    assert needed_files([context], "../package.json", ".", "npm") is None
    (context / "requirements.txt").write_text("-r ../other.txt\n")
    (tmp_path / "other.txt").write_text("")
    check(context, {}, "requirements.txt", "pip", None)


def test_lists_that_name_one_another_end(tmp_path: Path) -> None:
    check(tmp_path, {"a.txt": "-r b.txt\n", "b.txt": "-r a.txt\n"}, "a.txt", "pip", "a.txt b.txt")
    many = {f"{n}.txt": f"-r {n + 1}.txt\n" for n in range(400)}
    check(tmp_path, many, "0.txt", "pip", None)


POM = "<project><parent><version>3</version>{}</parent><dependencies>{}</dependencies></project>"


@every_case(
    "files, manager, expected",
    [
        ({"pom.xml": POM.format("<relativePath/>", "")}, "mvn", "pom.xml"),
        ({"pom.xml": POM.format("", "")}, "mvn", "pom.xml"),
        ({"pom.xml": "<project><!-- <modules><module>a</module></modules> --></project>"}, "mvn", "pom.xml"),
        (
            {"pom.xml": "<project/>", "mvnw": "", ".mvn/wrapper/maven-wrapper.properties": "", ".mvn/jvm.config": ""},
            "mvnw",
            ".mvn/jvm.config .mvn/wrapper/maven-wrapper.properties mvnw pom.xml",
        ),
        ({"pom.xml": "<project/>", "mvnw": "", ".mvn/extensions.xml": ""}, "mvn", ".mvn/extensions.xml pom.xml"),
        ({"pom.xml": "<project><modules>\n <module>a</module></modules></project>"}, "mvn", None),
        ({"pom.xml": POM.format("<relativePath>parent</relativePath>", ""), "parent/pom.xml": ""}, "mvn", None),
        ({"pom.xml": POM.format("<relativePath>parent</relativePath>", "")}, "mvn", "pom.xml"),
        ({"pom.xml": POM.format("", "<dependency><systemPath>lib/a.jar</systemPath></dependency>")}, "mvn", None),
        ({"pom.xml": "<repository><url>file://${project.basedir}/lib</url></repository>"}, "mvn", None),
        ({"pom.xml": "<repository><url>${basedir}/lib</url></repository>"}, "mvn", None),
        ({"pom.xml": "<goals><goal>install-file</goal></goals>"}, "mvn", None),
    ],
)
def test_projects_of_maven(tmp_path: Path, files: dict[str, str], manager: str, expected: str | None) -> None:
    check(tmp_path, files, "pom.xml", manager, expected)


def test_a_project_of_maven_with_a_parent_above_it(tmp_path: Path) -> None:
    files = {"pom.xml": "<project/>", "api/pom.xml": POM.format("", "")}
    answer = needed(tmp_path, files, "api/pom.xml", "mvn")
    assert answer is not None
    assert not answer.is_complete


@every_case(
    "files, expected",
    [
        ({"composer.json": '{"require": {"a/b": "1"}}'}, "composer.json"),
        (
            {"composer.json": '{"a": 1}', "composer.lock": "", "symfony.lock": ""},
            "composer.json composer.lock symfony.lock",
        ),
        ({"composer.json": '{"repositories": [{"type": "vcs", "url": "https://x.org"}]}'}, "composer.json"),
        ({"composer.json": '{"repositories": {"a": {"type": "path", "url": "lib"}}}'}, None),
        ({"composer.json": '{"repositories": [{"type": "artifact"}]}'}, None),
        ({"composer.json": '{"extra": {"patches": {"a/b": {"x": "p.patch"}}}}'}, None),
        ({"composer.json": '{"extra": {"merge-plugin": {"include": ["a/composer.json"]}}}'}, None),
        ({"composer.json": "{"}, None),
        ({"composer.json": '{"repositories": 1}'}, "composer.json"),
    ],
)
def test_projects_of_composer(tmp_path: Path, files: dict[str, str], expected: str | None) -> None:
    check(tmp_path, files, "composer.json", "composer", expected)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements.txt", "", True),
        ("requirements.txt", "# none yet\n\n--index-url https://x.org/simple\n", True),
        ("requirements.txt", "# none yet\n  a==1\n", False),
        ("requirements.txt", "-r https://x.org/r.txt\n", False),
        ("requirements.txt", "-e git+https://x.org/a\n", False),
        ("requirements.txt", "-r other.txt\n", False),
        ("go.mod", MODULE, True),
        ("go.mod", f"{MODULE}require x.org/a v1.0.0\n", False),
        ("go.mod", f"{MODULE}require (\n\tx.org/a v1.0.0\n)\n", False),
        ("package.json", "{}", False),
        ("package.json", '{"name": "a", "dependencies": {}}', True),
        ("package.json", '{"name": "a", "devDependencies": {"b": "1"}}', False),
        ("package.json", '{"name": "a", ', False),
        ("mix.exs", '[app: :a, mod: {A, []}]\n# {:b, "1"}\n', True),
        ("mix.exs", '[{:b, "1"}]\n', False),
        ("pyproject.toml", "[project]\nname = 'a'\ndependencies = []\n", True),
        ("pyproject.toml", "[project]\nname = 'a'\n[build-system]\nrequires = ['hatchling']\n", False),
        ("pyproject.toml", "[project]\nname = 'a'\n[dependency-groups]\ndev = ['b']\n", False),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3.12'\nb = '*'\n", False),
        ("pyproject.toml", "[project", False),
        ("composer.json", '{"require": {"php": ">=8", "ext-json": "*"}}', True),
        ("composer.json", '{"require": {"php": ">=8"}, "require-dev": {"phpunit/phpunit": "*"}}', False),
        ("composer.json", "{", False),
        ("Gemfile", "source 'https://rubygems.org'\n# gem 'b'\n", True),
        ("Gemfile", "%w[b].each { |it| gem it }\n", False),
        ("Cargo.toml", "", False),
        ("a.csproj", '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>', True),
        ("a.csproj", '<Project><PackageReference Include="A" Version="1" /></Project>', False),
        ("a.csproj", '<Project Sdk="MSBuild.Sdk.Extras/3.0.44"></Project>', False),
    ],
)
def test_lists_that_name_nothing(tmp_path: Path, name: str, text: str, *, expected: bool) -> None:
    files = {name: text, "other.txt": "b\n"}
    manager = {
        "requirements.txt": "pip",
        "go.mod": "go",
        "package.json": "npm",
        "Cargo.toml": "cargo",
        "a.csproj": "dotnet",
        "mix.exs": "mix",
        "pyproject.toml": "uv",
        "composer.json": "composer",
        "Gemfile": "bundle",
    }[name]
    answer = needed(tmp_path, files, name, manager)
    assert answer is not None
    assert answer.requires_nothing is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[bin]]\nname = 'a'\npath = 'a.rs'\n", True),
        ("[lib]\npath = 'a.rs'\n", True),
        ("[lib]\nname = 'a'\n", False),
        ("[dependencies]\na = '1'\n", False),
    ],
)
def test_places_that_a_list_of_cargo_names(tmp_path: Path, text: str, *, expected: bool) -> None:
    answer = needed(tmp_path, {"Cargo.toml": text}, "Cargo.toml", "cargo")
    assert answer is not None
    assert answer.names_targets is expected


CRATE = '[dependencies]\na = "1"\n'


@every_case(
    "files, expected",
    [
        ({"Cargo.toml": '[dependencies]\na = "1"\n'}, True),
        ({"Cargo.toml": '[dependencies]\na = { version = "1" }\n'}, True),
        ({"Cargo.toml": "[target.'cfg(unix)'.build-dependencies]\na = \"1\"\n"}, True),
        ({"Cargo.toml": '[workspace]\nmembers = ["b"]\n', "b/Cargo.toml": '[dependencies]\na = "1"\n'}, True),
        ({"Cargo.toml": '[workspace]\nmembers = ["c/*"]\n', "c/b/Cargo.toml": CRATE, "c/notes.txt": ""}, True),
        ({"Cargo.toml": '[workspace]\nmembers = ["./c/b-*/"]\n', "c/b-a/Cargo.toml": CRATE}, True),
        ({"Cargo.toml": '[workspace]\nmembers = ["c/a*"]\n', "c/b/Cargo.toml": CRATE}, False),
        ({"Cargo.toml": '[workspace]\nmembers = ["*/b"]\n', "c/b/Cargo.toml": CRATE}, False),
        ({"Cargo.toml": '[workspace]\nmembers = "c/*"\n', "c/b/Cargo.toml": CRATE}, False),
        ({"Cargo.toml": "[package]\n", "Cargo.lock": 'source = "registry+https://x.org"\n'}, True),
        ({"Cargo.toml": '[dependencies]\na = { path = "../a" }\n'}, False),
        ({"Cargo.toml": "[dependencies]\na = { workspace = true }\n"}, False),
        ({"Cargo.toml": '[dev-dependencies]\na = "1"\n'}, False),
        ({"Cargo.toml": '[workspace]\nmembers = ["../b", "*"]\n'}, False),
        ({"Cargo.toml": "[package]\n", "Cargo.lock": 'name = "a"\n'}, False),
        ({"Cargo.toml": "not TOML"}, False),
        # Settings that name a directory with the crates, and others.
        ({"Cargo.toml": CRATE, ".cargo/config.toml": '[source.crates-io]\nreplace-with = "vendored"\n'}, False),
        ({"Cargo.toml": CRATE, ".cargo/config": "[net]\noffline = true\n"}, False),
        ({"Cargo.toml": CRATE, ".cargo/config.toml": '[build]\nrustflags = ["-Cdebuginfo=0"]\n'}, True),
    ],
)
def test_crates_that_a_project_requires(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], *, expected: bool
) -> None:
    answer = needed(tmp_path_factory.mktemp("a"), files, "Cargo.toml", "cargo")
    assert answer is not None
    assert answer.requires_crates is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[project]\ndependencies = ['flask']\n", True),
        ("[project]\ndependencies = []\n", False),
        ("[project]\ndynamic = ['dependencies']\n", False),
        ("[tool.poetry.dependencies]\nflask = '*'\n", False),
        ("[project", False),
    ],
)
def test_packages_that_a_project_lists_itself(tmp_path: Path, text: str, expected: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    answer = needed_files([tmp_path], "pyproject.toml", ".", "pip")
    assert answer is not None
    assert answer.requires_packages is expected


@every_case(
    "module, line, expected",
    [
        ("github.com/a/m", "replace github.com/b/lib => ./lib", "lib/go.mod"),
        ("github.com/a/m", "replace (\n\tgolang.org/x/net v0.1.0 => ./lib\n)", "lib/go.mod"),
        ("example.com/m", "replace github.com/b/lib => ./lib", "lib/go.mod"),
        ("github.com/a/m", "replace github.com/A/lib => ./lib", ""),
        ("git.example.com/a/m", "replace git.example.com/b/lib => ./lib", ""),
        # Nothing tells whose module this is.
        ("m", "replace github.com/b/lib => ./lib", ""),
        ("github.com/a/m", "replace lib => ./lib", ""),
    ],
)
def test_copied_modules_of_other_projects(tmp_path: Path, module: str, line: str, expected: str) -> None:
    answer = needed(tmp_path, {"go.mod": f"module {module}\n\n{line}\n", "lib/go.mod": ""}, "go.mod", "go")
    assert answer is not None
    assert " ".join(answer.vendored) == expected
