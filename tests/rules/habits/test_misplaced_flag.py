from __future__ import annotations

from buildxray.rules.habits.misplaced_flag import misplaced_flag
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule

COMMAND = "comes after the first argument, so the command receives it"
PATH = "comes after the first argument, so it is read as a path"


@every_case(
    "line, place",
    [
        ("COPY . /srv --chown=app", f"            ^^^^^^^^^^^ 💭 `--chown` {PATH}"),
        ("COPY a --link /srv/", f"       ^^^^^^ 💭 `--link` {PATH}"),
        ("ADD a /b --checksum=sha256:0", f"         ^^^^^^^^^^^^^^^^^^^ 💭 `--checksum` {PATH}"),
        ("HEALTHCHECK CMD --interval=3s wget -q x", f"                ^^^^^^^^^^^^^ 💭 `--interval` {COMMAND}"),
        ('HEALTHCHECK CMD ["--retries=3", "x"]', f"                 ^^^^^^^^^^^^^ 💭 `--retries` {COMMAND}"),
        (
            "HEALTHCHECK CMD curl -f x --start-period=3s",
            f"                          ^^^^^^^^^^^^^^^^^ 💭 `--start-period` {COMMAND}",
        ),
        (
            "RUN apk add git --mount=type=cache,target=/c",
            f"                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 💭 `--mount` {COMMAND}",
        ),
        ("RUN true && make --network=none all", f"                 ^^^^^^^^^^^^^^ 💭 `--network` {COMMAND}"),
        (
            "RUN if x; then apk add a --network=none; fi",
            f"                         ^^^^^^^^^^^^^^ 💭 `--network` {COMMAND}",
        ),
        (
            "RUN sudo pip install $(cat list) --network=none",
            f"                                 ^^^^^^^^^^^^^^ 💭 `--network` {COMMAND}",
        ),
    ],
)
def test_a_flag_after_the_arguments_is_reported(line: str, place: str) -> None:
    check_rule(misplaced_flag, f"FROM alpine\n{line}\n{place}\n")


@every_case(
    "line",
    [
        "COPY --chown=app . /srv",
        "COPY . --unknown=x /srv/",
        "COPY . /srv/--chown",
        "COPY a --chown /srv/",
        'COPY ["a", "--chown=b", "/srv/"]',
        "HEALTHCHECK --interval=3s CMD wget -q x",
        "HEALTHCHECK CMD probe --interval=3s",
        "HEALTHCHECK CMD --interval probe",
        "HEALTHCHECK CMD wget -q x --timeout=3",
        "RUN docker run --network=none alpine",
        "RUN go run ./tool --mount=type=cache,target=/c",
        "RUN npm run x --network=none",
        "RUN echo 'apk add --network=none'",
        "RUN echo apk add --network=none",
        "RUN apk add docker; docker run --network=none alpine",
        "RUN curl -H '--network=none' x",
        "RUN apk add git # --network=none",
        "RUN make NETWORK=--network=none",
        "RUN <<EOF\napk add --network=none\nEOF",
        "CMD --interval=3s",
    ],
)
def test_near_misses_are_not_reported(line: str) -> None:
    check_nothing(misplaced_flag, f"FROM alpine\n{line}\n")


@every_case(
    "before, after",
    [
        ("COPY . /srv --chown=app", "COPY --chown=app . /srv"),
        ("COPY --link a --from=base /srv/", "COPY --link --from=base a /srv/"),
        ("HEALTHCHECK CMD --interval=3s wget -q x", "HEALTHCHECK --interval=3s CMD wget -q x"),
        ('HEALTHCHECK CMD ["--retries=3", "x"]', 'HEALTHCHECK --retries=3 CMD ["x"]'),
        ("RUN apk add git --network=none", "RUN --network=none apk add git"),
        ("RUN apk add \\\n  --network=none \\\n  git", "RUN --network=none apk add \\\n  \\\n  git"),
    ],
)
def test_the_fix_repairs_the_text(before: str, after: str) -> None:
    check_fix(
        misplaced_flag, f"FROM alpine AS base\nFROM alpine\n{before}\n", f"FROM alpine AS base\nFROM alpine\n{after}\n"
    )


@every_case("program, after", [("curl", "--timeout=3s CMD curl x"), ("wget -q", "CMD wget -q x --timeout=3s")])
def test_a_timeout_may_be_an_option_of_the_program(program: str, after: str) -> None:
    text = f"FROM alpine\nHEALTHCHECK CMD {program} x --interval=5s --timeout=3s\n"
    check_fix(misplaced_flag, text, f"FROM alpine\nHEALTHCHECK --interval=5s {after}\n")
