"""A name that is almost an automatic platform argument."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from difflib import SequenceMatcher

from buildxray.caching import cached
from buildxray.localization import _
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.rules.base import Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.shell_variables import may_set
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.semantics.build import From, Instruction, Run, VariableReference
from buildxray.semantics.check_options import skips_check
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Arg
from buildxray.syntax.text import Edit

_CLOSE = 0.88


@rule(Severity.WARNING, Severity.WARNING, FixAvailability.ALWAYS, about=[Mention.VARIABLE])
def misspelled_platform_arg(ctx: RuleContext) -> Iterator[Finding]:
    """A variable that nobody sets has almost the name of a platform argument.

    ## What it does
    Looks for uses of names such as `$BUILDPLATFROM`, `$TARGET_ARCH` or `$TARGETARC` that nothing in the file, and no build argument, sets; and
    for an ARG without a value whose name has letters of a platform argument in another order, or one letter too many or too few.

    ## Why it matters
    The name expands to nothing; in RUN, BuildKit does not report it.

    ## Example
    ```dockerfile
    FROM --platform=$BUILDPLATFROM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN go vet ./... > /report

    FROM scratch
    COPY --from=build /report /report
    ```

    Use instead:
    ```dockerfile
    FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    WORKDIR /src
    COPY . .
    RUN go vet ./... > /report

    FROM scratch
    COPY --from=build /report /report
    ```

    ## Fix safety
    A suggestion: only the author knows the intended name. It declares the argument in each stage that uses it.

    ## Limits
    A name with an underscore is an argument of the project if the file uses others that begin like it (`BUILD_FROM` and `BUILD_ARCH` of Home
    Assistant's add-ons), if a build gives arguments that cannot be read, or if the use has a default; and it may be set by an image that is
    not of general use.
    """
    used = frozenset().union(*[it.variable_names for it in ctx.build.instructions])
    if not any(map(_meant, used)):
        return
    known = {pair.name.text for it in ctx.build.instructions for pair in it.pairs} | ctx.given_arguments
    others = {it for it in used if it.startswith(_PREFIXES) and _meant(it) is None and it not in known}
    yield from _declared(ctx)
    misspelled: dict[tuple[str, str], list[_Use]] = {}
    for instruction, reference in _references(ctx, known):
        meant = _meant(reference.name)
        if meant is None or ("_" in reference.name and (others or "*" in known)):
            # `BUILD_ARCH` beside `BUILD_FROM`, or given by a build, is an argument of the project.
            continue
        misspelled.setdefault((reference.name, meant), []).append((instruction, reference))
    for (name, meant), uses in misspelled.items():
        yield _finding(name, meant, uses)


_Use = tuple[Instruction, VariableReference]
_PREFIXES = ("BUILD_", "TARGET_")


def _references(ctx: RuleContext, known: Container[str]) -> Iterator[_Use]:
    """The uses of variables that may be misspelled names: neither the file nor a build sets them."""
    skips_from = skips_check(ctx.dockerfile, "UndefinedArgInFrom")
    for instruction in ctx.build.instructions:
        if (skips_from and isinstance(instruction, From)) or not any(
            it not in known and _meant(it) for it in instruction.variable_names
        ):
            continue
        script = instruction.script if isinstance(instruction, Run) else None
        may_be_set = _may_be_set_by_image(instruction)
        for it in instruction.variable_references():
            if it.name in known or (it.is_shell and script is not None and may_set(script, it.name)):
                continue
            # `TARGET_ARCH` is a name that a project, an image for its builds or a script may have chosen.
            if "_" not in it.name or not (may_be_set or it.has_default):
                yield instruction, it


def _may_be_set_by_image(instruction: Instruction) -> bool:
    """True if the image of an instruction's stage is for builds of its owner, as far as known, so that it may set variables for them."""
    stage = instruction.stage
    if stage is None or isinstance(instruction, From):
        return False
    return stage.may_be_on_own_image


def _finding(name: str, meant: str, uses: Sequence[_Use]) -> Finding:
    """One finding for all uses of a name. Its fix declares the argument in each stage that uses it."""
    edits = [Edit(it.name_range, meant) for __, it in uses]
    first_of_stage = {instruction.stage: instruction for instruction, __ in reversed(uses) if not instruction.is_global}
    for it in first_of_stage.values():
        edits += declare_arguments(it, [meant])
    fix = Fix(_("Write `{right}`", right=meant), tuple(edits), Safety.SUGGESTION)
    related = tuple(Related(it.name_range, _("the same name")) for __, it in uses[1:])
    has_default = all(it.has_default for __, it in uses)
    return Finding(uses[0][1].name_range, _message(name, meant, has_default=has_default), (fix,), related)


def _message(name: str, meant: str, *, has_default: bool = False) -> str:
    if has_default:
        return _(
            "nothing sets `{name}`, so that its default is always taken; BuildKit's argument is `{right}`",
            name=name,
            right=meant,
        )
    return _(
        "nothing sets `{name}`, which expands to nothing; BuildKit's argument is `{right}`", name=name, right=meant
    )


def _declared(ctx: RuleContext) -> Iterator[Finding]:
    """Find `ARG TARGETPLATFROM`, which is declared as if BuildKit set it."""
    given = {name for name, _ in ctx.build.request.build_arguments}
    set_names = {it.name.text for one in ctx.build.instructions for it in one.pairs if it.value is not None}
    seen: set[str] = set()
    for instruction in ctx.build.instructions:
        for pair in instruction.pairs if isinstance(instruction.node, Arg) else ():
            name, meant = pair.name.text, _meant(pair.name.text)
            if meant is None or not _is_slip(name, meant) or name in seen or name in given | set_names:
                continue
            seen.add(name)
            declarations = [
                one.range_of(it.name)
                for one in ctx.build.instructions
                if isinstance(one.node, Arg)
                for it in one.pairs
                if it.name.text == name
            ]
            uses = [
                it.name_range for one in ctx.build.instructions for it in one.variable_references() if it.name == name
            ]
            edits = tuple(Edit(it, meant) for it in sorted({*declarations, *uses}))
            fix = Fix(_("Write `{right}`", right=meant), edits, Safety.SUGGESTION)
            yield Finding(instruction.range_of(pair.name), _message(name, meant), (fix,))


def _is_slip(name: str, meant: str) -> bool:
    """True if a name is not a word of its own: letters are swapped, one is missing, or one is too many.

    `TARGET_ARCH` may be an argument of the project, and `BUILDPLATFORMS` a list.
    """
    is_shuffled = len(name) == len(meant) and sorted(name) == sorted(meant)
    return is_shuffled or (name.isalpha() and name.isupper() and name not in (f"{meant}S", f"{meant}ES"))


def _share_letters(plain: str, argument: str) -> bool:
    """True if the letters that only one name has leave enough for a ratio of `_CLOSE`; comparing their order takes far longer."""
    n_shared = min(len(plain) - len({*plain} - {*argument}), len(argument) - len({*argument} - {*plain}))
    return 2 * n_shared >= _CLOSE * (len(plain) + len(argument))


@cached(1024)
def _meant(name: str) -> str | None:
    """The automatic argument of which a name is a misspelling."""
    plain = name.replace("_", "").upper()
    if name in AUTOMATIC_ARGUMENTS:
        return None
    for argument in AUTOMATIC_ARGUMENTS:
        if plain == argument or (len(plain) == len(argument) and sorted(plain) == sorted(argument)):
            return argument
        # A letter too many or too few turns the short names into other words: TARGETS is not TARGETOS.
        is_long = len(argument) > len("TARGETOS")
        if is_long and name.isupper() and abs(len(plain) - len(argument)) <= 1 and _share_letters(plain, argument):
            matcher = SequenceMatcher(None, plain, argument, autojunk=False)
            if matcher.ratio() >= _CLOSE:
                return argument
    return None
