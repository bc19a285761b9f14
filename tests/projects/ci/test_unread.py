from __future__ import annotations

from pathlib import Path

from buildxray.projects.ci.unread import has_unread_builds, may_build_images, may_build_images_in
from tests.support.cases import every_case


@every_case(
    "name, text, expected",
    [
        ("docker-compose.prod.yml", "services:\n  a:\n    build: .\n", True),
        ("compose.dev.yaml", "services:\n  a:\n    build:\n      context: a\n", True),
        ("docker-compose.prod.yml", "services:\n  a:\n    image: a\n    # build: .\n", False),
        ("my-compose.prod.yml", "services:\n  a:\n    build: .\n", True),
        ("decompose.yml", "services:\n  a:\n    build: .\n", False),
        ("railway.toml", '[build]\nbuilder = "DOCKERFILE"\n', True),
        ("railway.toml", '[build]\nbuilder = "NIXPACKS"\n', False),
        ("fly.toml", 'app = "web"\n', True),
        ("fly.staging.toml", 'app = "web"\n', True),
        ("flying.toml", 'app = "web"\n', False),
        ("heroku.yml", "build:\n  docker:\n    web: Dockerfile\n", True),
        ("render.yaml", "services:\n  - type: web\n    dockerfilePath: ./Dockerfile\n", True),
        ("render.yaml", "services:\n  - type: web\n    runtime: node\n", False),
        ("other.toml", 'builder = "DOCKERFILE"\n', False),
    ],
)
def test_services_that_build_an_image(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    (tmp_path / name).write_text(text)
    assert (may_build_images(tmp_path) or may_build_images_in(tmp_path)) is expected


@every_case(
    "runner, expected",
    [
        ("ubuntu-latest", True),
        ("${{ matrix.runner }}", False),
        ("\n      group: ${{ matrix.runner }}", False),
        ("\n      - ${{ matrix.runner }}", False),
        ("\n      group: big", True),
    ],
)
def test_runners_that_are_variables_mostly_are_one_for_each_platform(
    tmp_path: Path, runner: str, expected: bool
) -> None:
    workflow = tmp_path / ".github" / "workflows" / "build.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        f"jobs:\n  a:\n    runs-on: {runner}\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          platforms: ${{{{ matrix.p }}}}\n"
    )
    assert has_unread_builds(tmp_path, {}) is expected


@every_case(
    "name, text, expected",
    [
        ("script/image.ps1", 'Invoke-Checked "docker" @(\n  "build",\n  "-t", "x"\n)\n', True),
        ("script/image.ps1", 'Invoke-Checked "docker" @("push", "x")\n', False),
        ("script/image.ps1", '# docker build\nWrite-Host "docker is missing"\n', False),
        ("buildspec.yml", "phases: {build: {commands: ['docker build -f $FILE .']}}\n", True),
        ("buildspec.yml", "phases: {build: {commands: ['make test']}}\n", False),
        ("tasks.py", 'run(["docker", "buildx", "build", "."])\n', True),
        ("tasks.py", "client.images.build(path='.')\n", True),
        ("tasks.py", "from docker import client\n", False),
        ("src/tasks.py", 'run(["docker", "build", "."])\n', False),
        ("pom.xml", "<artifactId>docker-maven-plugin</artifactId>\n", True),
        ("pom.xml", "<!-- <artifactId>docker-maven-plugin</artifactId> -->\n", False),
        ("build.gradle", "plugins { id 'com.palantir.docker' version '0.36.0' }\n", True),
        ("Tiltfile", "docker_build('web', '.')\n", True),
        ("skaffold.yaml", "apiVersion: skaffold/v4beta1\nbuild: {artifacts: [{image: web}]}\n", True),
        ("skaffold.yaml", "deploy:\n  docker: {images: [a]}\n", False),
        ("Earthfile", "image:\n  FROM DOCKERFILE .\n", True),
        ("package.json", '{"scripts": {"image": "docker build -f $FILE ."}}', True),
        ("package.json", '{"scripts": {"build": "tsc"}, "keywords": ["docker"]}', False),
        ("azure-pipelines.yml", "steps: [{task: Docker@2, inputs: {command: build, Dockerfile: $(file)}}]\n", True),
        (".circleci/config.yml", "jobs: {a: {steps: [{docker/build: {image: x}}]}}\n", True),
        (".circleci/config.yml", "jobs: {a: {steps: [{aws-ecr/build_and_push_image: {repo: x}}]}}\n", True),
        (".circleci/config.yml", "workflows: {a: {jobs: [docker/publish: {image: x}]}}\n", True),
        (".circleci/config.yml", "jobs: {a: {steps: [aws-ecr/ecr_login, aws-ecs/update_service]}}\n", False),
        (".circleci/config.yml", "jobs: {a: {steps: [{save_cache: {paths: [work/aws-ecr/build]}}]}}\n", False),
        (".circleci/config.yml", "# aws-ecr/build_image\njobs: {}\n", False),
        ("docs/build.yml", "run: docker build .\n", False),
        (".drone.star", "steps = [{'image': 'plugins/docker'}]\n", True),
        (".drone.star", "steps = [{'image': 'plugins/slack'}]\n", False),
        (".tekton/push.yaml", "taskRef: {name: buildah}\n", True),
        (".tekton/push.yaml", "taskRef: {name: git-clone}\n", False),
        (".github/workflows/a.yml", "uses: a/b/.github/workflows/docker-build.yml@main\n", True),
        (".github/workflows/a.yml", "uses: a/b/.github/workflows/lint.yml@main\n", False),
    ],
)
def test_files_that_build_in_a_way_that_is_not_read(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    (tmp_path / ".git").mkdir(exist_ok=True)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert (may_build_images(tmp_path) or may_build_images_in(tmp_path)) is expected
    path.unlink()


@every_case(
    "platform, expected",
    [
        ("linux/amd64,linux/arm64", True),
        ('"linux/amd64, linux/arm64"', True),
        ("<< parameters.platform >>", True),
        ("$PLATFORMS", True),
        ("linux/amd64", False),
        ("", False),
    ],
)
def test_an_orb_builds_for_the_platforms_of_its_parameter(tmp_path: Path, platform: str, expected: bool) -> None:
    (tmp_path / ".circleci").mkdir(exist_ok=True)
    step = f"jobs:\n  a:\n    steps:\n      - NAME:\n          platform: {platform}\n          tag: a,b\n"
    (tmp_path / ".circleci" / "config.yml").write_text(step.replace("NAME", "aws-ecr/build_image"))
    assert has_unread_builds(tmp_path, {}) is expected
    (tmp_path / ".circleci" / "config.yml").write_text(step.replace("NAME", "acme/deploy"))
    assert not has_unread_builds(tmp_path, {})


@every_case(
    "runner, expected", [("ubuntu-latest", True), ("${{ matrix.runner }}", False), ("[self-hosted, builder]", True)]
)
def test_a_script_on_runners_that_are_variables_builds_each_platform_on_its_own(
    tmp_path: Path, runner: str, expected: bool
) -> None:
    workflow = tmp_path / ".github" / "workflows" / "build.yml"
    workflow.parent.mkdir(parents=True, exist_ok=True)
    step = "./hack/build-all.sh --platform ${{ matrix.platform }}"
    workflow.write_text(f"jobs:\n  a:\n    runs-on: {runner}\n    steps:\n      - run: {step}\n")
    assert has_unread_builds(tmp_path, {}) is expected


@every_case(
    "line, expected",
    [
        ("docker run --rm --platform $P acme/build-tools", False),
        ("docker pull --platform=$P acme/builder", False),
        ("build::retry_pull --platform=$P acme/app", False),
        ("docker run acme/tool && docker build --platform $P .", True),
        ("$RUNTIME build --platform $P .", True),
    ],
)
def test_a_command_that_only_starts_an_image_builds_none(tmp_path: Path, line: str, expected: bool) -> None:
    (tmp_path / "test.sh").write_text(f"{line}\n")
    assert has_unread_builds(tmp_path, {}) is expected


_DEFINE = (
    "define image\n\tdocker buildx build -f Dockerfile.cross \\\n\t  --platform linux/amd64,linux/arm64 .\nendef\n"
)


@every_case(
    "text, lines, expected",
    [
        (f"push:\n\t$(call image,latest)\n{_DEFINE}", (2,), False),
        (f"push:\n\t$(image)\n{_DEFINE}", (2,), False),
        (f"push:\n\t${{call image, latest}}\n{_DEFINE.replace('image', 'image =')}", (2,), False),
        # No build was read from its calls.
        (f"push:\n\t$(call image,latest)\n{_DEFINE}", (), True),
        (f"push:\n\t$(call images,latest)\n{_DEFINE}", (2,), True),
        (f"push:\n\tdocker build .\n{_DEFINE}", (2, 99), True),
    ],
)
def test_the_builds_of_a_definition_are_read_where_it_is_called(
    tmp_path: Path, text: str, lines: tuple[int, ...], expected: bool
) -> None:
    path = tmp_path / "Makefile"
    path.write_text(text)
    assert has_unread_builds(tmp_path, {path: lines}) is expected
