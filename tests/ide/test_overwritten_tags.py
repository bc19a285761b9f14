"""Jobs of a matrix over platforms that push with the same tags."""

from __future__ import annotations

from pathlib import Path

from tests.support.cases import every_case
from tests.support.project_files import looked_at

_WORKFLOW = """
    #- .git/HEAD
    #- .github/workflows/ci.yml
    on: push
    jobs:
      image:
        strategy:
          matrix:
            include:
              - {{platform: linux/amd64, runner: ubuntu-24.04, arch: x64}}
              - {{platform: linux/arm64, runner: ubuntu-24.04-arm, arch: arm}}
        runs-on: ${{{{ matrix.runner }}}}
        env: {env}
        steps:
          - uses: actions/checkout@v4
          - id: meta
            uses: docker/metadata-action@v5
            with:
              images: acme/app
              {meta}
          - id: other
            run: {run}
          - uses: docker/build-push-action@v6
            with:
              platforms: {platforms}
              push: {push}
              tags: {tags}
              {more}
      {last}
"""
_GIVEN = {
    "env": "{}",
    "meta": "flavor: latest=true",
    "run": "echo a",
    "platforms": "${{ matrix.platform }}",
    "push": "true",
    "tags": "acme/app:latest",
    "more": "labels: a=b",
    "last": "# the last line",
}
_MESSAGE = (
    "each job of the matrix pushes its image with the same tags, so that only the image of the last one to end is kept, for one of linux/amd64 and "
    "linux/arm64; build for all platforms in one job, or push by digest and join the images with `docker buildx imagetools create`"
)


def _messages(root: Path, given: dict[str, str]) -> list[str]:
    name = ".github/workflows/ci.yml"
    file = looked_at(root, _WORKFLOW.format(**{**_GIVEN, **given}), name)
    return [it.message for it in file.diagnostics if it.rule == "overwritten-tags"]


@every_case(
    "given",
    [
        {},
        {"platforms": '""'},
        {"tags": "${{ steps.meta.outputs.tags }}"},
        {"tags": "acme/app:${{ github.sha }}", "push": "${{ github.event_name != 'pull_request' }}"},
        {"tags": "acme/app:${{ env.TAG }}", "run": 'echo "TAG=1" >> $GITHUB_ENV'},
        {"tags": "acme/app:${{ steps.other.outputs.tag }}", "run": 'echo "tag=$GITHUB_SHA" >> $GITHUB_OUTPUT'},
    ],
)
def test_the_same_tags_in_each_job(tmp_path: Path, given: dict[str, str]) -> None:
    assert _messages(tmp_path, given) == [_MESSAGE]


@every_case(
    "given",
    [
        {"tags": "acme/app:${{ matrix.arch }}"},
        {"tags": "acme/app:${{ runner.arch }}"},
        {"tags": "${{ steps.meta.outputs.tags }}", "meta": "flavor: 'suffix=-${{ matrix.arch }}'"},
        {"tags": "${{ steps.meta.outputs.tags }}", "meta": "flavor: 'suffix=-${{ steps.other.outputs.arch }}'", "run": 'echo "arch=$(uname -m)" >> $GITHUB_OUTPUT'},
        {"tags": "acme/app:${{ env.ARCH }}", "run": 'echo "ARCH=${{ matrix.arch }}" >> $GITHUB_ENV'},
        {"tags": "acme/app:${{ env.ARCH }}", "env": "{ARCH: '${{ matrix.arch }}'}"},
        {"tags": "${{ steps.other.outputs.tag }}", "env": "{ARCH: '${{ matrix.arch }}'}", "run": 'echo "tag=$ARCH" >> $GITHUB_OUTPUT'},
        {"tags": "${{ steps.elsewhere.outputs.tag }}"},
        {"push": "false"},
        {"push": "${{ matrix.arch == 'x64' }}"},
        {"more": "outputs: type=image,name=acme/app,push-by-digest=true"},
        {"platforms": "linux/amd64,linux/arm64"},
        {"last": "join: {needs: image, runs-on: ubuntu-24.04, steps: [{run: docker buildx imagetools create -t acme/app a b}]}"},
        {"last": "join: {needs: image, runs-on: ubuntu-24.04, steps: [{run: docker manifest create acme/app a b}]}"},
    ],
)  # fmt: skip
def test_tags_that_may_differ_or_images_that_may_be_joined(tmp_path: Path, given: dict[str, str]) -> None:
    assert _messages(tmp_path, given) == []
