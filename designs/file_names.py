"""Names of files as every system can keep them, and as they read: no folder, no hidden character, no device."""

import re
import unicodedata
from pathlib import PurePath

MOST = 120
# A longer one is no ending, but a part of the name.
_LONGEST_ENDING = 16
_NOT_EVERYWHERE = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def safe_file_name(text: str) -> str:
    """At most 120 characters of it; "" when nothing is left.

    Characters of Unicode's class C go: controls, and those that turn the direction, with which an `.exe` reads as a
    picture. What Windows takes for a folder or a device is changed.
    """
    last = re.split(r"[/\\]", text)[-1]
    seen = "".join(
        one for one in unicodedata.normalize("NFC", last) if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    name = _NOT_EVERYWHERE.sub("_", " ".join(seen.split())).strip(". ")
    if _DEVICE.match(name):
        name = f"_{name}"
    ending = PurePath(name).suffix
    if len(name) > MOST and len(ending) <= _LONGEST_ENDING:
        return name[: MOST - len(ending)].rstrip(". ") + ending
    return name[:MOST].rstrip(". ")
