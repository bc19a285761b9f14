from __future__ import annotations

from buildxray.rules.habits.externally_managed_python import externally_managed_python
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.rules.native.emulated_build import emulated_build
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings

_APT = "RUN apt-get update && apt-get install -y python3-pip"


def test_the_pip_of_a_distribution_refuses() -> None:
    check_rule(
        externally_managed_python,
        """
        FROM ubuntu
        RUN apt-get update && apt-get install -y python3-pip && pip3 install --upgrade pipx
                                                                ^^^^ 💭 the build stops here, because the Python of `ubuntu:latest` refuses pip: use a virtual environment, or `--break-system-packages`
        RUN pip install flask
        """,
    )


def test_one_edit_for_all_commands_of_a_stage() -> None:
    check_fix(
        externally_managed_python,
        "FROM alpine:3.22\nRUN apk add py3-pip\nRUN pip install a && python3 -m pip install b\n",
        "FROM alpine:3.22\nRUN apk add py3-pip\nRUN pip install --break-system-packages a && python3 -m pip install --break-system-packages b\n",
    )


@every_case(
    "image",
    [
        "alpine",
        "alpine:3.19",
        "alpine:edge",
        "debian:bookworm-slim",
        "debian:12.5-slim",
        "debian:stable-20250630-slim",
        "ubuntu:24.04",
        "ubuntu:noble-20250404",
        "node:22-bookworm-slim",
        "node:22-alpine3.20",
        "golang:1.26-trixie",
    ],
)
def test_distributions_that_manage_their_python(image: str) -> None:
    install = "RUN apk add py3-pip" if "alpine" in image else _APT
    assert len(findings(externally_managed_python, context(f"FROM {image}\n{install}\nRUN pip install a\n"))) == 1


@every_case(
    "image",
    [
        "alpine:3.18",
        "debian:11",
        "debian:bullseye-slim",
        "ubuntu:22.04",
        "ubuntu:jammy",
        "python:3.12-bookworm",
        "node:22-alpine",
        "example/debian:12",
        "debian:$TAG",
        "fedora",
    ],
)
def test_other_images(image: str) -> None:
    text = f"ARG TAG\nFROM {image}\n{_APT}\nRUN apk add py3-pip\nRUN pip install a\n"
    check_nothing(externally_managed_python, text)


@every_case(
    "lines",
    [
        # pip installs all the same, or elsewhere.
        f"{_APT}\nRUN pip install --break-system-packages a",
        f"ENV PIP_BREAK_SYSTEM_PACKAGES=1\n{_APT}\nRUN pip install a",
        f"{_APT}\nRUN rm /usr/lib/python3.11/EXTERNALLY-MANAGED && pip install a",
        f"{_APT}\nRUN pip config set global.break-system-packages true\nRUN pip install a",
        f"{_APT}\nCOPY pip.conf /etc/\nRUN pip install a",
        f"{_APT}\nCOPY etc /etc\nRUN pip install a",
        f"{_APT}\nRUN pip install --target /a b",
        f"{_APT}\nRUN pip install -t /a b",
        f"{_APT}\nRUN pip download a",
        f"{_APT}\nRUN python3 -m venv /v && . /v/bin/activate && pip install a",
        f"{_APT}\nENV PATH=/v/bin:$PATH\nRUN pip install a",
        f"{_APT}\nRUN /v/bin/pip install a",
        f"{_APT}\nENV PATH=/opt/tools/bin:/go/bin:$PATH\nRUN pip install a",
        f"{_APT}\nENV PATH=/opt/tools/bin\nRUN pip install a",
        f"ENV PIP_TARGET=/a\n{_APT}\nRUN pip install a",
        f"ARG PIP_PREFIX=/a\n{_APT}\nRUN pip install a",
        f"ENV PIP_CONFIG_FILE=/a\n{_APT}\nRUN pip install a",
        f"{_APT}\nENV VIRTUAL_ENV=/v\nRUN pip install a",
        f"{_APT}\nRUN PIP_ROOT=/a pip install a",
        f"ENV PYTHONHOME=/opt/python\n{_APT}\nRUN pip install a",
        f"ARG PIP_OPTIONS\n{_APT}\nRUN pip install $PIP_OPTIONS a",
        # Another Python.
        f"{_APT}\nRUN add-apt-repository ppa:deadsnakes/ppa\nRUN pip install a",
        f"{_APT}\nRUN update-alternatives --set python3 /p\nRUN python3 -m pip install a",
        f"COPY --from=python:3.12 /usr/local /usr/local\n{_APT}\nRUN pip install a",
        "RUN pip install a",
        f"RUN pip install a\n{_APT}",
        f"{_APT}\nRUN pip3.11 install a",
        # The build goes on, or may not come there.
        f"{_APT}\nRUN pip install a || true",
        f"{_APT}\nRUN pip install a || pip install b --break-system-packages",
        f"{_APT}\nRUN pip install a; make",
        f"{_APT}\nRUN if [ -f a ]; then pip install a; fi",
        f"{_APT}\nRUN test -f a && pip install a || true",
        f"{_APT}\nRUN pip install a | tee log",
    ],
)
def test_near_misses(lines: str) -> None:
    check_nothing(externally_managed_python, f"FROM debian:12\n{lines}\n")


@every_case("run", ["set -e; pip install a; make", "cd /a && pip install a && make", "pip install a;"])
def test_scripts_that_stop(run: str) -> None:
    text = f"FROM debian:12 AS a\n{_APT}\nFROM a\nRUN {run}\n"
    assert len(findings(externally_managed_python, context(text))) == 1


def test_nothing_else_is_said_of_a_build_that_stops() -> None:
    text = f"FROM debian:12 AS b\nWORKDIR /w\n{_APT}\nCOPY . .\nRUN pip install {{}}-r requirements.txt\nRUN go build -o /a\nFROM scratch\nCOPY --from=b /a /\n"
    for rule in (late_module_download, emulated_build):
        assert findings(rule, context(text.format("--break-system-packages ")))
        assert not findings(rule, context(text.format("")))


@every_case("directory", ["/root/", "/", "/usr/local/bin/"])
def test_a_list_of_packages_changes_nothing_where_settings_might_be(directory: str) -> None:
    text = f"FROM debian:12\n{_APT}\nCOPY {{}} {directory}\nRUN pip install -r {directory}requirements.txt\n"
    assert findings(externally_managed_python, context(text.format("requirements.txt")))
    check_nothing(externally_managed_python, text.format("requirements.txt pip.conf"))


@every_case(
    "command, has_fix",
    [
        ("pip install --upgrade pip", False),
        ("pip3 install -U setuptools wheel==0.45", False),
        ("python3 -m pip install -U pip", False),
        ("python3 -m pip install -U tool", True),
        ("pip install pip-tools --upgrade", True),
        ("pip install setuptools", True),
    ],
)
def test_no_option_lets_pip_replace_itself(command: str, has_fix: bool) -> None:
    (finding,) = findings(externally_managed_python, context(f"FROM ubuntu\n{_APT}\nRUN {command}\n"))
    assert bool(finding.fixes) is has_fix
    assert ("--break-system-packages" in finding.message) is has_fix


@every_case(
    "lines",
    [
        f"ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1\n{_APT}\nRUN pip install a",
        f"ENV PIP_NO_CACHE_DIR=1 PIP_USER=1 PIP_DEFAULT_TIMEOUT=100 PIP_ROOT_USER_ACTION=ignore\n{_APT}\nRUN pip install a",
        f"{_APT}\nENV PYTHONPATH=/app\nRUN pip install a",
        f"{_APT}\nENV PATH=/root/.cargo/bin:/usr/local/go/bin:${{PATH}}:/opt/tools\nRUN pip install a",
        # What comes later changes nothing.
        f"{_APT}\nRUN pip install a\nENV PIP_BREAK_SYSTEM_PACKAGES=1 PATH=/v/bin:$PATH",
        f"{_APT}\nRUN pip install a\nRUN python3 -m venv /v",
        f"{_APT}\nRUN pip install a\nCOPY etc /etc",
    ],
)
def test_settings_that_change_nothing(lines: str) -> None:
    assert len(findings(externally_managed_python, context(f"FROM debian:12\n{lines}\n"))) == 1


@every_case(
    "image, packages, n_findings",
    [
        ("ubuntu", "python3-pip python-dev", 0),
        ("debian:12", "python2 python3-pip", 0),
        ("debian:12", "python3-pip python3-dev python-is-python3", 1),
        ("debian:12", "python3-pip python-apt-common", 1),
    ],
)
def test_a_build_that_stops_at_python_2(image: str, packages: str, n_findings: int) -> None:
    text = f"FROM {image}\nRUN apt-get update && apt-get install -y {packages}\nRUN pip install a\n"
    assert len(findings(externally_managed_python, context(text))) == n_findings


def test_the_packages_of_alpine_for_python_2() -> None:
    check_nothing(externally_managed_python, "FROM alpine\nRUN apk add python python-dev py-pip && pip install a\n")
