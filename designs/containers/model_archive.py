"""A ZIP with one OBJ or glTF and what it wears: which file is the model, and that nothing else is in there."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from .errors import ContainerError

MODELS = {".obj": "obj_zip", ".gltf": "gltf_zip"}
_COMPANIONS = {".mtl", ".bin", ".png", ".jpg", ".jpeg", ".txt", ".md"}
_SYSTEM_FOLDER = "__MACOSX/"
_SYSTEM_FILES = {".ds_store", "thumbs.db", "desktop.ini"}


def find_model(names: Iterable[str]) -> tuple[str, str]:
    """Name of the one model and the format that we call it by. Raises ContainerError.

    A buyer gets the archive as it is, so that nothing may hide in it.
    """
    models = []
    for name in names:
        if name.startswith(_SYSTEM_FOLDER) or PurePosixPath(name).name.lower() in _SYSTEM_FILES:
            continue
        ending = PurePosixPath(name).suffix.lower()
        if ending in MODELS:
            models.append((name, MODELS[ending]))
        elif ending not in _COMPANIONS:
            raise ContainerError("archive_other_files", name=name[:60])
    if not models:
        raise ContainerError("archive_no_model")
    if len(models) > 1:
        raise ContainerError("archive_two_models", name=models[1][0][:60])
    return models[0]
