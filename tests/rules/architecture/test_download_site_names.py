from __future__ import annotations

from buildxray.rules.architecture.download_site_names import download_site_names
from tests.support.cases import every_case
from tests.support.rules import reported

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
    ],
)
def test_the_fix_uses_the_names_of_the_download_site(line: str, places: list[str]) -> None:
    assert reported(download_site_names, IMAGE.format(line)) == places
