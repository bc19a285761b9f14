"""The meaning of the instructions, flags, mount options and directives of a Dockerfile, for its authors.

Hover, completion and signature help share this table. `syntax.instruction_table` lists the flags that
BuildKit accepts, and a test checks that both list the same. Source of facts and versions: docs.docker.com,
"Dockerfile reference".
"""

from __future__ import annotations

from typing import Final

from buildxray.localization import N_
from buildxray.records import dataclass

_REFERENCE: Final = "https://docs.docker.com/reference/dockerfile/#"


@dataclass(frozen=True, slots=True)
class Entry:
    """A keyword, flag, option or directive and its documentation."""

    name: str
    summary: str
    """A template for `_`: one or two sentences."""
    anchor: str
    """The anchor of its section in Docker's reference."""
    since: str = ""
    """The first version of `docker/dockerfile` with it; empty if all versions have it."""
    values: tuple[str, ...] = ()
    """Values for completion; empty if any text may follow."""
    placeholder: str = ""
    """The placeholder of a value; empty for a switch."""

    @property
    def url(self) -> str:
        """The section of Docker's reference."""
        return _REFERENCE + self.anchor


@dataclass(frozen=True, slots=True)
class InstructionEntry:
    """An instruction with its forms and flags."""

    entry: Entry
    forms: tuple[tuple[str, ...], ...]
    """The arguments of each form, flags included; one that ends with `…` may be repeated."""
    flags: tuple[Entry, ...] = ()

    def flag(self, name: str) -> Entry | None:
        """The flag of that name."""
        return next((it for it in self.flags if it.name == name), None)


_BOOLEAN: Final = ("true", "false")
_CHOWN: Final = N_("The owner of what is copied, as names or numbers: `user:group`. Without it, root owns it.")
_CHMOD: Final = N_("The permissions of what is copied, octal such as `755` or symbolic such as `u=rwX,go=rX`.")
_LINK: Final = N_(
    "Copies into a layer of its own that does not depend on the layers below, so that it stays in the cache when the base image changes."
)
_EXCLUDE: Final = N_(
    "Leaves out the files that match a pattern; it may be given several times. The patterns are those of `.dockerignore`."
)

INSTRUCTIONS: Final[dict[str, InstructionEntry]] = {
    it.entry.name: it
    for it in (
        InstructionEntry(
            Entry(
                "ADD",
                N_(
                    "Copies files, directories, remote URLs or Git repositories into the image, and unpacks local tar archives. For plain files, `COPY` says more clearly what happens."
                ),
                "add",
            ),
            (("[--flag…]", "source…", "destination"), ("[--flag…]", '["source",…', '"destination"]')),
            (
                Entry(
                    "checksum",
                    N_("The digest that the remote file or Git commit must have; the build fails if it differs."),
                    "add---checksum",
                    "1.6",
                    ("sha256:",),
                    "sha256:digest",
                ),
                Entry("chmod", _CHMOD, "add---chown---chmod", "1.2", ("755", "644"), "mode"),
                Entry("chown", _CHOWN, "add---chown---chmod", placeholder="user:group"),
                Entry("exclude", _EXCLUDE, "add---exclude", "1.19", placeholder="pattern"),
                Entry(
                    "keep-git-dir",
                    N_("Keeps the `.git` directory of a Git repository that is added."),
                    "add---keep-git-dir",
                    "1.1",
                    _BOOLEAN,
                ),
                Entry("link", _LINK, "add---link", "1.4", _BOOLEAN),
                Entry(
                    "unpack",
                    N_("Whether tar archives are unpacked, remote ones too; without it, local ones only."),
                    "add---unpack",
                    "1.17",
                    _BOOLEAN,
                ),
            ),
        ),
        InstructionEntry(
            Entry(
                "ARG",
                N_(
                    "Declares a build argument, which `--build-arg` sets and this instruction may give a default. It is known from here to the end of the stage and in stages built on it; above the first `FROM`, in `FROM` lines only."
                ),
                "arg",
            ),
            (("name[=default]…",),),
        ),
        InstructionEntry(
            Entry(
                "CMD",
                N_(
                    "The command that a container of the image runs unless `docker run` names another, or the arguments of `ENTRYPOINT`. Only the last one counts."
                ),
                "cmd",
            ),
            (('["executable",', '"argument",…]'), ('["argument",…]',), ("command",)),
        ),
        InstructionEntry(
            Entry(
                "COPY",
                N_(
                    "Copies files and directories from the build context, another stage or an image into the image. A destination that ends in `/` is a directory."
                ),
                "copy",
            ),
            (("[--flag…]", "source…", "destination"), ("[--flag…]", '["source",…', '"destination"]')),
            (
                Entry("chmod", _CHMOD, "copy---chown---chmod", "1.2", ("755", "644"), "mode"),
                Entry("chown", _CHOWN, "copy---chown---chmod", placeholder="user:group"),
                Entry("exclude", _EXCLUDE, "copy---exclude", "1.19", placeholder="pattern"),
                Entry(
                    "from",
                    N_(
                        "Copies from an earlier stage, an image or a named context instead of the build context. Variables are not expanded here."
                    ),
                    "copy---from",
                    placeholder="stage",
                ),
                Entry("link", _LINK, "copy---link", "1.4", _BOOLEAN),
                Entry(
                    "parents",
                    N_("Keeps the directories of the sources below the destination; `/./` marks where they begin."),
                    "copy---parents",
                    "1.20",
                    _BOOLEAN,
                ),
            ),
        ),
        InstructionEntry(
            Entry(
                "ENTRYPOINT",
                N_(
                    "The program that a container of the image runs; `CMD` and the arguments of `docker run` follow it. In the shell form it gets no signals and no arguments."
                ),
                "entrypoint",
            ),
            (('["executable",', '"argument",…]'), ("command",)),
        ),
        InstructionEntry(
            Entry(
                "ENV",
                N_(
                    "Sets environment variables for the instructions that follow and for containers of the image. They stay in the image; a value for the build alone is an `ARG`."
                ),
                "env",
            ),
            (("name=value…",),),
        ),
        InstructionEntry(
            Entry(
                "EXPOSE",
                N_(
                    "Says which ports the container listens on; the protocol is `tcp` unless given. It publishes nothing: that is `docker run --publish`."
                ),
                "expose",
            ),
            (("port[/protocol]…",),),
        ),
        InstructionEntry(
            Entry(
                "FROM",
                N_(
                    "Begins a stage on an image, an earlier stage, or nothing (`scratch`). The last stage becomes the image unless `--target` names another."
                ),
                "from",
            ),
            (
                ("[--platform=platform]", "image[:tag]", "[AS name]"),
                ("[--platform=platform]", "image@digest", "[AS name]"),
            ),
            (
                Entry(
                    "platform",
                    N_("The platform of this stage's image, and so of its `RUN` steps."),
                    "from",
                    placeholder="platform",
                ),
            ),
        ),
        InstructionEntry(
            Entry(
                "HEALTHCHECK",
                N_(
                    "How Docker finds out whether the container still works: a command that exits with 0 or 1. `NONE` switches off the check of the base image."
                ),
                "healthcheck",
            ),
            (("[--flag…]", "CMD", "command"), ("NONE",)),
            (
                Entry(
                    "interval",
                    N_("The time between two checks; the default is `30s`."),
                    "healthcheck",
                    "",
                    ("30s", "1m"),
                    "duration",
                ),
                Entry(
                    "retries",
                    N_(
                        "How many checks in a row must fail before the container counts as unhealthy; the default is 3."
                    ),
                    "healthcheck",
                    "",
                    ("3", "5"),
                    "n",
                ),
                Entry(
                    "start-interval",
                    N_(
                        "The time between two checks during the start period; the default is `5s`. Docker Engine 25.0 or later."
                    ),
                    "healthcheck",
                    "",
                    ("5s", "1s"),
                    "duration",
                ),
                Entry(
                    "start-period",
                    N_("How long failed checks do not count after the container has started; the default is `0s`."),
                    "healthcheck",
                    "",
                    ("10s", "30s"),
                    "duration",
                ),
                Entry(
                    "timeout",
                    N_("How long one check may take before it has failed; the default is `30s`."),
                    "healthcheck",
                    "",
                    ("5s", "10s"),
                    "duration",
                ),
            ),
        ),
        InstructionEntry(
            Entry("LABEL", N_("Adds metadata to the image, as names with values."), "label"),
            (("name=value…",),),
        ),
        InstructionEntry(
            Entry(
                "MAINTAINER",
                N_("The author of the image. Deprecated: `LABEL org.opencontainers.image.authors=…` replaces it."),
                "maintainer-deprecated",
            ),
            (("name",),),
        ),
        InstructionEntry(
            Entry(
                "ONBUILD",
                N_(
                    "An instruction that is executed when another build uses this image as its base, directly after its `FROM`."
                ),
                "onbuild",
            ),
            (("INSTRUCTION", "arguments…"),),
        ),
        InstructionEntry(
            Entry(
                "RUN",
                N_(
                    "Executes a command on top of the layers so far, and keeps the files that it changes. A heredoc (`RUN <<EOF`) takes several lines."
                ),
                "run",
            ),
            (("[--flag…]", "command"), ("[--flag…]", '["executable",', '"argument",…]')),
            (
                Entry(
                    "device",
                    N_("Gives the command a device of the builder, such as a GPU, by its CDI name."),
                    "run---device",
                    "1.14-labs",
                    placeholder="name",
                ),
                Entry(
                    "mount",
                    N_(
                        "Gives the command files that do not stay in the image: from the build context or a stage, a cache that outlives the build, a secret, an SSH agent, or an empty directory."
                    ),
                    "run---mount",
                    "1.2",
                    placeholder="type=…",
                ),
                Entry(
                    "network",
                    N_("Which network the command has: that of the builder, none, or that of the build machine."),
                    "run---network",
                    "1.3",
                    ("default", "none", "host"),
                    "mode",
                ),
                Entry(
                    "security",
                    N_(
                        "`insecure` runs the command with all privileges, which the build has to allow (`--allow security.insecure`)."
                    ),
                    "run---security",
                    "1.20",
                    ("sandbox", "insecure"),
                    "mode",
                ),
            ),
        ),
        InstructionEntry(
            Entry(
                "SHELL",
                N_(
                    "The shell of the `RUN`, `CMD` and `ENTRYPOINT` instructions that follow, where they have a shell form."
                ),
                "shell",
            ),
            (('["executable",', '"argument",…]'),),
        ),
        InstructionEntry(
            Entry(
                "STOPSIGNAL",
                N_("The signal that asks the container to stop: a name such as `SIGTERM`, or a number."),
                "stopsignal",
            ),
            (("signal",),),
        ),
        InstructionEntry(
            Entry(
                "USER",
                N_("The user, and group if given, of the `RUN` instructions that follow and of the container."),
                "user",
            ),
            (("user[:group]",),),
        ),
        InstructionEntry(
            Entry(
                "VOLUME",
                N_(
                    "Marks directories whose content Docker keeps outside the container. What later instructions write there may be lost."
                ),
                "volume",
            ),
            (("path…",), ('["path",…]',)),
        ),
        InstructionEntry(
            Entry(
                "WORKDIR",
                N_(
                    "The directory of the instructions that follow, and of the container; it is created if it does not exist. A relative path follows the one before."
                ),
                "workdir",
            ),
            (("path",),),
        ),
    )
}

_ALL_TYPES: Final = ("bind", "cache", "secret", "ssh", "tmpfs")


@dataclass(frozen=True, slots=True)
class MountKey:
    """A key of `RUN --mount`."""

    entry: Entry
    types: tuple[str, ...]
    """The types of mount that accept it."""


MOUNT_TYPES: Final[dict[str, Entry]] = {
    it.name: it
    for it in (
        Entry(
            "cache",
            N_("A directory that outlives the build, for what package managers and compilers keep."),
            "run---mounttypecache",
        ),
        Entry(
            "bind",
            N_("Files of the build context, a stage or an image, read-only unless `rw` is given."),
            "run---mounttypebind",
        ),
        Entry(
            "secret",
            N_("A file or variable that the build is given by `--secret`, and that does not reach the image."),
            "run---mounttypesecret",
        ),
        Entry("ssh", N_("The SSH agent that the build is given by `--ssh`."), "run---mounttypessh"),
        Entry("tmpfs", N_("An empty directory in memory."), "run---mounttypetmpfs"),
    )
}
MOUNT_KEYS: Final[dict[str, MountKey]] = {
    it.entry.name: it
    for it in (
        MountKey(
            Entry("target", N_("The path at which the command sees it."), "run---mount", placeholder="path"), _ALL_TYPES
        ),
        MountKey(
            Entry(
                "source",
                N_("The path in the build context, or in the source that `from` names; all of it by default."),
                "run---mounttypebind",
                placeholder="path",
            ),
            ("bind", "cache"),
        ),
        MountKey(
            Entry(
                "from",
                N_("The stage, image or named context that the files come from."),
                "run---mounttypebind",
                placeholder="stage",
            ),
            ("bind", "cache"),
        ),
        MountKey(
            Entry(
                "id",
                N_("The name by which the build knows it; the target by default, so that equal targets share a cache."),
                "run---mounttypecache",
                placeholder="name",
            ),
            ("cache", "secret", "ssh"),
        ),
        MountKey(
            Entry(
                "sharing",
                N_(
                    "What happens when several steps want the cache at once: `shared` lets all write, `private` gives each its own, `locked` lets them wait."
                ),
                "run---mounttypecache",
                "",
                ("locked", "shared", "private"),
                "mode",
            ),
            ("cache",),
        ),
        MountKey(Entry("readonly", N_("The command cannot write there."), "run---mounttypebind"), ("bind", "cache")),
        MountKey(
            Entry("readwrite", N_("The command may write there; its changes are discarded."), "run---mounttypebind"),
            ("bind", "cache"),
        ),
        MountKey(
            Entry(
                "required",
                N_("The build fails without the secret or agent."),
                "run---mounttypesecret",
                "",
                _BOOLEAN,
            ),
            ("secret", "ssh"),
        ),
        MountKey(
            Entry(
                "env",
                N_("The environment variable that holds the secret, instead of a file or besides one."),
                "run---mounttypesecret",
                "1.10",
                placeholder="name",
            ),
            ("secret",),
        ),
        MountKey(
            Entry("mode", N_("The permissions, octal."), "run---mount", "", ("0755", "0400"), "mode"),
            ("cache", "secret", "ssh"),
        ),
        MountKey(
            Entry("uid", N_("The numeric ID of the owner; 0 by default."), "run---mount", placeholder="number"),
            ("cache", "secret", "ssh"),
        ),
        MountKey(
            Entry("gid", N_("The numeric ID of the group; 0 by default."), "run---mount", placeholder="number"),
            ("cache", "secret", "ssh"),
        ),
        MountKey(
            Entry("size", N_("The maximum size, such as `64m`."), "run---mounttypetmpfs", placeholder="bytes"),
            ("tmpfs",),
        ),
    )
}
MOUNT_KEY_ALIASES: Final = {
    "src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite",
}  # fmt: skip

DIRECTIVES: Final[dict[str, Entry]] = {
    it.name: it
    for it in (
        Entry(
            "syntax",
            N_(
                "The frontend that reads this file, as an image. `docker/dockerfile:1` is the newest stable version, whichever the builder contains."
            ),
            "syntax",
            values=("docker/dockerfile:1", "docker/dockerfile:1-labs"),
            placeholder="image",
        ),
        Entry(
            "escape",
            N_("The character that continues a line and escapes others: a backslash, or a backtick for Windows paths."),
            "escape",
            values=("`", "\\"),
            placeholder="character",
        ),
        Entry(
            "check",
            N_(
                "Which of BuildKit's checks are skipped (`skip=`), which experimental ones run (`experimental=`), and whether findings fail the build (`error=true`)."
            ),
            "check",
            "1.8",
            ("skip=", "error=true", "skip=all", "experimental="),
            "options",
        ),
    )
}
