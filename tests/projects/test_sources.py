"""The platform arguments that sources of a project may read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildxray.ide.project import Projects
from buildxray.ide.settings import Settings
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.projects import sources
from buildxray.projects.sources import read_workspace
from tests.support.cases import every_case


def searched(directory: Path, files: dict[str, str]) -> list[str] | None:
    for name, content in {".git/HEAD": "", **files}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    mentioned = read_workspace(directory).mentioned
    return None if mentioned is None else sorted(mentioned)


@every_case(
    "files, expected",
    [
        ({"main.go": "package main"}, []),
        ({"build.sh": "echo $TARGETARCH\n"}, ["TARGETARCH"]),
        ({"a/b/c.py": "os.environ['TARGETOS']\n"}, ["TARGETOS"]),
        ({"CMakeLists.txt": "if($ENV{TARGETPLATFORM})"}, ["TARGETPLATFORM"]),
        ({"build-dockerfile.sh": "echo $TARGETARCH\n", "Dockerfile.build.sh": "$TARGETOS"}, ["TARGETARCH", "TARGETOS"]),
        ({"app.csproj": "<A>$(TargetArch)</A>", "b.cs": "$(TargetOS) TargetArch"}, ["TARGETARCH"]),
        ({"build.sh": "echo $MY_TARGETARCH $TARGETARCHS $targetarch\n"}, []),
        # Files that are not programs of the project.
        ({"README.md": "TARGETARCH", "Dockerfile": "ARG TARGETARCH", "x.dockerfile": "ARG TARGETARCH"}, []),
        ({"docker-bake.hcl": "TARGETARCH", "compose.yaml": "TARGETARCH", ".github/x.yml": "TARGETARCH"}, []),
        ({"node_modules/a/a.js": "TARGETARCH", "logo.png": "TARGETARCH", "a.bin.js": "\0TARGETARCH"}, []),
    ],
)
def test_names_in_the_files_of_a_project(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    assert searched(tmp_path, files) == expected


@every_case(
    "name, text",
    [
        ("vite.config.ts", "define: { 'process.env': process.env }"),
        ("a.js", "spawn('x', { env: { ...process.env } })"),
        ("a.js", "process.env[name]"),
        ("a.py", "subprocess.run(x, env=dict(os.environ))"),
        ("a.go", "cmd.Env = append(os.Environ(), x)"),
        ("build.rs", "for (k, v) in env::vars() {}"),
        ("A.java", "System.getenv( ).forEach(f);"),
        ("a.rb", "ENV.each { |name, value| f(name) }"),
        ("a.cs", "Environment.GetEnvironmentVariables()"),
        ("a.sh", "env | sort\n"),
        ("a.sh", "  printenv > b\n"),
        ("a.sh", "export -p\n"),
        ("a.sh", "envsubst < a > b\n"),
    ],
)
def test_a_source_that_reads_the_whole_environment_names_every_variable(tmp_path: Path, name: str, text: str) -> None:
    assert searched(tmp_path, {name: text}) == sorted(AUTOMATIC_ARGUMENTS)


@every_case(
    "name, text",
    [
        ("a.js", "process.env.NODE_ENV; process.env['CI']; process.env?.X; processXenv"),
        ("a.py", "os.environ['A'], os.environ.get('B')"),
        ("a.go", 'os.Getenv("A")'),
        ("a.yml", "env:\n  A: b\n"),
        ("a.sh", "env A=b make\n"),
    ],
)
def test_sources_that_read_other_variables_name_no_argument(tmp_path: Path, name: str, text: str) -> None:
    assert searched(tmp_path, {name: text}) == []


@every_case(
    "files, expected",
    [
        ({"lib/open.go": 'package lib\n\nimport (\n\t"fmt"\n\t"plugin" // opened later\n)\n'}, True),
        ({"a.go": 'package a\n\nimport "C"\n'}, True),
        ({"go.mod": "module a\n", "a.go": 'package a\n\nimport p "plugin"\n'}, True),
        ({"a.go": 'package a\n\nimport "fmt"\n\nvar _ = "plugin"\n'}, False),
        ({"a.go": 'package a\n\nimport "example.org/plugin"\n'}, False),
        ({"a_test.go": 'package a\n\nimport "C"\n', "testdata/b.go": 'import "C"\n', "c.txt": 'import "C"\n'}, False),
        ({"go.mod": "module a\n", "a.go": "package a\n"}, False),
    ],
)
def test_sources_of_go_that_need_cgo(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], expected: bool
) -> None:
    directory = tmp_path_factory.mktemp("project")
    searched(directory, {**files, "docker/x": ""})
    assert read_workspace(directory).may_use_cgo is expected
    # The files of a Dockerfile in another directory are those of the project too.
    assert read_workspace(directory / "docker").may_use_cgo is expected


def test_a_directory_without_a_project_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    assert read_workspace(tmp_path / "docker").search is None


def test_the_whole_repository_is_searched(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    searched(tmp_path, {"scripts/build.sh": "echo $TARGETARCH\n"})
    assert read_workspace(tmp_path / "docker").mentioned == frozenset({"TARGETARCH"})


@pytest.mark.slow
def test_a_project_over_the_limit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert searched(tmp_path, {"big.js": "a" * 1_000_001}) is None
    monkeypatch.setattr(sources, "_MOST_SEARCHED_FILES", 20)
    assert searched(tmp_path, {"big.js": "", **{f"{n}.js": "" for n in range(18)}}) == []
    assert searched(tmp_path, {"19.js": "", "20.js": ""}) is None


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    assert searched(tmp_path, {"a.sh": "true\n"}) == []
    assert searched(tmp_path, {"a.sh": "echo $TARGETARCH\n"}) == ["TARGETARCH"]


def test_scripts_of_a_package(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"scripts": {"build": "tsc", "bad": 1}}')
    assert read_workspace(tmp_path).scripts == (("build", "tsc"),)
    for text in ("[]", "{", '{"scripts": 3}', '{"scripts": ["a"]}'):
        (tmp_path / "package.json").write_text(text)
        assert read_workspace(tmp_path).scripts == ()


@every_case(
    "files, has_native",
    [
        (
            {"app/package.json": "{}", "pnpm-lock.yaml": "packages:\n  '@img/sharp-linux-x64@1':\n    cpu: [x64]\n"},
            True,
        ),
        (
            {"app/package.json": "{}", "app/pnpm-lock.yaml": "packages:\n  '@esbuild/linux-x64@1':\n    cpu: [x64]\n"},
            True,
        ),
        # Scripts that compile when a package is installed are not listed.
        ({"app/package.json": "{}", "pnpm-lock.yaml": "packages:\n  left-pad@1:\n    engines: {node: '>=4'}\n"}, None),
        ({"pnpm-lock.yaml": "packages:\n  '@img/sharp-linux-x64@1':\n    cpu: [x64]\n"}, None),
        (
            {
                "app/package.json": "{}",
                "app/package-lock.json": '{"packages": {"": {}}}',
                "pnpm-lock.yaml": "  cpu: [x64]\n",
            },
            False,
        ),
    ],
)
def test_packages_for_some_processors(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], has_native: bool | None
) -> None:
    root = tmp_path_factory.mktemp("project")
    for name, text in {**files, ".git/HEAD": "", "app/Dockerfile": ""}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert read_workspace(root / "app").has_native_packages is has_native


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".yarn/cache/a-npm-1.zip": "", ".gitignore": ".yarn/*\n!.yarn/cache\n"}, True),
        ({".yarn/cache/a-npm-1.zip": "", ".gitignore": ".yarn/*\n"}, False),
        ({".yarn/cache/a-npm-1.zip": "", ".dockerignore": ".yarn\n"}, False),
        ({".yarn/cache/.gitkeep": ""}, False),
        ({".yarn/releases/yarn.cjs": ""}, False),
        ({"npm-packages-offline-cache/a.tgz": ""}, True),
        ({"vendor/yarn/a.tgz": "", ".yarnrc": 'yarn-offline-mirror "./vendor/yarn"\n'}, True),
        ({"vendor/yarn/a.zip": "", ".yarnrc.yml": "cacheFolder: vendor/yarn\n"}, True),
        ({"vendor/yarn/a.zip": ""}, False),
    ],
)
@pytest.mark.parametrize("place", ["", "packages/api"])
def test_packages_of_yarn_in_the_repository(tmp_path: Path, files: dict[str, str], expected: bool, place: str) -> None:
    (tmp_path / ".git").mkdir()
    for name, text in {**files, "package.json": "{}", f"{place}/package.json".lstrip("/"): "{}"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert read_workspace(tmp_path / place).has_package_cache is expected


@every_case(
    "files, expected",
    [
        ({"package.json": '{"dependencies": {"sharp": "1"}}'}, True),
        ({"package.json": '{"devDependencies": {"sharp": "1"}}'}, None),
        ({"package.json": '{"dependencies": {"express": "1"}}'}, None),
        ({"package.json": '{"dependencies": ["sharp"]}'}, None),
        ({"package.json": "{"}, None),
        ({"package.json": '{"dependencies": {"sharp": "1"}}', "package-lock.json": '{"packages": {}}'}, False),
        ({"package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"]}}}'}, True),
        ({"package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"], "os": ["linux", "darwin"]}}}'}, True),
        ({"package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"], "os": ["!win32"]}}}'}, True),
        # Not on Linux, or its script compiles nothing.
        (
            {"package-lock.json": '{"packages": {"node_modules/a": {"hasInstallScript": true, "os": ["darwin"]}}}'},
            False,
        ),
        ({"package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"], "os": ["!linux"]}}}'}, False),
        (
            {"package-lock.json": '{"packages": {"node_modules/b/node_modules/core-js": {"hasInstallScript": true}}}'},
            False,
        ),
        ({"package-lock.json": '{"packages": {"node_modules/core-js-like": {"hasInstallScript": true}}}'}, True),
        ({"package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"], "dev": true}}}'}, False),
        ({"package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"], "devOptional": true}}}'}, None),
        (
            {"package-lock.json": '{"packages": {"node_modules/a": {"cpu": ["x64"], "optional": true, "peer": true}}}'},
            None,
        ),
        # The lock file of npm 6 does not say which packages have native code.
        ({"package.json": '{"dependencies": {"sharp": "1"}}', "package-lock.json": '{"dependencies": {}}'}, True),
        ({"package-lock.json": '{"lockfileVersion": 1, "dependencies": {}}'}, None),
        ({"package-lock.json": '{"packages": []}'}, None),
    ],
)
def test_native_packages_of_a_package_json(tmp_path: Path, files: dict[str, str], expected: bool | None) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert read_workspace(tmp_path).has_native_packages is expected


@every_case(
    "files, expected",
    [
        ({"a.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("a // b") }\n'}, False),
        ({"a.go": 'package main\nimport (\n\t"os/exec" // (this one)\n\tj "encoding/json"\n\t"net/url"\n)\n'}, False),
        ({"a.go": 'package main\n\nfunc main() { println("import (a (b") }\n'}, None),
        ({"a.go": 'package main\n\nfunc main() { println("an import of a") }\n'}, False),
        ({"a.go": 'package main\nimport "fmt"\nimport "net/http"\n'}, None),
        ({"a.go": 'package main\nimport "fmt"; import `net`\n'}, None),
        ({"a.go": 'package main\nimport (\n\t"fmt"\n\t_ "crypto/x509"\n)\n'}, None),
        ({"a.go": 'package main\n// int a;\nimport "C"\n'}, None),
        # A package of others, or of the project, which GOPATH may have elsewhere.
        ({"a.go": 'package main\nimport "example.org/a"\n'}, None),
        ({"a.go": 'package main\nimport "shop/a"\n'}, None),
        # All sources of the directory count, and there has to be one beside the Dockerfile.
        ({"a.go": 'package main\nimport "fmt"\n', "cmd/b.go": 'package main\nimport "os/user"\n'}, None),
        ({"a.go": 'package main\nimport "fmt"\n', "a_test.go": 'package main\nimport "net"\n'}, False),
        ({"cmd/b.go": 'package main\nimport "fmt"\n'}, None),
        ({"c.txt": ""}, None),
        ({"go.mod": "module a\nrequire b v1\n", "a.go": 'package main\nimport "fmt"\n'}, True),
    ],
)
def test_sources_of_go_without_a_module_that_link_to_no_library(
    tmp_path: Path, files: dict[str, str], expected: bool | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert read_workspace(tmp_path).may_use_libc is expected


@every_case(
    "packages, is_installed, is_prebuilt",
    [
        # A package for other systems is not installed in a container.
        ({"a": {"os": ["darwin"], "hasInstallScript": True, "optional": True}}, False, False),
        ({"a": {"os": ["!linux"], "hasInstallScript": True}}, False, False),
        ({"a": {"os": ["win32"], "cpu": ["x64"]}}, False, False),
        ({"a": {"os": ["linux"], "hasInstallScript": True}}, True, False),
        ({"a": {"os": ["!win32"], "hasInstallScript": True}}, True, False),
        ({"a": {"os": "any", "cpu": ["x64"]}}, True, True),
        # Nor one for other processors than those of build machines; one for all of them is the same everywhere.
        ({"a": {"cpu": ["wasm32"]}}, False, False),
        ({"a": {"cpu": ["!ia32"]}}, False, False),
        ({"a": {"cpu": ["x64", "arm64"]}}, False, False),
        ({"a": {"cpu": ["x64", "arm64"], "hasInstallScript": True}}, True, False),
        ({"a": {"cpu": ["arm64"], "os": ["linux", "darwin"]}}, True, True),
        ({"a": {"hasInstallScript": True}}, True, False),
        # Scripts of the project itself may do anything.
        ({"/": {"hasInstallScript": True}}, None, False),
        # A needed package consists of optional ones for each machine; an optional package is dispensable.
        ({"a": {"optionalDependencies": {"a-x64": "1"}}, "a-x64": {"cpu": ["x64"], "optional": True}}, True, True),
        (
            {
                "a": {"optionalDependencies": {"a-x64": "1"}, "optional": True, "hasInstallScript": True},
                "a-x64": {"cpu": ["x64"], "optional": True},
            },
            None,
            None,
        ),
        ({"/": {"optionalDependencies": {"a": "1"}}, "a": {"hasInstallScript": True, "optional": True}}, None, False),
        ({"/": {"optionalDependencies": {"a": "1"}}, "a": {"cpu": ["x64"], "optional": True}}, True, True),
        ({"b": {"dependencies": {"a": "1"}, "dev": True}, "a": {"cpu": ["x64"], "optional": True}}, None, None),
        ({"a": {"cpu": ["x64"], "dev": True}}, False, False),
        ({"a": {"cpu": ["x64"], "peer": True}}, None, None),
    ],
)
def test_native_packages_of_a_lock_file(
    tmp_path_factory: pytest.TempPathFactory,
    packages: dict[str, dict[str, object]],
    is_installed: bool | None,
    is_prebuilt: bool | None,
) -> None:
    directory = tmp_path_factory.mktemp("lock")
    listed = {"" if name == "/" else f"node_modules/{name}": it for name, it in packages.items()}
    (directory / "package-lock.json").write_text(json.dumps({"packages": listed}))
    workspace = read_workspace(directory)
    assert (workspace.has_native_packages, workspace.has_prebuilt_packages) == (is_installed, is_prebuilt)


@every_case(
    "lock_file, is_installed",
    [
        ("  a@1:\n    cpu: [x64]\n    os: [linux]\n", True),
        ("  a@1:\n    cpu: [x64]\n    os: [darwin]\n", None),
        ("  a@1:\n    cpu: [x64, arm64]\n    os: [linux]\n", None),
        ("  a@1:\n    cpu: [arm64]\n    os: ['!win32']\n  b@1:\n    os: [darwin]\n", True),
        ("  a@1:\n    os: [darwin]\n", None),
    ],
)
def test_native_packages_of_a_lock_file_of_pnpm(
    tmp_path_factory: pytest.TempPathFactory, lock_file: str, is_installed: bool | None
) -> None:
    directory = tmp_path_factory.mktemp("lock")
    (directory / "package.json").write_text("{}")
    (directory / "pnpm-lock.yaml").write_text(f"packages:\n{lock_file}")
    assert read_workspace(directory).has_native_packages is is_installed


@every_case(
    "files, expected",
    [
        ({"package.json": '{"workspaces": ["./packages/*"]}', "packages/a/package.json": '{"dependencies": {"sharp": "1"}}'}, True),
        ({"package.json": '{"workspaces": {"packages": ["apps/a"]}}', "apps/a/package.json": '{"dependencies": {"sharp": "1"}}'}, True),
        (
            {
                "package.json": "{}",
                "pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n",
                "apps/a/package.json": '{"dependencies": {"sharp": "1"}}',
            },
            True,
        ),
        (
            {
                "package.json": "{}",
                "pnpm-workspace.yaml": "packages: [docs, apps/*]\n",
                "apps/a/package.json": '{"dependencies": {"sharp": "1"}}',
            },
            True,
        ),
        (
            {
                "package.json": "{}",
                "pnpm-workspace.yaml": "packages: [docs]\nonlyBuiltDependencies:\n  - apps/a\n",
                "apps/a/package.json": '{"dependencies": {"sharp": "1"}}',
            },
            False,
        ),
        ({"package.json": '{"dependencies": {"@prisma/client": "5"}}'}, True),
        ({"package.json": '{"workspaces": ["packages/*"]}', "packages/a/package.json": '{"devDependencies": {"sharp": "1"}}'}, False),
        ({"package.json": '{"workspaces": ["other/*"]}', "packages/a/package.json": '{"dependencies": {"sharp": "1"}}'}, False),
        ({"package.json": '{"workspaces": ["../*"]}', "packages/a/package.json": '{"dependencies": {"sharp": "1"}}'}, False),
        ({"package.json": '{"workspaces": [7, "*/x/*"]}', "packages/a/package.json": "["}, False),
    ],
)  # fmt: skip
def test_native_packages_of_the_members_of_a_workspace(
    tmp_path: Path, files: dict[str, str], *, expected: bool
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    workspace = read_workspace(tmp_path)
    assert workspace.may_take_native_packages is expected
    assert workspace.has_native_packages is None


@every_case(
    "files, expected",
    [
        ({"cmd/main.go": 'package main\nimport "C"\n'}, True),
        ({"cmd/main.go": "package main\n", "a_test.go": 'package a\nimport "C"\n', "b.py": 'import "C"\n'}, False),
        ({"cmd/main.go": "", **{f"{n}.js": "" for n in range(20)}}, None),
    ],
)
def test_go_files_of_the_repository_that_need_cgo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: bool | None
) -> None:
    monkeypatch.setattr(sources, "_MOST_SEARCHED_FILES", 20)
    searched(tmp_path, files)
    search = read_workspace(tmp_path).project_uses_cgo
    assert search is not None
    assert search() is expected


@every_case(
    "text, expected",
    [
        ("runs:\n  using: docker\n  image: Dockerfile\n", True),
        ("runs:\n  using: 'docker'\n  image: './Dockerfile' # built\n", True),
        ("runs:\n  using: docker\n  image: docker://alpine\n", False),
        ("runs:\n  using: docker\n  image: other/Dockerfile\n", False),
        ("runs:\n  using: composite\n", False),
    ],
)
def test_the_dockerfile_of_an_action(tmp_path: Path, text: str, expected: bool) -> None:
    (tmp_path / "action.yml").write_text(text)
    assert read_workspace(tmp_path).is_of_action is expected


SED = "sed -e '1 s/^FROM/FROM --platform=$BUILDPLATFORM/' Dockerfile"


@every_case(
    "name, text, expected",
    [
        ("Makefile", f"cross:\n\t{SED} > Dockerfile.cross\n", True),
        ("GNUmakefile", "cross:\n\tsed \\\n\t -e 's|^FROM golang|FROM --platform=linux golang|' Dockerfile\n", True),
        ("hack/cross.sh", 'sed -i "s#^FROM #FROM --platform=\\$BUILDPLATFORM #" Dockerfile\n', True),
        ("images.mk", "cross:\n\tperl -pe 's/^FROM /FROM --platform=x / if $$. == 1' Dockerfile\n", True),
        ("justfile", "cross:\n  awk 'NR==1{sub(/^FROM/,\"FROM --platform=x\")}1' Dockerfile\n", True),
        ("docker.sh", "gsed 's/^FROM /&--platform=$P /' Dockerfile\n", True),
        # Other programs, the flag of another command, a comment, and files that nobody runs.
        ("Makefile", "cross:\n\techo 'FROM --platform=x golang'\n", False),
        ("Makefile", "a:\n\tI=$$(sed -n 's/^FROM //p' Dockerfile); docker build --platform=x .\n", False),
        ("Makefile", "a:\n\tI=$$(sed -n 's/^FROM //p' Dockerfile); docker build '--platform=x' .\n", False),
        ("Makefile", f"a:\n\t# {SED}\n", False),
        ("hack/README.md", f"{SED}\n", False),
        ("web/cross.sh", f"{SED}\n", False),
    ],
)
def test_a_recipe_that_writes_the_platform_into_a_dockerfile(
    tmp_path: Path, name: str, text: str, expected: bool
) -> None:
    directory = tmp_path / hex(hash((name, text)))
    (directory / name).parent.mkdir(parents=True)
    (directory / name).write_text(text)
    assert read_workspace(directory).recipe_sets_platform is expected


@every_case(
    "name, edited, expected",
    [
        ("Dockerfile", "Dockerfile > Dockerfile.cross", True),
        ("Dockerfile.init", "Dockerfile > Dockerfile.cross", False),
        ("Dockerfile.init", "Dockerfile.init > Dockerfile.cross", True),
        ("init.Dockerfile", "$(FILE) > build.tmp", True),
    ],
)
def test_a_recipe_writes_the_platform_into_the_files_that_it_names(
    tmp_path: Path, name: str, edited: str, expected: bool
) -> None:
    (tmp_path / "Makefile").write_text(f"cross:\n\tsed -e 's/^FROM/FROM --platform=x/' {edited}\n")
    assert read_workspace(tmp_path)._replace(dockerfile=name).recipe_sets_platform is expected


@every_case(
    "step, expected",
    [
        ("uses: docker/build-push-action@v6, with: {platforms: 'linux/amd64,linux/arm64'}", "warning"),
        ("run: make cross", "information"),
    ],
)
def test_a_job_that_builds_the_file_itself_runs_no_recipe(tmp_path: Path, step: str, expected: str) -> None:
    written = {
        ".git/HEAD": "",
        ".github/workflows/ci.yml": f"on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{{step}}}]}}}}\n",
        "Makefile": "cross:\n\tsed -i 's/^FROM/FROM --platform=x/' Dockerfile\n\tdocker buildx build --platform linux/amd64,linux/arm64 .\n",
        "Dockerfile": "FROM golang AS b\nRUN CGO_ENABLED=0 go build -o /o .\nFROM scratch\nCOPY --from=b /o /o\n",
    }
    for name, text in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    projects = Projects()
    build = projects.build(tmp_path / "Dockerfile", Settings())
    analysis = build.analyzer(projects.workspace(tmp_path)).analyze(written["Dockerfile"])
    assert [it.severity.value for it in analysis.diagnostics if it.rule == "emulated-build"] == [expected]


@every_case("place, expected", [("operator", True), ("web", False)])
def test_a_recipe_at_the_root_of_a_repository_names_the_directory(tmp_path: Path, place: str, expected: bool) -> None:
    (tmp_path / ".git").mkdir(exist_ok=True)
    (tmp_path / "Makefile").write_text(
        "cross:\n\tsed 's/^FROM/FROM --platform=x/' operator/Dockerfile | docker build -\n"
    )
    (tmp_path / place).mkdir()
    assert read_workspace(tmp_path / place).recipe_sets_platform is expected
