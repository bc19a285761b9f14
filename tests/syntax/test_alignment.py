from __future__ import annotations

from buildxray.syntax.alignment import aligned
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

OLD = "FROM alpine\nRUN apk add curl git\nCOPY . /src\nRUN make\n"


@every_case(
    "new, expected",
    [
        ("FROM alpine\nRUN apk add curl git jq\nCOPY . /src\nRUN make\n", {0: 0, 1: 1, 2: 2, 3: 3}),
        ("FROM alpine\nRUN   apk add \\\n  curl git\nCOPY . /src\nRUN make\n", {0: 0, 1: 1, 2: 2, 3: 3}),
        ("FROM alpine\nARG X\nRUN apk add curl git\nCOPY . /src\nRUN make\n", {0: 0, 2: 1, 3: 2, 4: 3}),
        ("FROM alpine\nCOPY . /src\nRUN make\n", {0: 0, 1: 2, 2: 3}),
        # An instruction that moved is matched.
        ("FROM alpine\nCOPY . /src\nRUN make\nRUN apk add curl git\n", {0: 0, 1: 2, 2: 3, 3: 1}),
        # One of another kind is not matched, and neither is one with hardly a word in common.
        ("FROM alpine\nENV apk add curl git\nCOPY . /src\nRUN make\n", {0: 0, 2: 2, 3: 3}),
        ("FROM alpine\nRUN wget -q https://example.org/x\nCOPY . /src\nRUN make\n", {0: 0, 2: 2, 3: 3}),
        ("", {}),
    ],
)
def test_instructions_are_matched_with_those_of_the_earlier_text(new: str, expected: dict[int, int]) -> None:
    assert dict(sorted(aligned(parse(OLD), parse(new)).items())) == expected
