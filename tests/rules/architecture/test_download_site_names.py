from __future__ import annotations

import re

from buildxray.rules.architecture.download_site_names import download_site_names
from buildxray.syntax.text import apply_edits
from tests.support.cases import every_case
from tests.support.rules import context, findings, reported

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


S6 = "https://github.com/just-containers/s6-overlay/releases/download/v3/s6-overlay-{}.tar.xz"


@every_case(
    "line, places",
    [
        (f"ADD {S6.format('${TARGETARCH}')} /tmp/", ["${TARGETARCH}"]),
        (f"RUN curl -fsSL {S6.format('$TARGETARCH')} | tar xJ", ["$TARGETARCH"]),
        ("RUN curl -O https://nodejs.org/dist/v24.0.0/node-v24.0.0-linux-$TARGETARCH.tar.xz", ["$TARGETARCH"]),
        ("ENV SITE=https://nodejs.org/dist\nRUN curl -O $SITE/v24/node-v24-linux-$TARGETARCH.tar.xz", ["$TARGETARCH"]),
        ("RUN curl -O https://github.com/bufbuild/buf/releases/download/v1/buf-Linux-$TARGETARCH", ["$TARGETARCH"]),
        ("RUN curl -O https://github.com/Yelp/dumb-init/releases/download/v1/dumb-init_1_$TARGETARCH.deb", []),
        ("RUN curl -O https://github.com/sharkdp/fd/releases/download/v1/fd_1_$TARGETARCH.deb", []),
        ("ENV SITE=https://x.org\nRUN curl -O $SITE/node-v24-linux-$TARGETARCH.tar.xz", []),
        (f"ADD {S6.format('x86_64')} /tmp/", []),
        ("ADD https://example.com/tool-$TARGETARCH /tool", []),
        (f"RUN curl -fsSL {S6.format('$(case $TARGETARCH in amd64) echo x86_64;; esac)')} | tar xJ", []),
        # the address is in a variable
        (f"ARG URL={S6.format('$TARGETARCH')}\nADD $URL /tmp/", ["$TARGETARCH"]),
        (f"ENV URL={S6.format('$TARGETARCH')}\nRUN curl -O $URL && wget $URL", ["$TARGETARCH"]),
        (f'RUN u="{S6.format("$TARGETARCH")}"; wget -qO- "$u" | tar xJ || curl "$u" | tar xJ', ["$TARGETARCH"]),
        (f'RUN export a=$TARGETARCH; curl "{S6.format("$a")}" | tar xJ', ["$TARGETARCH"]),
        # the argument has the name of the site, for all platforms
        (f"ARG TARGETARCH=x86_64\nADD {S6.format('$TARGETARCH')} /tmp/", []),
        (f"RUN export TARGETARCH=$(uname -m); curl -O {S6.format('$TARGETARCH')}", []),
        ("ARG TARGETARCH=x86_64\nRUN pip download --platform manylinux2014_$TARGETARCH x", []),
        ("RUN TARGETARCH=x86_64; pip download --platform manylinux2014_$TARGETARCH x", []),
        # other files of the same sites, whose names are those of TARGETARCH
        ("RUN curl -O https://github.com/PowerShell/PowerShell/releases/download/v7/p_7-1.deb_$TARGETARCH.deb", []),
        ("RUN curl -O https://github.com/Yelp/dumb-init/releases/download/v1.2.2/dumb-init_1.2.2_$TARGETARCH", []),
        (
            "RUN curl -O https://github.com/Yelp/dumb-init/releases/download/v1.2.5/dumb-init_1.2.5_$TARGETARCH",
            ["$TARGETARCH"],
        ),
        # a mirror
        (
            "RUN curl -O https://registry.npmmirror.com/-/binary/node/v22.1.0/node-v22.1.0-linux-$TARGETARCH.tar.xz",
            ["$TARGETARCH"],
        ),
        (
            "RUN curl -O https://github.com/nektos/act/releases/latest/download/act_Linux_$TARGETARCH.tar.gz",
            ["$TARGETARCH"],
        ),
    ],
)
def test_the_fix_uses_the_names_of_the_download_site(line: str, places: list[str]) -> None:
    assert reported(download_site_names, IMAGE.format(line)) == places


@every_case(
    "run, names",
    [
        ("pip download --platform manylinux2014_$TARGETARCH -d /w x", "amd64) echo x86_64;; arm64) echo aarch64;;"),
        ("pip3 install --platform=musllinux_1_2_${TARGETARCH} -t /w x", "amd64) echo x86_64;; arm64) echo aarch64;;"),
        (
            "python3 -m pip install --only-binary :all: --platform linux_$TARGETARCH -t /w x",
            "amd64) echo x86_64;; arm64) echo aarch64;;",
        ),
        ("npm ci --cpu=$TARGETARCH --os=linux", "amd64) echo x64;; arm64) echo arm64;;"),
        ("npm install --cpu $TARGETARCH", "amd64) echo x64;; arm64) echo arm64;;"),
        ("pip install --platform manylinux2014_$(uname -m) -t /w x", None),
        ("pip install --platform manylinux2014_x86_64 -t /w $TARGETARCH", None),
        ("case $TARGETARCH in arm64) npm ci --cpu=$TARGETARCH;; esac", None),
        ("docker pull --platform linux/$TARGETARCH x", None),
        # compared, not a name
        ("npm ci --cpu=$([ $TARGETARCH = amd64 ] && echo x64 || echo arm64)", None),
        ("pip install --platform manylinux2014_`[ $TARGETARCH = amd64 ] && echo x86_64` -t /w x", None),
        ("go build --platform $TARGETARCH", None),
    ],
)
def test_the_fix_uses_the_names_of_a_package_manager(run: str, names: str | None) -> None:
    ctx = context(IMAGE.format(f"RUN {run}"))
    written = [apply_edits(ctx.text, it.fixes[0].edits) for it in findings(download_site_names, ctx)]
    expected = re.sub(
        r"\$\{?TARGETARCH\}?", lambda _: f"$(case $TARGETARCH in {names} *) echo $TARGETARCH;; esac)", ctx.text
    )
    assert written == ([] if names is None else [expected])


def test_the_message_tells_the_name_of_the_package_manager() -> None:
    run = "RUN pip download --platform manylinux2014_$TARGETARCH x"
    (finding,) = findings(download_site_names, context(IMAGE.format(run)))
    assert finding.message == "`pip` finds no package for amd64, because it calls this architecture `x86_64`"
    npm = IMAGE.format("RUN npm ci --cpu=$TARGETARCH")
    assert not findings(download_site_names, context(npm, "linux/arm64,linux/arm/v7"))


@every_case(
    "script, is_reported",
    [
        ('if [ "$TARGETARCH" = amd64 ]; then {fixed}; else {by_argument}; fi', False),
        ('if [ ${{TARGETARCH}} == "amd64" ]; then {fixed}; else {by_argument}; fi', False),
        ('if [ "$TARGETARCH" = arm64 ]; then {fixed}; else {by_argument}; fi', True),
        ('[ "$TARGETARCH" = amd64 ] || {by_argument}', False),
        ('[ "$TARGETARCH" = amd64 ] && {by_argument}', True),
    ],
)
def test_a_branch_downloads_for_its_own_targets(script: str, *, is_reported: bool) -> None:
    url = "https://github.com/PowerShell/PowerShell/releases/download/v7.4.0/powershell-7.4.0-linux-{}.tar.gz"
    fixed, by_argument = (f"curl -fLo /p.tgz {url.format(it)}" for it in ("x64", "${TARGETARCH}"))
    run = script.format(fixed=fixed, by_argument=by_argument)
    text = f"FROM debian\nARG TARGETARCH\nRUN {run}\nRUN tar xf /p.tgz -C /opt\n"
    assert bool(findings(download_site_names, context(text))) is is_reported


@every_case(
    "version, platforms, name",
    [
        ("v2.2.0.3/s6-overlay-$TARGETARCH.tar.gz", "linux/amd64", None),
        ("v2.2.0.3/s6-overlay-$TARGETARCH.tar.gz", "linux/amd64,linux/arm64", "arm64 `aarch64`"),
        ("v3.1.0.1/s6-overlay-$TARGETARCH.tar.xz", "linux/amd64,linux/arm64", "amd64 `x86_64`"),
        ("v3.1.0.1/s6-overlay-$TARGETARCH.tar.xz", "linux/arm/v7", None),
    ],
)
def test_the_names_of_a_site_depend_on_the_version(version: str, platforms: str, name: str | None) -> None:
    text = IMAGE.format(f"ADD https://github.com/just-containers/s6-overlay/releases/download/{version} /tmp/")
    messages = [it.message for it in findings(download_site_names, context(text, platforms))]
    assert [it.partition("calls ")[2] for it in messages] == ([] if name is None else [name])


def test_an_address_in_a_variable_of_the_script_is_mapped_and_one_in_an_env_is_not() -> None:
    script = IMAGE.format(f'RUN u="{S6.format("$TARGETARCH")}" && curl -O "$u"')
    (finding,) = findings(download_site_names, context(script))
    assert "$(case $TARGETARCH in amd64)" in apply_edits(script, finding.fixes[0].edits)
    (finding,) = findings(
        download_site_names, context(IMAGE.format(f"ENV U={S6.format('$TARGETARCH')}\nRUN curl -O $U"))
    )
    assert finding.fixes == ()


NODE = "https://nodejs.org/dist/v24/node-v24-linux-$TARGETARCH.tar.xz"


@every_case(
    "run, has_fix",
    [
        (f"curl -fsSLO {NODE} && tar xf node-v24-linux-$TARGETARCH.tar.xz", False),
        (f"wget {NODE}\nRUN tar xf node-v24-linux-${{TARGETARCH}}.tar.xz", False),
        (f"curl -fL {NODE} -o node-v24-linux-$TARGETARCH.tar.xz && tar xf node-v24-linux-$TARGETARCH.tar.xz", True),
        (f"wget -qO n.tar.xz {NODE} && tar xf n.tar.xz", True),
        (f"curl -fsSLO {NODE} && tar xf node-*.tar.xz", True),
    ],
)
def test_a_file_with_the_name_of_its_address_is_named_again(run: str, *, has_fix: bool) -> None:
    (finding,) = findings(download_site_names, context(IMAGE.format(f"RUN {run}")))
    assert bool(finding.fixes) is has_fix


def test_directories_have_other_names() -> None:
    site = "https://julialang-s3.julialang.org/bin/linux/{}/1.10/julia-1.10.0-linux-{}.tar.gz"
    text = IMAGE.format(f"RUN curl -fL {site.format('$TARGETARCH', '${TARGETARCH}')} | tar xz")
    (finding,) = findings(download_site_names, context(text))
    mapped = [
        f"$(case $TARGETARCH in amd64) echo {it};; arm64) echo aarch64;; *) echo $TARGETARCH;; esac)"
        for it in ("x64", "x86_64")
    ]
    assert apply_edits(text, finding.fixes[0].edits) == IMAGE.format(f"RUN curl -fL {site.format(*mapped)} | tar xz")
    variable = IMAGE.format(f"RUN a=$TARGETARCH; curl -fL {site.format('$a', '$a')} | tar xz")
    assert findings(download_site_names, context(variable))[0].fixes == ()
