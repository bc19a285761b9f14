from __future__ import annotations

from buildxray.rules.base import Finding
from buildxray.rules.habits.emptied_cache_mount import emptied_cache_mount
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, context, findings

APT = "--mount=type=cache,target=/var/cache/apt"
LISTS = "--mount=type=cache,target=/var/lib/apt"
PIP = "--mount=type=cache,target=/root/.cache/pip"


def messages(text: str) -> list[str]:
    return [it.message for it in findings(emptied_cache_mount, context(text))]


@every_case(
    "image, lines, is_reported",
    [
        ("debian", f"RUN {APT} apt-get update && apt-get install -y curl", True),
        ("python:3.14-slim", f"RUN {APT} apt-get update && apt-get install -y curl", True),
        ("nvidia/cuda:12.3.0-devel-ubuntu22.04", f"RUN {APT} apt-get install -y curl", True),
        ("debian", f"RUN {APT}/archives {LISTS} apt-get install -y curl", True),
        ("debian", f"RUN useradd app\nCOPY a.py /app/\nRUN {APT} apt-get install -y curl", True),
        # Another image may have other settings.
        ("acme/base", f"RUN {APT} apt-get install -y curl", False),
        ("nvidia/cuda:12.3.0-devel-rockylinux9", f"RUN {APT} apt-get install -y curl", False),
        ("debian", f"RUN {APT} apt-get update", False),
        ("debian", f"RUN {LISTS} apt-get install -y curl", False),
        ("debian", "RUN apt-get install -y curl", False),
        # The settings may be others.
        ("debian", f"RUN rm /etc/apt/apt.conf.d/docker-clean\nRUN {APT} apt-get install -y curl", False),
        ("debian", f"RUN {APT} rm -f /etc/apt/apt.conf.d/docker-clean; apt-get install -y curl", False),
        ("debian", f"RUN {APT} rm -f /etc/apt/apt.conf.d/*-clean; apt-get install -y curl", False),
        ("debian", f"COPY keep /etc/apt/apt.conf.d/\nRUN {APT} apt-get install -y curl", False),
        ("debian", f"COPY files /\nRUN {APT} apt-get install -y curl", False),
        ("debian", f"ENV APT_CONFIG=/a\nRUN {APT} apt-get install -y curl", False),
        ("debian", f"RUN {APT} apt-get -o Dir::Cache=/c install -y curl", False),
        ("debian", f"RUN {APT} apt-get install --download-only curl", False),
        ("debian", f"RUN ./prepare.sh\nRUN {APT} apt-get install -y curl", False),
        ("debian", f"RUN {APT} ansible-playbook all.yml && apt-get install -y curl", False),
    ],
)
def test_packages_that_apt_deletes(image: str, lines: str, *, is_reported: bool) -> None:
    assert bool(messages(f"FROM {image}\n{lines}\n")) is is_reported


def test_one_setting_is_one_finding() -> None:
    run = f"RUN {APT} apt-get install -y"
    text = f"FROM debian AS base\n{run} a\nRUN true\n{run} b\nFROM base\n{run} c\nFROM debian\n{run} d\nCOPY --from=1 / /b\n"
    first, second = findings(emptied_cache_mount, context(text))
    assert (len(first.related), len(second.related)) == (2, 0)
    assert "`debian` tells apt to delete them" in first.message


def test_the_fix_deletes_the_setting_of_apt() -> None:
    text = f"FROM debian\nRUN {APT} \\\n    set -eux; apt-get install -y curl\n"
    check_fix(emptied_cache_mount, text, text.replace("set -eux", "rm -f /etc/apt/apt.conf.d/docker-clean && set -eux"))
    text = f"FROM debian\nRUN {APT} <<E\nrm -f /etc/apt/apt.conf.d/docker-clean\napt-get install -y a\nE\n"
    check_nothing(emptied_cache_mount, text)
    (finding,) = findings(emptied_cache_mount, context(f"FROM debian\nRUN {APT} <<E\napt-get install -y a\nE\n"))
    assert not finding.fixes


@every_case(
    "run, command",
    [
        (f"{LISTS} apt-get update && rm -rf /var/lib/apt/lists/*", "rm -rf /var/lib/apt/lists/*"),
        (f"{LISTS}/lists apt-get update && rm -rf /var/lib/apt/lists", "rm -rf /var/lib/apt/lists"),
        (f"{LISTS} apt-get update && rm -r /var/lib/apt/lists/* /tmp/*", "rm -r /var/lib/apt/lists/* /tmp/*"),
        (f"{APT} apt-get update; apt-get clean", "apt-get clean"),
        (f"{APT} apt-get update && rm -rf /var/cache/*", "rm -rf /var/cache/*"),
        (f"{PIP} pip install a && rm -rf ~/.cache /root/.cache", "rm -rf ~/.cache /root/.cache"),
        (f"{PIP} pip install a && pip cache purge", "pip cache purge"),
        ("--mount=type=cache,target=/var/cache/dnf dnf install -y a && dnf clean all", "dnf clean all"),
        ("--mount=type=cache,target=/root/.npm npm ci && npm cache clean --force", "npm cache clean --force"),
        ("--mount=type=cache,target=/go/pkg/mod go build && go clean -modcache", "go clean -modcache"),
        ("--mount=type=cache,target=/usr/local/share/.cache/yarn yarn && yarn cache clean", "yarn cache clean"),
        # Something remains, or another directory is meant.
        (f"{LISTS} apt-get update && rm -rf /var/lib/apt/lists/partial", ""),
        (f"{LISTS} apt-get update && apt-get clean", ""),
        (f"{LISTS} apt-get update && rm -f /var/lib/apt/lists/*", ""),
        (f"{PIP} pip install a && rm -rf /root/.cache/uv", ""),
        (f"{PIP} pip install a && rm -rf /root/.cache/p*", ""),
        (f"{PIP} pip install a && rm -rf $HOME/.cache", ""),
        (f"{PIP} pip install a && pip cache remove a", ""),
        ("--mount=type=cache,target=/go/pkg/mod go build && go clean -cache", ""),
        ("--mount=type=cache,target=/root/.npm npm ci && npm cache clean", ""),
        ("--mount=type=cache,target=/root/.cache/yarn yarn && yarn cache clean", ""),
        ("--mount=type=tmpfs,target=/root/.npm npm ci && npm cache clean --force", ""),
        # Only on a condition.
        (f'{APT} if [ -n "$SMALL" ]; then apt-get clean; fi', ""),
        (f"{APT} apt-get update || apt-get clean", ""),
    ],
)  # fmt: skip
def test_caches_that_are_deleted(run: str, command: str) -> None:
    found = messages(f"FROM acme/base\nRUN {run}\n")
    assert [f"each build after it: `{command}` deletes" in it for it in found] == [True] * bool(command)


@every_case(
    "script, fixed_script",
    [
        ("apt-get update && rm -rf /var/lib/apt/lists/*", "apt-get update"),
        ("apt-get update \\\n && rm -rf /var/lib/apt/lists/*", "apt-get update"),
        ("apt-get update && rm -rf /var/lib/apt/lists/* && echo a", "apt-get update && echo a"),
        ("apt-get update; rm -rf /var/lib/apt/lists/*;", "apt-get update;"),
        ("apt-get update && rm -rf /var/lib/apt/lists/* /tmp/*", "apt-get update && rm -rf /tmp/*"),
        ("apt-get update && rm -rf /tmp/* \\\n  /var/lib/apt/lists/* $A", "apt-get update && rm -rf /tmp/* $A"),
        ("apt-get update && rm -r /var/lib/apt/lists/* && rm -rf /var/lib/apt", "apt-get update"),
        # More is deleted, or the command is not joined so.
        ("apt-get update && rm -rf /var/lib/apt/lists/* && rm -rf /var/lib/*", None),
        ("apt-get update && rm -rf /var/lib/apt/lists/* && if $A; then rm -rf /var/lib/apt/lists; fi", None),
        ("apt-get update && rm -rf /var/lib/*", ""),
        ("rm -rf /var/lib/apt/lists/* && apt-get update", ""),
        ("apt-get update > log && rm -rf /var/lib/apt/lists/*", ""),
        ("apt-get update && rm -rf /var/lib/apt/lists/* || true", ""),
    ],
)
def test_the_fix_takes_out_the_command(script: str, fixed_script: str) -> None:
    text = f"FROM acme/base\nRUN {LISTS} {script}\n"
    found = findings(emptied_cache_mount, context(text))
    assert {bool(it.fixes) for it in found} == {bool(fixed_script)}
    if fixed_script:
        check_fix(emptied_cache_mount, text, f"FROM acme/base\nRUN {LISTS} {fixed_script}\n")


@every_case(
    "lines, sign",
    [
        (f"RUN {PIP} pip install --no-cache-dir a", "--no-cache-dir"),
        (f"ENV PIP_NO_CACHE_DIR=1\nRUN {PIP} pip install a", "PIP_NO_CACHE_DIR"),
        # pip takes each value for the same.
        (f"ENV PIP_NO_CACHE_DIR=off\nRUN {PIP} pip install a", "PIP_NO_CACHE_DIR"),
        (f"ENV PIP_NO_CACHE_DIR=\nRUN {PIP} pip install a", ""),
        (f"ARG PIP_NO_CACHE_DIR\nRUN {PIP} pip install a", ""),
        (f"RUN {PIP} pip install --no-cache-dir a && pip install b", ""),
        (f"RUN {PIP} pip install --no-cache-dir a && ./more.sh", ""),
        (f"RUN {PIP} uv pip install --no-cache-dir a", ""),
        (f"RUN {PIP} pip --version", ""),
        ("RUN --mount=type=cache,target=/root/.cache/uv uv sync --no-cache", "--no-cache"),
        ("ENV UV_NO_CACHE=1\nRUN --mount=type=cache,target=/root/.cache/uv uv pip install a", "UV_NO_CACHE"),
        ("ENV UV_NO_CACHE=0\nRUN --mount=type=cache,target=/root/.cache/uv uv pip install a", ""),
        ("RUN --mount=type=cache,target=/var/cache/apk apk add --no-cache a", "--no-cache"),
        ("RUN --mount=type=cache,target=/var/cache/apk apk add a", ""),
    ],
)
def test_caches_that_are_not_used(lines: str, sign: str) -> None:
    found = messages(f"FROM acme/base\n{lines}\n")
    assert [f"again whenever it runs: `{sign}` keeps" in it for it in found] == [True] * bool(sign)


def _mounts(text: str, finding: Finding) -> set[tuple[int, str]]:
    """The caches that a finding names: the number of the RUN, and the directory."""
    places = (finding.range, *(it.range for it in finding.related))
    return {(text.count("RUN", 0, it.start), text[slice(*it)]) for it in places if text[it.start - 1] == "="}


@every_case(
    "text, fixed",
    [
        # All that keeps a cache empty goes, or nothing.
        (f"FROM a\nRUN {APT} apt-get update; apt-get clean; rm -rf /tmp/* /var/cache/apt/*", f"FROM a\nRUN {APT} apt-get update; rm -rf /tmp/*"),
        (f"FROM a\nRUN {APT} apt-get update; apt-get clean; rm -rf /var/cache/*", ""),
        (f"FROM a\nRUN {APT} apt-get update; apt-get clean; rm -rf /var/cache/apt/*; apt-get clean || true", ""),
        (
            f"FROM debian\nRUN {APT} apt-get install -y a && apt-get clean",
            f"FROM debian\nRUN {APT} rm -f /etc/apt/apt.conf.d/docker-clean && apt-get install -y a",
        ),
        (
            f"FROM debian\nRUN {APT} apt-get install -y a\nRUN {APT} apt-get install -y b && apt-get clean",
            f"FROM debian\nRUN {APT} rm -f /etc/apt/apt.conf.d/docker-clean && apt-get install -y a\nRUN {APT} apt-get install -y b",
        ),
        (f"FROM debian\nRUN {APT} apt-get install -y a && rm -rf /var/cache/*", ""),
        (f"FROM debian\nRUN {APT} apt-get install -y a && apt-get clean\nRUN apt-get install -y b", ""),
        (f"FROM python\nRUN {PIP} pip install --no-cache-dir a && pip cache purge", f"FROM python\nRUN {PIP} pip install a"),
        (f"FROM python\nRUN {PIP} pip install --no-cache-dir a && rm -rf /root/.*", f"FROM python\nRUN {PIP} pip install a && rm -rf /root/.*"),
        (f"FROM python\nRUN {PIP} pip install --no-cache-dir a && rm -rf /root/*", ""),
        (f"FROM python\nENV PIP_NO_CACHE_DIR=1\nRUN {PIP} pip install a && pip cache purge", ""),
    ],
)  # fmt: skip
def test_after_each_fix_the_cache_keeps_its_files(text: str, fixed: str) -> None:
    found = findings(emptied_cache_mount, context(f"{text}\n"))
    assert found
    offered = [it for it in found if it.fixes]
    assert bool(offered) is bool(fixed)
    for it in offered:
        after = apply_edits(f"{text}\n", it.fixes[0].edits)
        still = [mount for one in findings(emptied_cache_mount, context(after)) for mount in _mounts(after, one)]
        assert _mounts(f"{text}\n", it).isdisjoint(still)
    if fixed:
        check_fix(emptied_cache_mount, f"{text}\n", f"{fixed}\n")


def test_the_fix_lets_pip_use_its_cache() -> None:
    text = f"FROM python\nRUN {PIP} pip install --no-cache-dir a && pip install -q --no-cache-dir b\n"
    check_fix(emptied_cache_mount, text, text.replace(" --no-cache-dir", ""))


@every_case("is_lost", [True, False])
def test_nothing_is_said_where_each_mount_begins_empty(*, is_lost: bool) -> None:
    text = f"FROM debian\nRUN {APT} apt-get install -y a && apt-get clean\n"
    workspace = Workspace(is_on_fresh_machines=lambda: is_lost)
    assert bool(findings(emptied_cache_mount, context(text, workspace=workspace))) is not is_lost


@every_case(
    "later, is_offered",
    [
        ("RUN apt-get update && apt-get install -y b", False),
        ("RUN cat list | xargs apt-get install -y", False),
        ("RUN apt-get -y dist-upgrade", False),
        ("FROM base AS run\nRUN apt-get install -y b", False),
        ("FROM base AS one\nRUN true\nFROM one\nRUN apt install -y b", False),
        ("COPY s /s\nRUN /s/install.sh", False),
        ("RUN bash s/install.sh", False),
        (f"RUN {LISTS} apt-get install -y b", False),
        (f"RUN {APT} apt-get install -y b", True),
        ("RUN --mount=type=tmpfs,target=/var/cache/apt/archives apt-get install -y b", True),
        ("RUN apt-get install -y b && apt-get clean", True),
        ("RUN apt-get install -y b && rm -rf /var/cache/apt/archives /var/lib/apt/lists/*", True),
        ("RUN apt-get update && make", True),
        # Another stage has its own settings.
        ("FROM debian\nRUN apt-get install -y b\nCOPY --from=base /a /a", True),
    ],
)
def test_no_fix_where_packages_would_stay_in_the_image(later: str, *, is_offered: bool) -> None:
    text = f"FROM debian AS base\nRUN {APT} apt-get install -y a\n{later}\n"
    found = [it for it in findings(emptied_cache_mount, context(text)) if "tells apt to delete" in it.message]
    assert [bool(it.fixes) for it in found] == [is_offered]


def test_an_earlier_installation_without_a_mount_is_not_affected() -> None:
    text = f"FROM debian\nRUN apt-get install -y b\nRUN {APT} apt-get install -y a\n"
    (finding,) = findings(emptied_cache_mount, context(text))
    assert finding.fixes
