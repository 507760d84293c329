"""What a file's Content Credentials say, for pages: its state, its words, and the works here that it names."""

from dataclasses import dataclass

from contracts.chains import chain
from designs.credentials import FoundCredentials, found_in
from designs.lineage import shown_by_entry
from designs.models import Design, DesignVersion, FileCredentials
from designs.sandbox import ChildFailed


@dataclass(frozen=True)
class CredentialsShown:
    """What was found in a file, with the works on show here that it names as made from, each once."""

    found: FoundCredentials
    known: list[Design]

    @property
    def state(self) -> str:
        return self.found.state

    @property
    def made_from(self) -> list[str]:
        return [one.title for one in self.found.ingredients if one.title]


def credentials_of(version: DesignVersion) -> CredentialsShown | None:
    """None where no file of this version was looked at."""
    row = FileCredentials.objects.filter(version=version).first()
    return None if row is None else _shown(row, chain_id=version.design.chain_id)


def credentials_by_master(sha256: str) -> CredentialsShown | None:
    """What was found in a file with this hash, whoever uploaded it: it says the same for all. None for others."""
    row = FileCredentials.objects.filter(version__master__sha256=sha256).order_by("id").first()
    return None if row is None else _shown(row, chain_id=None)


def _shown(row: FileCredentials, *, chain_id: int | None) -> CredentialsShown | None:
    try:
        found = found_in({**row.said, "state": row.state})
    except ChildFailed:
        return None
    entries = [found.entry, *(one.entry for one in found.ingredients)]
    wanted = [one for one in dict.fromkeys(entries) if one]
    known = shown_by_entry(chain_id=chain_id or chain().chain_id, entry_ids=wanted) if wanted else {}
    return CredentialsShown(found, [known[one] for one in wanted if one in known])
