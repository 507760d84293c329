"""What is said of a file, in the exact words of the product: one table for the page, the API and the commands.

Pages `say` each sentence in their reader's language; without a translator it stands as it is.
"""

from collections.abc import Callable

Say = Callable[[str], str]


def gettext_noop(sentence: str) -> str:
    """Marks a sentence for translators."""
    return sentence


UNKNOWN = gettext_noop("Nothing is known about this file in this registry.")
NEAR_MATCHES = gettext_noop(
    "Nobody has claimed these exact bytes here. A copy that was saved again, converted or resized is another file: "
    "only the search for near matches could find it, which is an online service, is not asked here, and proves nothing."
)
BY_PROOF = gettext_noop(
    "A file that comes along with the licensed work itself is proven by the JSON that is offered beside its download."
)
NOTHING_MORE = gettext_noop("Nothing more is called proof.")
CREDENTIALS_UNCHECKED = gettext_noop("Content Credentials (C2PA) in the file are not checked here.")
OF_THAT_FILE = gettext_noop("Of that file:")
ORIGINAL = gettext_noop("Lineage: it was registered without a parent.")

_CLAIMED = gettext_noop("The address %(address)s claimed this file at %(time)s; %(place)s; %(signed)s.")
_FIRST = gettext_noop("it is the first claim known to this registry")
_LATER = gettext_noop("it is claim number %(order)s known to this registry, not the first")
_BY_WALLET = gettext_noop("signed by their own wallet")
_BY_CUSTODY = gettext_noop("signed by Loomprint's custody key for them")
_VERSION = gettext_noop(
    "This file is version %(number)s of an entry, added at %(time)s; its first version is another file."
)
_RENDITION = gettext_noop(
    "This file is a rendition of the file with SHA-256 %(master)s (%(form)s), as %(signer)s signed."
)
_ATTACHED = gettext_noop(
    "This file stands in the field %(key)s of the record that was anchored for the file with SHA-256 %(master)s."
)
_PARENT = gettext_noop(
    "Lineage: it derives from entry %(entry)s, its parent, which gets %(percent)s %% of what it earns after the fee."
)
_ANCESTOR = gettext_noop(
    "Lineage: it derives from entry %(entry)s through others, which gets %(percent)s %% of what it earns after the fee."
)
_STANDING = {
    "contested": gettext_noop("Contested: another claim of this file disputes it."),
    "suspended": gettext_noop("Suspended: a moderator has stopped its sale. Licenses that were sold stay valid."),
    "withdrawn": gettext_noop("Withdrawn: its creators have taken it from sale. Licenses that were sold stay valid."),
}
_STANDING_UNSOLD = {
    "contested": _STANDING["contested"],
    "suspended": gettext_noop("Suspended by a moderator: nothing new can name it. What was credited stays claimable."),
    "withdrawn": gettext_noop("Withdrawn by its owners: nothing new can name it. What was credited stays claimable."),
}
_PROOF = {
    "broken": gettext_noop("The proof does not hold: a field in it was changed, or belongs to another record."),
    "unanchored": gettext_noop(
        "The fields fit together, but no record of this registry has their root: nothing is proven."
    ),
    "other_file": gettext_noop("The proof holds, but it is about another file."),
    "proven": gettext_noop("These fields stand in the record that was anchored with the claim below."),
}
_CREDENTIALS = {
    "trusted": gettext_noop(
        "Content Credentials: trusted; the file is as %(signer)s signed it, whom an authority vouches for."
    ),
    "valid": gettext_noop(
        "Content Credentials: valid; the file is as %(signer)s signed it, whom no known authority vouches for."
    ),
    "invalid": gettext_noop(
        "Content Credentials: invalid; the file is not as it was signed, or they are broken. "
        "Do not rely on what they say."
    ),
    "absent": gettext_noop("Content Credentials: absent."),
    "not_checked": gettext_noop(
        "Content Credentials: not checked. They were made for parts of the file, so they are held against the whole "
        "file alone: manage.py verify FILE --credentials FILE."
    ),
}
_SOMEBODY = gettext_noop("somebody")
FORMS = {
    "credentials": gettext_noop("The file as it is, with its proof embedded"),
    "glb": gettext_noop("Converted to GLB"),
    "stl": gettext_noop("Converted to STL"),
    "3mf": gettext_noop("Converted to 3MF"),
    "resized": gettext_noop("Image of at most 2048 pixels"),
    "c2pa": gettext_noop("Content Credentials to keep beside the file"),
}


def claim_sentence(*, address: str, time: str, order: int, custodial: bool, say: Say = str) -> str:
    """What one registration proves, and no more; `time` is text, `order` the claim's place among those of its file."""
    return say(_CLAIMED) % {
        "address": address,
        "time": time,
        "place": say(_FIRST) if order == 1 else say(_LATER) % {"order": order},
        "signed": say(_BY_CUSTODY if custodial else _BY_WALLET),
    }


def version_sentence(*, number: int, time: str, say: Say = str) -> str:
    """Of which version of an entry a file is."""
    return say(_VERSION) % {"number": number, "time": time}


def rendition_sentence(*, master: str, form: str, signer: str, say: Say = str) -> str:
    """Of which file it is a rendition; a form that is not known here is told by its code."""
    return say(_RENDITION) % {"master": master, "form": say(FORMS.get(form, form)), "signer": signer}


def attached_sentence(*, key: str, master: str, say: Say = str) -> str:
    """In which field of whose record a file stands."""
    return say(_ATTACHED) % {"key": key, "master": master}


def ancestor_sentence(*, entry: str, ppm: int, direct: bool, say: Say = str) -> str:
    """One line of an entry's ancestors' table; `ppm` are parts per million of what is left after the fee."""
    return say(_PARENT if direct else _ANCESTOR) % {"entry": entry, "percent": f"{ppm / 10_000:g}"}


def standing_sentence(status: str, *, sold: bool, say: Say = str) -> str:
    """What became of an entry since; empty when nothing did. Of designs licenses were `sold`, of what they are made
    with none."""
    sentence = (_STANDING if sold else _STANDING_UNSOLD).get(status)
    return say(sentence) if sentence else ""


def proof_sentence(word: str, *, say: Say = str) -> str:
    """What a proof of fields comes to, by its word."""
    return say(_PROOF[word])


def credentials_sentence(state: str, *, signer: str, say: Say = str) -> str:
    """What Content Credentials come to, which are their signer's word and prove nothing here; `signer` may be empty."""
    return say(_CREDENTIALS[state]) % {"signer": signer or say(_SOMEBODY)}
