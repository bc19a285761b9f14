from __future__ import annotations

from buildxray.rules.base import Safety
from buildxray.rules.native.needless_emulation import needless_emulation
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.rules import check_rule, context, findings


def test_a_stage_with_portable_files_is_reported() -> None:
    check_rule(
        needless_emulation,
        """
        FROM alpine AS certs
             ^^^^^^ 💭 1 RUN instruction of this stage runs under emulation for linux/arm64, and the image takes nothing from the stage that depends on the machine; with `--platform=$BUILDPLATFORM` it runs natively
        RUN apk --update add ca-certificates
        FROM scratch
        ARG TARGETARCH
        COPY --from=certs /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
        COPY app-$TARGETARCH /app
        """,
    )


def stage(*lines: str, image: str = "alpine", taken: str = "/opt/tool", start: str = "") -> str:
    text = "\n".join(lines)
    return f"FROM {image} AS dl\nARG TARGETARCH\n{text}\nFROM debian\nCOPY --from=dl {taken} /x\n{start}"


INSTALLED = "RUN apk add curl && curl -fsSLo /usr/local/bin/t https://e.org/t-$TARGETARCH"
FETCHED = "RUN curl -fsSL https://e.org/t-$TARGETARCH.tgz | tar xz -C /opt/tool"


@every_case(
    "text",
    [
        stage(FETCHED),
        stage("RUN apk add curl tar", FETCHED),
        stage(
            "WORKDIR /w", "RUN wget -O t.jar https://e.org/t.jar && echo 'a  t.jar' | sha256sum -c", taken="/w/t.jar"
        ),
        stage(FETCHED, taken="/opt", image="debian:13-slim"),
        stage("RUN curl -o /d.deb https://e.org/d.deb && dpkg -x /d.deb /m", taken="/d.deb"),
        stage("RUN apk add tzdata", taken="/usr/share/zoneinfo"),
    ],
)
def test_what_is_downloaded_does_not_depend_on_the_machine(text: str) -> None:
    (finding,) = findings(needless_emulation, context(text))
    (fix,) = finding.fixes
    assert fix.safety is Safety.SUGGESTION
    after = apply_edits(text, fix.edits)
    assert after.startswith("FROM --platform=$BUILDPLATFORM ")
    assert not context(after).build.emulated_steps


@every_case(
    "text",
    [
        # The stage runs a downloaded program.
        stage(FETCHED, "RUN /opt/tool/bin/setup"),
        stage(FETCHED, "RUN chroot /opt/tool ls"),
        stage(FETCHED, "RUN find /opt/tool -name '*.sh' -exec {} \\;"),
        stage("RUN curl -fsSL https://e.org/install.sh | sh"),
        # The command depends on its machine.
        stage("RUN curl -fsSL https://e.org/$(cat /etc/apk/arch)/t.tgz | tar xz -C /opt/tool"),
        stage("RUN curl -fsSL https://e.org/t-$(uname -m).tgz | tar xz -C /opt/tool"),
        stage("RUN A=$(dpkg --print-architecture) && curl -fsSL https://e.org/t-$A.tgz | tar xz -C /opt/tool"),
        stage("RUN curl -fsSL https://e.org/t-$HOSTTYPE.tgz | tar xz -C /opt/tool"),
        # Packages are for the machine that they are installed on.
        stage("RUN apk add libpq", taken="/usr"),
        stage("RUN apk add libpq", taken="/usr/lib/"),
        stage("RUN apk add busybox-static", taken="/bin/busybox.static"),
        stage(INSTALLED, taken="/usr/local/bin"),
        stage(INSTALLED, "RUN apk add t", taken="/usr/local/bin/t"),
        stage("RUN apk add ca-certificates", taken="/"),
        stage("RUN apk add ca-certificates", taken="/etc"),
        # Package databases name the architecture.
        stage("RUN apt-get install -y curl", taken="/var/lib/dpkg/status.d", image="debian:13"),
        stage("RUN apt-get install -y curl", taken="/var/lib", image="debian:13"),
        stage("RUN curl -O https://e.org/t_$TARGETARCH.deb && dpkg -i t_$TARGETARCH.deb", taken="/etc/ssl"),
        stage("RUN curl -O https://e.org/t_$TARGETARCH.deb && apt-get install ./t_$TARGETARCH.deb", taken="/etc/ssl"),
        # The image may have programs in that directory.
        stage(FETCHED, taken="/opt", image="example.org/java:21"),
        # The stage is the image, native already, or the base of another stage.
        stage(FETCHED, 'CMD ["sh"]'),
        stage(FETCHED, image="--platform=$BUILDPLATFORM alpine"),
        stage(FETCHED, "FROM dl AS more", "RUN go build -o /x ."),
        "FROM alpine\nARG TARGETARCH\n" + FETCHED + "\n",
        # A RUN of the image uses its programs.
        stage(FETCHED) + "RUN --mount=type=bind,from=dl,target=/m /m/bin/x\n",
        # Other rules are about compilers.
        stage("RUN go build -o /opt/tool ."),
        stage("RUN npm ci", taken="/opt/node_modules"),
        stage("RUN mkdir /d && touch /d/x", taken="/etc/os-release"),
        # Half-typed stages are not reported.
        stage("RUN curl -fsSL 'https://e.org/t-$TARGETARCH.tgz"),
    ],
)
def test_what_depends_on_the_machine_is_left_alone(text: str) -> None:
    assert findings(needless_emulation, context(text)) == []


@every_case(
    "run", [INSTALLED, "RUN apk add curl && curl https://e.org/t-$TARGETARCH.tgz | tar xz && mv t /usr/local/bin/t"]
)
def test_a_download_replaces_a_program_that_a_package_may_have_installed(run: str) -> None:
    (finding,) = findings(needless_emulation, context(stage(run, taken="/usr/local/bin/t")))
    assert "runs natively" in finding.message
