"""The codes of findings in files that declare builds, with their pages; `docs/builds.md` contains the same texts."""

from __future__ import annotations

from typing import Final

PAGES: Final = {
    "missing-dockerfile": """The file that a build names does not exist. The message and a fix name a file beside it whose name differs by one or two letters, or in case; or
one of the same name, if no build of the file names it and only one may be meant: in a directory that was renamed (`docker-build` for `docker`), or
moved within the context. All places that name one file, or files of one directory that does not exist, are one finding. A target that others
inherit from is not reported, because these may set the file, nor is a service to which a Compose file beside it, one that is incomplete by
itself, gives another Dockerfile or an image.
`check DIRECTORY` also reports a path that is written out in a script, a Makefile or a `package.json` (`docker build -f Dockerfile.arm .`), unless
another line names that file, and may write it (where its directory does not exist either, unless any other line of the repository's scripts names
that, or the Makefile unpacks something); and a directory without a Dockerfile that a Makefile or a `package.json` builds (`docker build .`), unless a
script of the repository names a Dockerfile in another line, or may run the Makefile in another directory. In a directory of examples that has another Dockerfile, it is information, because the
example may be copied to a project that has the missing one.""",
    "missing-stage": "The Dockerfile has no stage with the name in `target`: the build fails.",
    "undeclared-build-arg": """A build gives an argument that no `ARG` of its Dockerfile declares, so that the value has no effect: BuildKit ignores it without a warning
(moby/buildkit, issue 2128). An argument that the Dockerfile declares, that the build does not give, and whose name differs by one or two letters or in case,
is named, and a fix writes it. The same names in several entries of a file are one finding. Commands in scripts and Makefiles count too. Only names that the entry itself writes are reported, and only if it builds one Dockerfile: what a
matrix or a parent gives to several files is often for some of them. Left out are arguments that BuildKit reads (`BUILDKIT_INLINE_CACHE`, `HTTP_PROXY`),
Dockerfiles for other frontends, and those on an image with triggers (`onbuild`), which may declare the argument.""",
    "platform-by-build-arg": """A build gives `TARGETARCH` or `TARGETPLATFORM` a value that names another machine than the image is for. BuildKit gives each platform its own value, which
`--build-arg` replaces for all of them; it does not make an image for that machine (BuildKit: dockerfile2llb/platform.go, defaultArgs). So `--build-arg TARGETARCH=amd64` for
`linux/amd64,linux/arm64` puts programs for amd64 into the image for arm64, and `docker build --build-arg TARGETARCH=arm64 .` on a machine with amd64 makes an image for amd64 with
programs for arm64. The fix removes the argument, or writes `--platform` in its place. Without a platform, only a job whose machine is known is reported, and a script that also builds
the same Dockerfile without the argument or for another machine. Values that no platform has (`armv7-musl`) are a project's own, and a Dockerfile whose steps are the same without the
argument is not reported.""",
    "overwritten-tags": """The jobs of a matrix build for one platform each, and all of them push with the same tags. A registry keeps one image for a tag, so that the image of the job that
ends last replaces the others, and people on the other platforms get the wrong one or none (`no matching manifest`). Build for all platforms in one job, or push each image by digest
(`outputs: type=image,push-by-digest=true,name-canonical=true,push=true`), and join them in a job after these with `docker buildx imagetools create`
(docs.docker.com, "Multi-platform image with GitHub Actions"). Reported only if neither the tags nor the steps whose outputs they name depend on the job, and if the workflow
names no digest, manifest or imagetools.""",
    "wrong-context": """The build context of a service, or of a step of a workflow, lacks what its Dockerfile copies, and the context of another build of that Dockerfile in the repository has all of it, or the directory of the Dockerfile does; or that of a service has none of it, while
a directory above has most of it, and no line of a script copies anything from there. A fix
writes that context and the path of the Dockerfile in it. Nothing is reported if Git ignores one of the paths, because a program may make it, or if the paths of the
service exist from the root of the repository, where people may run Compose (`--project-directory`); nor of a job with a step that may make one of the paths.""",
    "unknown-platform": "A platform does not exist, such as `linux/arm46`.",
    "emulating-runner": """The machine of a job compiles under emulation: with a compiler, or packages of Python, Ruby and Node.js for which the stage installs a C compiler, or
extensions of PHP. A runner of that architecture, or a Dockerfile that cross-compiles, avoids the emulation. So it is if a job for one platform emulates three or more RUN
instructions, one of which installs packages, and GitHub has a runner of that architecture.""",
    "foreign-context": """A target is built on the image of another target (`contexts = { base = "target:base" }`) that is built for another architecture only, so that its
programs do not run. If the other target is built for several platforms, nothing is reported for the missing ones: for these, BuildKit pulls an image
with the name of the context.""",
    "unread-build": """A part of the file cannot be evaluated, so that some fields of its builds are unknown; or GitHub refuses the whole workflow, because a key is written
twice. Unknown fields are never replaced by a default. An action or a workflow of another repository that builds an image is read if its own
definition is known, or if its inputs name a Dockerfile that exists and the platforms; otherwise a note says that it builds. What only a run tells, such as the Dockerfile of a matrix that a step computes, is told in an editor, in
`buildxray builds` and in the check of that file, and not in the check of a directory.""",
}
"""The page of each code, in Markdown; the settings `select` and `ignore` accept the codes like rules."""
