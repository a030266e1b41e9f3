"""The code that a text may name: ``%%step`` cells by name, files and folders below the notebook's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.assets import CodeAsset, cell_code, read_code
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import CodeNotFoundError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.code import CodeFacts, CodeRef

_CODE = (".py", ".sh", ".ipynb", ".json", ".yaml", ".yml", ".R", ".jar")
_MOST_FILES = 500


class CodeBook:
    """Finds the code of steps.

    Parameters
    ----------
    folder
        Where relative paths begin; the current folder at the time of asking when None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._cells: dict[str, CodeAsset] = {}
        self.version = 0

    def add_cell(self, name: str, cell: str) -> CodeAsset:
        """Take a ``%%step`` cell's text, its magic's line first, as the code called `name`."""
        self._cells[name] = cell_code(name, cell)
        self.version += 1
        return self._cells[name]

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple(self._cells)

    def find(self, ref: CodeRef) -> CodeAsset:
        """The code a text names.

        Raises
        ------
        CodeNotFoundError
            There is no such cell, file or folder.
        """
        if ref.kind == "path":
            return read_code((self._folder or Path.cwd()) / Path(ref.name).expanduser(), ref.entry)
        if ref.name not in self._cells:
            otherwise = f"The cells are {listed(self._cells)}." if self._cells else "Run its `%%step` cell first."
            raise CodeNotFoundError(
                f"there is no `%%step {ref.name}` cell yet", did_you_mean(ref.name, self._cells, otherwise)
            )
        return self._cells[ref.name]

    def facts(self, ref: CodeRef) -> CodeFacts:
        """What compiling needs to know of the code a text names."""
        return self.find(ref).facts


def files_in(folder: str) -> list[str]:
    """The folders (with a slash) and files of code in a folder; nothing where it cannot be read."""
    try:
        entries = sorted(Path(folder or ".").iterdir())[:_MOST_FILES]
        folders = [f"{entry.name}/" for entry in entries if entry.is_dir() and not entry.name.startswith(("_", "."))]
    except OSError:
        return []
    return folders + [entry.name for entry in entries if entry.suffix in _CODE and not entry.name.startswith(".")]
