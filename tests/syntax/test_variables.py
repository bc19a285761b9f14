"""Uses of variables in instructions."""

from __future__ import annotations

from buildxray.syntax.parser import parse
from buildxray.syntax.variables import variable_references
from tests.support.cases import every_case
from tests.support.markup import annotate, fixture


def check_references(markup: str) -> None:
    given = fixture(markup)
    dockerfile = parse(given.text)
    found = [
        (it.name_range, f"{'shell' if it.is_shell else 'BuildKit'}{', default' if it.has_default else ''}")
        for instruction in dockerfile.instructions
        for it in variable_references(instruction, dockerfile.escape)
    ]
    assert annotate(given.text, found) == annotate(given.text, given.annotations)


@every_case(
    "markup",
    [
        """
        FROM --platform=$BUILDPLATFORM golang:${VERSION:-1} AS build
                         ^^^^^^^^^^^^^ BuildKit
                                                ^^^^^^^ BuildKit, default
        """,
        """
        ARG A=$B C="x-${D}"
               ^ BuildKit
                        ^ BuildKit
        ENV $A=1 B=${C+x}
             ^ BuildKit
                     ^ BuildKit, default
        """,
        """
        COPY --chown=$U --from=$NOT a$B ${C} \\
                      ^ BuildKit
                                      ^ BuildKit
                                          ^ BuildKit
             # comment $D
             /x/$E
                 ^ BuildKit
        """,
        """
        RUN --mount=type=cache,id=x-$TARGETARCH,target=/c make A=${B:-c} '$D' "$E"
                                     ^^^^^^^^^^ BuildKit
                                                                   ^ shell, default
                                                                                ^ shell
        """,
        """
        COPY <<EOF /x
        é $A ${B}
           ^ BuildKit
               ^ BuildKit
        EOF
        COPY <<'EOF' /x
        $A
        EOF
        RUN <<EOF
        echo ${A:=1}
               ^ shell, default
        EOF
        """,
        """
        RUN sh -c 'echo $A' && bash -c "echo $B"
                         ^ shell
                                              ^ shell
        """,
        """
        ONBUILD COPY $A /
                      ^ BuildKit
        """,
        """
        CMD echo $A
        ENTRYPOINT ["$B"]
        HEALTHCHECK CMD $C
        """,
    ],
)
def test_uses_of_variables(markup: str) -> None:
    check_references(markup)
