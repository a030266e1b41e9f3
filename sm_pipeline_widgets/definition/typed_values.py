"""What a person means by what is typed into a field of a form.

>>> read_typed("5"), read_typed("no"), read_typed("a: b"), read_typed("[a, 2]")
(5, 'no', 'a: b', ['a', 2])
"""

from __future__ import annotations

from sm_pipeline_widgets.definition.source import Json, plain, read_source, typed
from sm_pipeline_widgets.errors import EditRefusedError

_ENDS = {"{": "}", "[": "]", "'": "'", '"': '"'}


def read_typed(text: str) -> Json:
    """The value: a number, ``true``, a list or mapping in brackets, a text in quotes; anything else is the text itself.

    Raises
    ------
    EditRefusedError
        It begins with a bracket or quote, and what follows cannot be read.
    """
    stripped = text.strip()
    if "\n" in stripped and stripped[:1] not in ("{", "["):
        return text
    if not stripped:
        return ""
    if stripped[0] not in _ENDS:
        return typed(stripped)
    source = read_source(stripped)
    if source.problems or source.root is None:
        said = source.problems[0].message if source.problems else "nothing stands there"
        fix = f"End it with `{_ENDS[stripped[0]]}`, or put the whole into quotes if it is a text."
        raise EditRefusedError(f"`{stripped[:80]}` cannot be read: {said}", fix)
    return plain(source.root)
