from __future__ import annotations

from buildxray.rules.habits.overwritten_copy import overwritten_copy
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import IGNORED, check_fix, check_rule, check_silent, context, findings, reported


def test_sources_with_one_destination_file_are_reported() -> None:
    check_rule(
        overwritten_copy,
        """
        FROM alpine
        COPY a b c /srv/app
                   ^^^^^^^^ 💭 unless `/srv/app` is a directory already, only the last of the 3 sources stays
        """,
    )


@every_case(
    "before, after",
    [
        ("ADD a b /x", "ADD a b /x/"),
        ('COPY ["a", "b", "/x"]', 'COPY ["a", "b", "/x/"]'),
        ("COPY --link a b x", "COPY --link a b x/"),
        ("COPY package.json yarn.lock* /srv/app", "COPY package.json yarn.lock* /srv/app/"),
        ("COPY a.ini own.* /etc/php.d", "COPY a.ini own.* /etc/php.d/"),
    ],
)
def test_the_fix_makes_the_destination_a_directory(before: str, after: str) -> None:
    check_fix(overwritten_copy, f"FROM alpine\n{before}\n", f"FROM alpine\n{after}\n")


@every_case(
    "text",
    [
        "COPY a /x",
        "COPY a b /x/",
        "COPY a b .",
        "COPY a b ..",
        "COPY a* /x",
        "ARG D\nCOPY a b $D",
        "COPY --parents a b /x",
        "WORKDIR /srv/app\nCOPY a b /srv/app",
        "WORKDIR /srv/app\nCOPY a b /srv",
        "WORKDIR /srv/app/c\nWORKDIR /srv\nCOPY a b /srv",
        "WORKDIR /srv\nRUN true && mkdir -p app/bin\nCOPY a b app",
        "RUN mkdir -p /srv/app && cd /srv\nUSER app\nCOPY a b /srv/app",
        "RUN install -d -m 755 /srv/app\nCOPY a b /srv/app",
        "COPY c /srv/app/\nCOPY a b /srv/app",
        "COPY c /srv/app/c\nCOPY a b /srv/app",
        "COPY . /srv/app\nCOPY a b /srv/app",
        "COPY lib/ /srv/app\nCOPY a b /srv/app",
        "ADD lib.tar.gz /srv/app\nCOPY a b /srv/app",
        "RUN git clone https://example.org/app /srv/app\nCOPY a b /srv/app",
        "RUN tar -xf /x.tar -C /srv/app\nCOPY a b /srv/app",
        "RUN adduser -D app\nCOPY a b /home/app",
        # A file that may be absent, and one that surely exists.
        "COPY .gitkeep own.ini* /etc/php.ini",
        # The files of a directory are copied, not the directory.
        "COPY src/ lib/ /srv/app",
        "COPY . ../b /srv/app",
        # Directories of every distribution.
        "COPY a b /usr/local/bin",
        "COPY a b /etc",
        # Other mistakes, which other rules report.
        "COPY a /srv/app # files",
        "COPY a /srv/app #files",
        "COPY -chmod=755 a /srv/app",
        "COPY a /srv/app/ \\\nRUN make",
        'COPY "a b" /srv/app',
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(overwritten_copy, f"FROM alpine\n{text}\n")


@every_case(
    "earlier",
    [
        "COPY c /srv/app",
        "ADD c.py /srv/app",
        "RUN adduser -D ap",
        "RUN touch /srv/app",
        "RUN mkdir -p /srv/ap",
        "RUN install -m 755 x /srv/app",
        "RUN mkdir -p /srv",
        "RUN echo mkdir /srv/app",
    ],
)
def test_another_directory_does_not_count(earlier: str) -> None:
    assert reported(overwritten_copy, f"FROM alpine\n{earlier}\nCOPY a b /srv/app\n") == ["/srv/app"]


def test_the_directory_of_another_stage_does_not_count() -> None:
    copy = "COPY a b /srv/app\n"
    assert reported(overwritten_copy, f"FROM alpine AS x\nRUN mkdir /srv/app\nFROM alpine\n{copy}") == ["/srv/app"]
    assert reported(overwritten_copy, f"FROM alpine AS x\nRUN mkdir /srv/app\nFROM x\n{copy}") == []


@every_case(
    "image, path, is_reported",
    [
        ("nginx:1.29-alpine", "/etc/nginx/conf.d", False),
        ("nginx", "/etc/nginx/sites", True),
        ("docker.io/library/postgres:17", "/docker-entrypoint-initdb.d", False),
        ("alpine", "/docker-entrypoint-initdb.d", True),
        ("example.org/own", "/usr/local/bin", False),
        ("scratch", "/usr/local/bin", True),
        ("busybox", "/opt", True),
        ("gcr.io/distroless/static", "/opt", True),
    ],
)
def test_directories_of_images(image: str, path: str, *, is_reported: bool) -> None:
    assert reported(overwritten_copy, f"FROM {image}\nCOPY a b {path}\n") == ([path] if is_reported else [])


def test_a_directory_of_the_context_makes_the_destination_one() -> None:
    workspace = Workspace(None, holds=lambda path: path == "src/")
    for sources, n_findings in (("src lib", 0), ("lib src", 1), ("--from=alpine src lib", 1)):
        ctx = context(f"FROM alpine\nCOPY {sources} /srv/app\n", workspace=workspace)
        assert len(findings(overwritten_copy, ctx)) == n_findings, sources


PACKAGES = ("packages/a/package.json", "packages/b/package.json", "secret.txt")


@every_case(
    "copy, message",
    [
        ("COPY packages/*/package.json ./packages/", "2 files become one, `./packages/package.json`: a pattern keeps"),
        ("COPY package.json packages/*/package.json ./", "2 files become one, `./package.json`: a pattern keeps"),
        ("ADD ./packages/*/package.json /w/p.json", "2 files become one, `/w/p.json`: a pattern keeps"),
        ("COPY --parents packages/*/package.json ./", ""),
        ("COPY --from=b packages/*/package.json ./", ""),
        ("COPY packages/*/*.json ./packages/", ""),
        ("COPY apps/*/package.json ./apps/", ""),
        ("COPY packages/a/package.json ./packages/", ""),
    ],
)
def test_files_of_one_name_in_several_directories(copy: str, message: str) -> None:
    found = {"packages/*/package.json": PACKAGES, "apps/*/package.json": ("apps/a/package.json", "secret.txt")}
    workspace = Workspace(matching=lambda it: found.get(it, ()), ignored=IGNORED)
    text = f"FROM alpine AS b\nFROM node\nWORKDIR /w\n{copy}\n"
    messages = [it.message for it in findings(overwritten_copy, context(text, workspace=workspace))]
    assert [it.startswith(message) for it in messages] == [True] * bool(message)
