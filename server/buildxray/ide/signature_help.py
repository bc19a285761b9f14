"""Signature help: the forms of the instruction at the cursor, and the argument that is typed."""

from __future__ import annotations

from buildxray.ide.analysis import Analysis
from buildxray.ide.completion.place import Place, place_at
from buildxray.ide.reference import INSTRUCTIONS, MOUNT_KEY_ALIASES, MOUNT_KEYS, InstructionEntry
from buildxray.localization import _
from buildxray.records import dataclass
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS

_FLAGS = "[--flag…]"


@dataclass(frozen=True, slots=True)
class Signature:
    """One form of an instruction."""

    label: str
    parameters: tuple[tuple[int, int], ...]
    """Half-open ranges of code points in the label."""
    active: int
    """Position of the parameter at the cursor."""
    documentation: str


def signatures(analysis: Analysis, offset: int) -> list[Signature]:
    """The forms that the text before an offset still allows; none outside the arguments of an instruction."""
    place = place_at(analysis, offset)
    instruction = INSTRUCTIONS.get(place.keyword)
    if instruction is None or place.is_comment or place.in_heredoc:
        return []
    if place.keyword == "RUN" and place.typed.startswith("--mount=") and not place.arguments:
        return [_mount(place)]
    if place.keyword in ("CMD", "ENTRYPOINT", "RUN") and len(place.arguments) > 1 and not _is_json(place):
        # The words of a shell text are not arguments of the instruction.
        return []
    forms = [it for it in instruction.forms if _fits(it, place)]
    return [_signature(place, instruction, it) for it in forms]


def _is_json(place: Place) -> bool:
    first = (*place.arguments, place.typed)[0]
    return first.startswith("[")


def _fits(form: tuple[str, ...], place: Place) -> bool:
    arguments = [it for it in (*place.arguments, place.typed) if it and not it.startswith("-")]
    if not arguments:
        return True
    is_json_form = any('"' in it for it in form)
    has_text_form = any("image" in it for it in form)
    if place.keyword == "FROM" and has_text_form:
        return ("@" in arguments[0]) == any("@" in it for it in form) or not any(it in arguments[0] for it in ":@")
    if place.keyword == "HEALTHCHECK":
        return (
            "NONE".startswith(arguments[0].upper()) if form == ("NONE",) else not arguments[0].upper().startswith("N")
        )
    return is_json_form == arguments[0].startswith("[") or not INSTRUCTION_KINDS[place.keyword].has_json


def _signature(place: Place, instruction: InstructionEntry, form: tuple[str, ...]) -> Signature:
    name = instruction.entry.name
    parameters: list[tuple[int, int]] = []
    label = name
    for part in form:
        shown = " ".join(_flag_text(it.name, it.placeholder) for it in instruction.flags) if part == _FLAGS else part
        label += f" {shown}"
        parameters.append((len(label) - len(shown), len(label)))
    return Signature(label, tuple(parameters), _active(place, form), _(instruction.entry.summary))


def _flag_text(name: str, placeholder: str) -> str:
    return f"[--{name}={placeholder}]" if placeholder else f"[--{name}]"


def _active(place: Place, form: tuple[str, ...]) -> int:
    n_flags = sum(it.startswith("[--") for it in form)
    if place.typed.startswith("-") and not place.arguments and n_flags:
        return 0
    position = n_flags + len(place.arguments)
    if _is_json(place):
        json_text = " ".join((*place.arguments, place.typed))
        position = n_flags + json_text.count(",")
    if place.keyword == "HEALTHCHECK" and not place.arguments and form[-1] == "NONE":
        position = 0
    return min(position, len(form) - 1)


def _mount(place: Place) -> Signature:
    """The signature of a mount: the keys of its type; the key at the cursor is active."""
    fields = place.typed.removeprefix("--mount=").split(",")
    type_ = next((it.partition("=")[2] for it in fields if it.startswith("type=")), "bind")
    key = fields[-1].partition("=")[0]
    key = MOUNT_KEY_ALIASES.get(key, key)
    keys = [it for it in MOUNT_KEYS.values() if type_ in it.types]
    label = "--mount="
    parameters: list[tuple[int, int]] = []
    texts = [f"type={type_}"]
    texts += [
        f"[,{it.entry.name}={it.entry.placeholder or '|'.join(it.entry.values)}]"
        if it.entry.placeholder or it.entry.values
        else f"[,{it.entry.name}]"
        for it in keys
    ]
    for text in texts:
        label += text
        parameters.append((len(label) - len(text), len(label)))
    active = next((number for number, it in enumerate(keys, 1) if it.entry.name == key), 0)
    entry = keys[active - 1].entry if active else None
    summary = _(entry.summary) if entry is not None else ""
    return Signature(label, tuple(parameters), active, summary)
