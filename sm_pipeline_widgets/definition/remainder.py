"""What of a step's JSON the friendly keys have not said yet: the tool that every ``unbuild`` works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.decompile_values import InexpressibleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.definition.decompile_values import Wording
    from sm_pipeline_widgets.definition.source import Json


class Remainder:
    """What of a step's JSON no key has said yet, and the keys that say the rest.

    Attributes
    ----------
    keys
        The text's keys so far, in the order they will stand.
    members, arguments
        What is left.
    """

    def __init__(self, step: Mapping[str, Any], wording: Wording) -> None:
        self.keys: dict[str, Json] = {}
        self.members = {key: value for key, value in step.items() if key not in ("Name", "Type", "Arguments")}
        self.arguments: Json = _copied(step["Arguments"])
        self.wording = wording

    def take(self, key: str, path: tuple[str, ...], say: Callable[[Any], Json]) -> None:
        """Let a key say the argument at `path`; if it cannot, the argument stays."""
        holders: list[Any] = [self.arguments]
        for name in path[:-1]:
            inner = holders[-1].get(name) if isinstance(holders[-1], dict) else None
            holders.append(inner)
        if not isinstance(holders[-1], dict) or path[-1] not in holders[-1]:
            return
        try:
            self.keys[key] = say(holders[-1][path[-1]])
        except InexpressibleError:
            return
        del holders[-1][path[-1]]
        for depth in range(len(holders) - 1, 0, -1):
            if not holders[depth]:
                del holders[depth - 1][path[depth - 1]]

    def take_member(self, key: str, member: str, say: Callable[[Any], Json]) -> None:
        """Let a key say a member of the step beside its arguments."""
        if member not in self.members:
            return
        try:
            self.keys[key] = say(self.members[member])
        except InexpressibleError:
            return
        del self.members[member]

    def texts(self, value: Any) -> Json:
        """A list of texts."""
        if not isinstance(value, list):
            raise InexpressibleError(str(value))
        return [self.wording.text(item) for item in value]

    def texts_by_name(self, value: Any) -> Json:
        """An object of texts."""
        if not isinstance(value, dict):
            raise InexpressibleError(str(value))
        return {name: self.wording.text(inner) for name, inner in value.items()}

    def entries(self, value: Any, name_member: str, say: Callable[[str, dict[str, Any]], Json]) -> Json:
        """A list of named objects as names with what `say` makes of each; what it cannot say is spelled out."""
        if not isinstance(value, list):
            raise InexpressibleError(str(value))
        found: dict[str, Json] = {}
        for item in value:
            name = item.get(name_member) if isinstance(item, dict) else None
            if not isinstance(name, str) or name in found:
                raise InexpressibleError(str(value))
            others = {key: inner for key, inner in item.items() if key != name_member}
            try:
                found[name] = say(name, others)
            except InexpressibleError:
                found[name] = self.spelled_out(others)
        return found

    def spelled_out(self, members: dict[str, Any]) -> Json:
        """An entry with the service's own members."""
        if not members or not all(key[:1].isupper() for key in members):
            raise InexpressibleError(str(members))
        return {key: self.wording.value(value) for key, value in members.items()}


def _copied(value: Any) -> Any:
    return {key: _copied(inner) for key, inner in value.items()} if isinstance(value, dict) else value
