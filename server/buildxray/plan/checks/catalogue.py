"""The checks of BuildKit: their names, descriptions and manual pages.

BuildKit: frontend/dockerfile/linter/ruleset.go.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PAGES: Final = "https://docs.docker.com/go/dockerfile/rule/"


class Check(NamedTuple):
    """One check, as BuildKit describes it."""

    name: str
    """The name in Pascal case, as in `# check=skip=`."""
    description: str
    is_experimental: bool = False
    """True if the check only runs when `# check=experimental=` enables it."""

    @property
    def url(self) -> str:
        """The URL of its manual page."""
        return f"{_PAGES}{kebab_case(self.name)}/"


def kebab_case(name: str) -> str:
    """`JSONArgsRecommended` as `json-args-recommended`, the name of the corresponding rule."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


STAGE_NAME_CASING: Final = Check("StageNameCasing", "Stage names should be lowercase")
FROM_AS_CASING: Final = Check("FromAsCasing", "The 'as' keyword should match the case of the 'from' keyword")
NO_EMPTY_CONTINUATION: Final = Check(
    "NoEmptyContinuation", "Empty continuation lines will become errors in a future release"
)
CONSISTENT_INSTRUCTION_CASING: Final = Check(
    "ConsistentInstructionCasing",
    "All commands within the Dockerfile should use the same casing (either upper or lower)",
)
DUPLICATE_STAGE_NAME: Final = Check("DuplicateStageName", "Stage names should be unique")
RESERVED_STAGE_NAME: Final = Check("ReservedStageName", "Reserved words should not be used as stage names")
JSON_ARGS_RECOMMENDED: Final = Check(
    "JSONArgsRecommended",
    "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
)
MAINTAINER_DEPRECATED: Final = Check(
    "MaintainerDeprecated", "The MAINTAINER instruction is deprecated, use a label instead to define an image author"
)
UNDEFINED_ARG_IN_FROM: Final = Check("UndefinedArgInFrom", "FROM command must use declared ARGs")
WORKDIR_RELATIVE_PATH: Final = Check(
    "WorkdirRelativePath",
    "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base "
    "image changes",
)
UNDEFINED_VAR: Final = Check("UndefinedVar", "Variables should be defined before their use")
MULTIPLE_INSTRUCTIONS_DISALLOWED: Final = Check(
    "MultipleInstructionsDisallowed", "Multiple instructions of the same type should not be used in the same stage"
)
LEGACY_KEY_VALUE_FORMAT: Final = Check(
    "LegacyKeyValueFormat", "Legacy key/value format with whitespace separator should not be used"
)
REDUNDANT_TARGET_PLATFORM: Final = Check(
    "RedundantTargetPlatform",
    "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
)
SECRETS_USED_IN_ARG_OR_ENV: Final = Check(
    "SecretsUsedInArgOrEnv", "Sensitive data should not be used in the ARG or ENV commands"
)
INVALID_DEFAULT_ARG_IN_FROM: Final = Check(
    "InvalidDefaultArgInFrom", "Default value for global ARG results in an empty or invalid base image name"
)
FROM_PLATFORM_FLAG_CONST_DISALLOWED: Final = Check(
    "FromPlatformFlagConstDisallowed", "FROM --platform flag should not use a constant value"
)
COPY_IGNORED_FILE: Final = Check("CopyIgnoredFile", "Attempting to Copy file that is excluded by .dockerignore")
INVALID_DEFINITION_DESCRIPTION: Final = Check(
    "InvalidDefinitionDescription",
    "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not "
    "intended to be a description comment, add an empty line or comment between the instruction and the comment.",
    is_experimental=True,
)
EXPOSE_PROTO_CASING: Final = Check("ExposeProtoCasing", "Protocol in EXPOSE instruction should be lowercase")
EXPOSE_INVALID_FORMAT: Final = Check(
    "ExposeInvalidFormat",
    "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future "
    "release",
)

INVALID_BASE_IMAGE_PLATFORM: Final = Check(
    "InvalidBaseImagePlatform", "Base image platform does not match expected target platform"
)
"""Never reported here, because it needs the image from a registry."""

CHECKS: Final = tuple(it for it in globals().copy().values() if isinstance(it, Check))
"""All checks."""
CHECK_NAMES: Final = tuple(sorted(it.name for it in CHECKS))
