from __future__ import annotations

import pytest

from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.rules.native.emulated_build import emulated_build
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import RunTimeNeeds, Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings

GO = """\
FROM golang:1.26
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /app ./cmd/app
{rest}
"""


def test_a_compiling_image_is_split_in_two_stages() -> None:
    check_rule(
        emulated_build,
        """
        FROM golang:1.26
        WORKDIR /src
        COPY . .
        RUN CGO_ENABLED=0 go build -o /app ./cmd/app
                          ^^^^^^^^ 💭 information: `go build` runs under emulation for linux/arm64, which takes 5 to 10 times as long, and the compiler stays in the image; a build stage of its own can compile natively
        CMD ["/app"]
        """,
    )


@every_case(
    "text",
    [
        'FROM golang:1.26\nRUN go install golang.org/x/tools/gopls@latest\nCMD ["gopls"]\n',
        "FROM golang:1.26\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\n",
        'FROM node:22\nCOPY . .\nRUN npm ci\nCMD ["node", "server.js"]\n',
        'FROM alpine:3.22\nRUN apk add curl\nCMD ["curl"]\n',
    ],
)
def test_images_that_need_their_compiler_are_not_split(text: str) -> None:
    check_nothing(emulated_build, text)


def test_what_configures_the_image_moves_to_the_run_stage() -> None:
    check_fix(
        emulated_build,
        """
        FROM golang:1.26-alpine3.22
        WORKDIR /src
        ENV PORT=8080 CGO_ENABLED=0
        # The port of the service
        EXPOSE 8080
        COPY go.mod go.sum ./
        RUN go mod download
        COPY . .
        RUN go build -o /app ./cmd/app
        USER nobody
        ENTRYPOINT ["/app"]
        CMD ["-v"]
        """,
        """
        FROM --platform=$BUILDPLATFORM golang:1.26-alpine3.22 AS build
        WORKDIR /src
        ENV PORT=8080 CGO_ENABLED=0
        COPY go.mod go.sum ./
        RUN go mod download
        COPY . .
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /app ./cmd/app

        FROM gcr.io/distroless/static-debian12
        WORKDIR /src
        ENV PORT=8080
        COPY --from=build /app /app
        # The port of the service
        EXPOSE 8080
        USER nobody
        ENTRYPOINT ["/app"]
        CMD ["-v"]
        """,
        title="Split into build and run stage, if the program needs no other files and starts no other programs",
    )


def test_variables_of_the_program_stay_with_it() -> None:
    check_fix(
        emulated_build,
        """
        FROM golang:1.26
        ENV GOFLAGS=-trimpath GOMAXPROCS=2 GOOGLE_CLOUD_PROJECT=demo CGO_ENABLED=0
        COPY . .
        RUN go build -o /app .
        CMD ["/app"]
        """,
        """
        FROM --platform=$BUILDPLATFORM golang:1.26 AS build
        ENV GOFLAGS=-trimpath GOMAXPROCS=2 GOOGLE_CLOUD_PROJECT=demo CGO_ENABLED=0
        COPY . .
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /app .

        FROM gcr.io/distroless/static-debian12
        ENV GOMAXPROCS=2 GOOGLE_CLOUD_PROJECT=demo
        COPY --from=build /app /app
        CMD ["/app"]
        """,
    )


def test_a_command_for_the_shell_needs_an_image_with_one() -> None:
    check_fix(
        emulated_build,
        """
        FROM golang:1.26-alpine3.22
        WORKDIR /src
        COPY . .
        RUN CGO_ENABLED=0 go build -o /app .
        CMD /app -v
        """,
        """
        FROM --platform=$BUILDPLATFORM golang:1.26-alpine3.22 AS build
        WORKDIR /src
        COPY . .
        ARG TARGETARCH
        RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .

        FROM alpine:3.22
        WORKDIR /src
        COPY --from=build /app /app
        CMD /app -v
        """,
    )


def test_a_bundle_for_node_keeps_its_image_and_the_packages_of_production() -> None:
    check_fix(
        emulated_build,
        """
        FROM node:22
        WORKDIR /app
        COPY package*.json ./
        RUN npm ci
        COPY . .
        RUN npm run build
        CMD ["node", "dist/server.js"]
        """,
        """
        FROM --platform=$BUILDPLATFORM node:22 AS build
        WORKDIR /app
        COPY package*.json ./
        RUN npm ci
        COPY . .
        RUN npm run build

        FROM node:22
        WORKDIR /app
        COPY package*.json ./
        RUN npm ci --omit=dev
        COPY --from=build /app/dist/ /app/dist/
        CMD ["node", "dist/server.js"]
        """,
    )


@every_case(
    "install, expected",
    [
        # `npm ci` needs a lock file, which the project may not have.
        ("npm install", "RUN npm install --omit=dev\n"),
        ("npm i --legacy-peer-deps", "RUN npm i --legacy-peer-deps --omit=dev\n"),
        ("npm ci --include=dev --no-audit", "RUN npm ci --no-audit --omit=dev\n"),
        ("npm install typescript", ""),
        ("npm install --include dev", ""),
    ],
)
def test_the_packages_of_production_are_installed_as_those_of_the_build(install: str, expected: str) -> None:
    text = (
        f"FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN {install}\nCOPY . .\nRUN npm run build\n"
        'CMD ["node", "dist/server.js"]\n'
    )
    fixes = [fix for it in findings(emulated_build, context(text)) for fix in it.fixes]
    after = apply_edits(text, fixes[0].edits) if fixes else text
    assert bool(fixes) is bool(expected)
    assert expected in after.rpartition("FROM")[2]


def test_a_jar_runs_on_the_runtime_of_its_version() -> None:
    check_fix(
        emulated_build,
        """
        FROM maven:3.9-eclipse-temurin-21
        WORKDIR /app
        COPY . .
        RUN mvn -B package
        ENTRYPOINT ["java", "-jar", "target/app.jar"]
        """,
        """
        FROM --platform=$BUILDPLATFORM maven:3.9-eclipse-temurin-21 AS build
        WORKDIR /app
        COPY . .
        RUN mvn -B package

        FROM eclipse-temurin:21-jre
        WORKDIR /app
        COPY --from=build /app/target/app.jar /app/target/app.jar
        ENTRYPOINT ["java", "-jar", "target/app.jar"]
        """,
    )


@every_case(
    "rest",
    [
        'RUN apt-get update && apt-get install -y ffmpeg\nCMD ["/app"]',
        'CMD ["/app", "--config", "etc/app.yaml"]',
        'CMD ["/other"]',
        'USER app\nCMD ["/app"]',
        "CMD /app > /log 2>&1",
        # Programs that the run image lacks
        'HEALTHCHECK CMD curl -f localhost\nCMD ["/app"]',
        'HEALTHCHECK CMD ["wget", "-q", "localhost"]\nCMD ["/app"]',
        # Directories, files, users and links that the run image lacks
        'RUN mkdir -p /data && chown 1000 /data\nCMD ["/app"]',
        'RUN touch /etc/app.conf\nCMD ["/app"]',
        'RUN echo yes > /etc/app.conf\nCMD ["/app"]',
        'RUN adduser -D app\nCMD ["/app"]',
        'RUN ln -s /app /usr/bin/app\nCMD ["/app"]',
        # A value that another instruction may have set
        'ENV A=1\nENV B=$A\nCMD ["/app"]',
    ],
)
def test_nothing_is_split_where_the_program_may_need_more(rest: str) -> None:
    check_no_fix(emulated_build, GO.format(rest=rest))


@every_case(
    "more",
    [
        'HEALTHCHECK CMD ["/app", "check"]',
        "HEALTHCHECK CMD wget -q localhost || exit 1",
        "HEALTHCHECK NONE",
        "RUN go version | cat",
        "RUN mkdir -p /app && chmod 755 /app",
    ],
)
def test_a_program_that_needs_no_more_is_split(more: str) -> None:
    text = f'FROM golang:1.26\n{more}\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\nCMD ["/app"]\n'
    assert split(text) is not None


@every_case(
    "output, command, copied",
    [
        ("/usr/local/bin/app", '["app"]', "/usr/local/bin/app"),
        ("/usr/bin/app", '["app", "serve"]', "/usr/bin/app"),
        ("/opt/app", '["app"]', None),
        ("/go/bin/app", '["app"]', None),
        ("app", '["app"]', None),
    ],
)
def test_a_program_that_is_called_by_its_name(output: str, command: str, copied: str | None) -> None:
    text = f"FROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -v -o {output} ./...\nCMD {command}\n"
    run_stage = split(text)
    assert run_stage is None if copied is None else f"COPY --from=build {copied} {copied}\n" in (run_stage or "")


@every_case(
    "before, after, argument, is_split",
    [
        ("", "COPY app.yaml /etc/app/", "--config=/etc/app/app.yaml", True),
        ("COPY app.yaml ./", "", "app.yaml", True),
        ("COPY static ./static", "", "-dir=static/css", True),
        ("COPY app.yaml ./\nWORKDIR /other", "", "/src/app.yaml", False),
        ("COPY . .", "", "app.yaml", False),
        ("", "COPY app.yaml /etc/app/", "--config=/etc/app.yaml", False),
    ],
)
def test_the_files_in_the_arguments_of_the_program(before: str, after: str, argument: str, *, is_split: bool) -> None:
    text = (
        f"FROM golang:1.26\nWORKDIR /src\nCOPY go.mod main.go ./\n{before}\n"
        f'RUN CGO_ENABLED=0 go build -o /app .\n{after}\nCMD ["/app", "{argument}"]\n'
    )
    assert (split(text) is not None) is is_split


def test_every_program_that_the_image_had_comes_along() -> None:
    builds = " && ".join(f"CGO_ENABLED=0 go build -o /bin/{it} ./cmd/{it}" for it in ("worker", "api"))
    text = f'FROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN {builds}\nENTRYPOINT ["/bin/api"]\n'
    assert "COPY --from=build /bin/api /bin/api\nCOPY --from=build /bin/worker /bin/worker\n" in (split(text) or "")


def test_a_run_stage_declares_the_arguments_that_it_uses() -> None:
    check_fix(
        emulated_build,
        """
        FROM golang:1.26
        ARG UNUSED PORT=80 VERSION
        WORKDIR /src
        COPY . .
        RUN CGO_ENABLED=0 go build -ldflags "-X main.v=$VERSION" -o /app .
        ENV VERSION=$VERSION
        EXPOSE $PORT
        CMD ["/app", "$UNUSED"]
        """,
        """
        FROM --platform=$BUILDPLATFORM golang:1.26 AS build
        ARG UNUSED PORT=80 VERSION
        WORKDIR /src
        COPY . .
        ARG TARGETARCH
        RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -ldflags "-X main.v=$VERSION" -o /app .

        FROM gcr.io/distroless/static-debian12
        ARG PORT=80
        ARG VERSION
        WORKDIR /src
        COPY --from=build /app /app
        ENV VERSION=$VERSION
        EXPOSE $PORT
        CMD ["/app", "$UNUSED"]
        """,
    )


@every_case(
    "copies, expected",
    [
        ("COPY . .", ["/src/static/", "/src/templates/", "/src/ca.pem"]),
        ("COPY . /srv/", ["/srv/static/", "/srv/templates/", "/srv/ca.pem"]),
        ("COPY web /srv", ["/srv/views/"]),
        ("COPY --from=alpine . .", []),
        ("COPY go.* *.go ./", []),
        ("COPY go.mod main.go ./", []),
    ],
)
def test_directories_of_data_come_along(copies: str, expected: list[str]) -> None:
    # `ui` is a project of its own, with the source of a program.
    held = {"static/", "templates/", "private/", "public/", "web/views/", "ui/", "ui/package.json", "ca.pem", "key.pem"}
    workspace = Workspace(holds=held.__contains__, ignored=IgnorePatterns("public\nkey.pem\n"))
    text = f'FROM golang:1.26\nWORKDIR /src\n{copies}\nRUN CGO_ENABLED=0 go build -o /app .\nCMD ["/app"]\n'
    run_stage = split(text, workspace) or ""
    copied = [it.split()[2] for it in run_stage.splitlines() if it.startswith("COPY --from=build")]
    assert copied == ["/app", *expected]


def test_files_of_data_that_the_file_names_come_along() -> None:
    copies = "COPY go.mod package.json ./\nCOPY app ./app\nCOPY static ./static\nCOPY config.yaml /etc/app/"
    text = f'FROM golang:1.26\nWORKDIR /src\n{copies}\nRUN CGO_ENABLED=0 go build -o /srv ./app\nCMD ["/srv"]\n'
    run_stage = split(text) or ""
    assert "COPY static ./static\nCOPY config.yaml /etc/app/\nCOPY --from=build /srv /srv\nCMD" in run_stage


@every_case(
    "image, options, check, is_split",
    [
        ("21", "-Xmx1g -Djava.security.egd=file:/dev/./urandom", "HEALTHCHECK CMD curl -f localhost || exit 1", True),
        ("21-alpine", "-Djava.io.tmpdir=/tmp/", "HEALTHCHECK CMD wget -q localhost", True),
        ("21-alpine", "-Xmx1g", "HEALTHCHECK CMD curl -f localhost", False),
        ("21", "-javaagent:/opt/agent.jar", "", False),
        ("21", "-Dlog4j.configurationFile=conf/log4j2.xml", "", False),
    ],
)
def test_java_needs_what_its_options_and_its_check_name(
    image: str, options: str, check: str, *, is_split: bool
) -> None:
    words = ", ".join(f'"{it}"' for it in ("java", *options.split(), "-jar", "target/a.jar"))
    text = f"FROM maven:3.9-eclipse-temurin-{image}\nCOPY . .\nRUN mvn package\n{check}\nCMD [{words}]\n"
    assert (split(text) is not None) is is_split


@every_case("check, is_split", [("curl -f localhost", False), ("[ -e /tmp/ready ]", True)])
def test_the_image_of_asp_net_has_no_curl(check: str, *, is_split: bool) -> None:
    text = (
        "FROM mcr.microsoft.com/dotnet/sdk:9.0\nWORKDIR /src\nCOPY . .\nRUN dotnet publish -c Release -o /app\n"
        f'HEALTHCHECK CMD {check}\nENTRYPOINT ["dotnet", "/app/a.dll"]\n'
    )
    assert (split(text) is not None) is is_split


@every_case(
    "install, expected",
    [
        (
            "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci",
            "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=dev",
        ),
        ("RUN NPM_TOKEN=abc npm ci", None),
    ],
)
def test_packages_are_installed_again_with_the_same_secrets(install: str, expected: str | None) -> None:
    run_stage = split(NODE.format(before="", files="COPY . .\n", rest="").replace("RUN npm ci", install))
    assert run_stage is None if expected is None else expected in (run_stage or "")


def test_a_client_that_a_script_writes_into_node_modules_would_be_lost() -> None:
    text = NODE.format(before="", files="COPY . .\n", rest="")
    assert split(text, Workspace(scripts=(("build", "prisma generate && tsc"),))) is None


def test_rust_needs_a_person_to_set_up_a_linker() -> None:
    check_no_fix(emulated_build, 'FROM rust:1.90\nCOPY . .\nRUN cargo build --release\nCMD ["./target/release/app"]\n')


NODE = """\
FROM node:22
WORKDIR /app
COPY package*.json ./
{before}RUN npm ci
{files}RUN npm run build
{rest}CMD ["node", "dist/main.js"]
"""


def split(text: str, workspace: Workspace | None = None) -> str | None:
    """The run stage of the fix; None if nothing is split."""
    (finding,) = findings(emulated_build, context(text, workspace=workspace or Workspace()))
    fixes = [it for it in finding.fixes if it.title.startswith("Split into build and run stage")]
    return apply_edits(text, fixes[0].edits).partition("\n\n")[2] if fixes else None


@every_case(
    "before, files, kept",
    [
        ("", "COPY . .\n", []),
        ("", "COPY tsconfig.json vite.config.ts ./\nCOPY src ./src\nCOPY public ./public\n", ["COPY public ./public"]),
        ("COPY prisma ./prisma\n", "COPY . .\n", ["COPY prisma ./prisma"]),
        ("", "COPY src views ./\n", ["COPY src views ./"]),
        ("", "COPY --from=scratch src views ./\n", []),
    ],
)
def test_files_that_the_file_names_are_in_the_run_stage(before: str, files: str, kept: list[str]) -> None:
    run_stage = split(NODE.format(before=before, files=files, rest="USER node\n")) or ""
    lines = [it for it in run_stage.splitlines() if it.startswith("COPY") and "package" not in it and "dist" not in it]
    assert "USER node" in run_stage
    assert lines == kept
    # What was there when packages were installed is there again.
    assert not before or run_stage.index(before) < run_stage.index("RUN npm ci")


@every_case(
    "command, scripts, is_split",
    [
        ('["npm", "start"]', {"start": "node dist/main.js"}, True),
        ("npm run serve", {"serve": "NODE_ENV=production node dist/main"}, True),
        ('["npm", "run-script", "serve"]', {"serve": "node --enable-source-maps"}, False),
        ('["npm", "start"]', {"start": "node dist/main.js", "prestart": "npm run migrate"}, False),
        ('["npm", "start"]', {"start": "npm run build && node dist/main.js"}, False),
        ('["npm", "start"]', {"start": "nodemon dist/main.js"}, False),
        ('["npm", "start"]', {"start": "node src/main.js"}, False),
        ('["npm", "start"]', {}, False),
        ('["npm", "run", "serve", "--", "-v"]', {"serve": "node dist/main.js"}, False),
    ],
)
def test_a_script_of_npm_starts_the_bundle(command: str, scripts: dict[str, str], *, is_split: bool) -> None:
    text = NODE.format(before="", files="COPY . .\n", rest="").replace('["node", "dist/main.js"]', command)
    assert (split(text, Workspace(scripts=(*scripts.items(),))) is not None) is is_split


@every_case("script, is_split", [("prepare", False), ("postinstall", False), ("build", True)])
def test_a_script_of_the_installation_may_need_what_is_for_development(script: str, *, is_split: bool) -> None:
    text = NODE.format(before="", files="COPY . .\n", rest="")
    assert (split(text, Workspace(scripts=((script, "husky"),))) is not None) is is_split


@every_case(
    "image, version",
    [
        ("gradle:8.10-jdk21", "21"),
        ("gradle:jdk17", "17"),
        ("maven:3.9-amazoncorretto-21", "21"),
        ("eclipse-temurin:25-jdk", "25"),
        ("openjdk:17", "17"),
        ("maven:3.9", None),
        ("maven:3.9-eclipse-temurin-8", None),
    ],
)
def test_the_version_of_java(image: str, version: str | None) -> None:
    text = f'FROM {image}\nCOPY . .\nRUN ./mvnw package\nCMD ["java", "-jar", "target/a.jar"]\n'
    run_stage = split(text)
    assert run_stage is None if version is None else f"FROM eclipse-temurin:{version}-jre\n" in (run_stage or "")


@pytest.mark.parametrize(("version", "image"), [("17", "17-jre"), ("21", "21-jre-alpine")])
def test_temurin_has_alpine_for_arm64_from_21_on(version: str, image: str) -> None:
    text = f'FROM maven:3.9-eclipse-temurin-{version}-alpine\nCOPY . .\nRUN mvn package\nCMD ["java", "-jar", "target/a.jar"]\n'
    assert (split(text) or "").startswith(f"FROM eclipse-temurin:{image}\n")


def with_needs(needs: RunTimeNeeds | None, *held: str) -> Workspace:
    return Workspace(holds=frozenset(held).__contains__, run_time=lambda _language: needs)


@every_case(
    "image, command, line, needs, is_split",
    [
        ("golang:1.26", '["/app"]', "", RunTimeNeeds(starts_programs=False, reads_time_zones=True), True),
        ("golang:1.26", '["/app"]', "", RunTimeNeeds(starts_programs=True, reads_time_zones=False), False),
        ("golang:1.26", '["/app"]', "ENV TZ=Europe/Berlin", None, True),
        # The image of Alpine has no time zones.
        ("golang:1.26", "/app", "", RunTimeNeeds(starts_programs=False, reads_time_zones=False), True),
        ("golang:1.26", "/app", "", RunTimeNeeds(starts_programs=False, reads_time_zones=True), False),
        ("golang:1.26", "/app", "ENV TZ=Europe/Berlin", None, False),
    ],
)
def test_programs_and_time_zones_that_a_program_needs(
    image: str, command: str, line: str, needs: RunTimeNeeds | None, *, is_split: bool
) -> None:
    text = f"FROM {image}\n{line}\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\nCMD {command}\n"
    assert (split(text, with_needs(needs)) is not None) is is_split


def test_the_title_says_what_to_check_where_no_source_is_known() -> None:
    text = GO.format(rest='CMD ["/app"]')
    known = with_needs(RunTimeNeeds(starts_programs=False, reads_time_zones=False))
    titles = [
        findings(emulated_build, context(text, workspace=it))[0].fixes[0].title for it in (known, with_needs(None))
    ]
    title = "Split into build and run stage"
    assert titles == [title, f"{title}, if the program needs no other files and starts no other programs"]


@every_case(
    "copies, texts, expected",
    [
        ("COPY . .", ["emails/welcome.html", "./emails", "../emails/bye.html"], ["/src/emails/"]),
        ("COPY . .", ["emails/*.html", "rules.rego"], ["/src/emails/", "/src/rules.rego"]),
        ("COPY . .", ["/src/emails", "/etc/passwd", "emails2", "."], ["/src/emails/"]),
        ("COPY . /srv", ["/srv/emails/a.html", "emails"], ["/srv/emails/a.html", "/srv/templates/"]),
        ("COPY go.mod main.go ./\nCOPY emails ./mails", ["mails/a.html", "emails/a.html"], ["/src/mails/a.html"]),
        ("COPY go.mod main.go rules.rego ./", ["rules.rego", "main.go", "emails/a.html"], ["/src/rules.rego"]),
        # Sources, and what the image gets anyway
        ("COPY . .", ["internal", "internal/a.go", "go.mod", "templates/a.html"], ["/src/templates/"]),
        ("COPY . .", ["private/a.txt"], ["/src/templates/"]),
        ("COPY --from=alpine . .", ["emails/a.html"], []),
    ],
)
def test_files_that_the_program_names_come_along(copies: str, texts: list[str], expected: list[str]) -> None:
    held = {
        "emails/", "emails/welcome.html", "emails/bye.html", "emails/a.html", "rules.rego", "internal/", "internal/a.go", "main.go", "go.mod", "private/a.txt",
        "templates/", "templates/a.html",
    }  # fmt: skip
    needs = RunTimeNeeds(
        starts_programs=False, reads_time_zones=False, texts=(*texts,), places=frozenset({".", "internal"})
    )
    workspace = with_needs(needs, *held)._replace(ignored=IgnorePatterns("private\n"))
    text = f'FROM golang:1.26\nWORKDIR /src\n{copies}\nRUN CGO_ENABLED=0 go build -o /app .\nCMD ["/app"]\n'
    run_stage = split(text, workspace) or ""
    copied = [it.split()[2] for it in run_stage.splitlines() if it.startswith("COPY --from=build")]
    assert sorted({*copied}) == sorted({"/app", *expected, *(["/src/templates/"] if copies == "COPY . ." else [])})


def test_a_file_that_a_variable_of_the_image_names_comes_along() -> None:
    needs = RunTimeNeeds(starts_programs=False, reads_time_zones=False)
    text = 'FROM golang:1.26\nWORKDIR /src\nENV RULES=/src/rules.rego\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\nCMD ["/app"]\n'
    assert "COPY --from=build /src/rules.rego /src/rules.rego\n" in (split(text, with_needs(needs, "rules.rego")) or "")


@every_case(
    "first, build, run",
    [
        ("FROM golang:1.26", "AS build", "FROM gcr.io/distroless/static-debian12\n"),
        ("FROM golang:1.26 AS app", "AS build", "FROM gcr.io/distroless/static-debian12 AS app\n"),
        ("FROM golang:1.26 as Server", "as build", "FROM gcr.io/distroless/static-debian12 as Server\n"),
        ("FROM golang:1.26 AS builder", "AS builder", "FROM gcr.io/distroless/static-debian12\n"),
        (
            "FROM alpine AS build\nFROM golang:1.26 AS app",
            "AS build-2",
            "FROM gcr.io/distroless/static-debian12 AS app\n",
        ),
    ],
)
def test_the_name_of_the_image_stays_with_it(first: str, build: str, run: str) -> None:
    text = f'{first}\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\nCMD ["/app"]\n'
    (finding,) = findings(emulated_build, context(text))
    before, _blank, run_stage = apply_edits(text, finding.fixes[0].edits).partition("\n\n")
    assert f"FROM --platform=$BUILDPLATFORM golang:1.26 {build}\n" in before
    assert run_stage.startswith(run)
    assert f"COPY --from={build.partition(' ')[2]} /app /app\n" in run_stage


def test_the_image_of_asp_net_on_alpine_lacks_the_data_of_languages() -> None:
    text = 'FROM mcr.microsoft.com/dotnet/sdk:9.0{}\nWORKDIR /src\nCOPY . .\nRUN dotnet publish -c Release -o /app\nCMD ["dotnet", "/app/a.dll"]\n'
    assert split(text.format("")) is not None
    assert split(text.format("-alpine")) is None
