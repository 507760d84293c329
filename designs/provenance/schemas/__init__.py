"""The published JSON Schemas, one file a version. A file that was published is never changed: records refer to it."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
NAMES = tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def schema_text(name: str) -> str:
    """A schema by its name, as "record-1". Raises KeyError for a name that is none."""
    if name not in NAMES:
        raise KeyError(name)
    return (_FOLDER / f"{name}.json").read_text()
