"""Strategies of hypothesis for finished and for half-typed Dockerfiles."""

from __future__ import annotations

from hypothesis import strategies as st

PLATFORMS = [
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/amd64/v2",
    "linux/386",
    "windows/amd64",
]

_IMAGES = [
    "alpine",
    "golang:1.26",
    "scratch",
    "image-$TARGETARCH",
    "debian:${TAG:-13}",
    "registry.example.com/a/b@sha256:" + "0" * 64,
]
_FLAGS = [
    "",
    "--platform=$BUILDPLATFORM ",
    "--platform=$TARGETPLATFORM ",
    "--platform=linux/$TARGETARCH ",
    "--platform=linux/arm64 ",
]
_GLOBAL = ["ARG TAG=12", "ARG TARGETARCH", "ARG TARGETARCH=${TARGETARCH:-amd64}", "ARG EMPTY=", "# comment"]
_LINES = [
    "ARG TARGETARCH",
    "ARG TARGETOS TARGETARCH TARGETVARIANT",
    "ARG TARGETPLATFORM",
    "ARG BUILDPLATFORM",
    "ARG TARGETARCH=amd64",
    "ARG ARCH=${TARGETARCH/arm64/aarch64}",
    "ARG TAG",
    "ENV CGO_ENABLED=0 GOARCH=$TARGETARCH",
    "ENV KEY value of $TAG",
    "WORKDIR /src",
    "WORKDIR app-$TARGETARCH",
    "USER nobody",
    'SHELL ["/bin/bash", "-c"]',
    "COPY . .",
    "COPY --link go.mod go.sum ./",
    "COPY bin/$TARGETARCH/app /app",
    "COPY <<EOF /etc/app.conf\narch = $TARGETARCH\nEOF",
    "ADD https://example.com/$TARGETARCH.tar.gz /",
    "RUN go mod download",
    "RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/app .",
    "RUN apt-get update && \\\n    apt-get install -y git",
    "RUN --mount=type=cache,id=c-$TARGETARCH,target=/c make",
    "RUN --mount=type=bind,target=/ctx ls /ctx",
    "RUN <<EOF\nset -e\necho $TARGETARCH\nEOF",
    'RUN ["ls", "-l"]',
    "ONBUILD ARG TARGETARCH",
    "ONBUILD RUN echo $TARGETARCH",
    "ONBUILD COPY . /on",
    "LABEL arch=$TARGETARCH",
    "EXPOSE 80/tcp",
    "ENTRYPOINT app",
    'CMD ["app"]',
    "# comment",
    "",
]


@st.composite
def stages(draw: st.DrawFn) -> list[list[str]]:
    """The lines of each stage of a Dockerfile, the global part first; stage n is named `s<n>`."""
    n_stages = draw(st.integers(1, 4))
    found = [draw(st.lists(st.sampled_from(_GLOBAL), max_size=2))]
    for idx in range(n_stages):
        earlier = [f"s{it}" for it in range(idx)]
        base = draw(st.sampled_from([*_IMAGES, *earlier]))
        links = [f"COPY --from={it} /out /{it}" for it in [*earlier, "0" if idx else "busybox"]]
        links += [f"RUN --mount=from={it},target=/m cp -r /m /x" for it in [*earlier, "busybox"]]
        lines = draw(st.lists(st.sampled_from([*_LINES, *links]), max_size=7))
        found.append([f"FROM {draw(st.sampled_from(_FLAGS))}{base} AS s{idx}", *lines])
    return found


def text_of(them: list[list[str]]) -> str:
    """The Dockerfile with these lines."""
    return "".join(line + "\n" for lines in them for line in lines)


dockerfiles = stages().map(text_of)

targets = st.lists(st.sampled_from(PLATFORMS), min_size=1, max_size=3, unique=True)

_JUNK = st.text(alphabet="$\\{}\"'\n\r\t #<=-:,[]`éこ🐳\x0c\u2028\x00aRUN", max_size=4)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A Dockerfile with pieces cut out, doubled or replaced by junk."""
    text = draw(dockerfiles)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(_JUNK, st.just(text[start:end] * 2)))
        text = text[:start] + piece + text[end:]
    return text


_LINE_ENDS = st.sampled_from(["\n", "\r\n", " \\\n", "\n\n", "\n# escape=`\n", "\n\ufeff", " <<#E\n"])


@st.composite
def versions(draw: st.DrawFn) -> list[str]:
    """The versions of a Dockerfile in one editing session."""
    texts = [draw(st.one_of(dockerfiles, mutated()))]
    for _ in range(draw(st.integers(1, 3))):
        text = texts[-1]
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        texts.append(text[:start] + draw(st.one_of(_JUNK, _LINE_ENDS, st.just(text[start:end] * 2))) + text[end:])
    return texts
