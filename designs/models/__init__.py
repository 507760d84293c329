from .assets import Asset, Preview, ProcessingStep
from .attachments import Attachment
from .copies import PublicCopy
from .credentials import PreviewCredential
from .design import SHARE_UNITS, Contribution, Design, DesignVersion, Disclosure, LengthUnit, UpAxis
from .file_credentials import FileCredentials
from .keys import VersionKey
from .originality import Fingerprint, OriginalityCheck, OriginalityMatch, PictureHash
from .proofs import FieldProofLink
from .provenance import EntryAncestor, EntryStatus, EntryVersion, ProvenanceRecord, RegistryEntry
from .references import Reference
from .renditions import Rendition
from .resources import ENTRY_KINDS, Resource, ResourcePart
from .scrubbing import ScrubCursor, ScrubFinding
from .stored_files import StoredFile

__all__ = [
    "ENTRY_KINDS",
    "SHARE_UNITS",
    "Asset",
    "Attachment",
    "Contribution",
    "Design",
    "DesignVersion",
    "Disclosure",
    "EntryAncestor",
    "EntryStatus",
    "EntryVersion",
    "FieldProofLink",
    "FileCredentials",
    "Fingerprint",
    "LengthUnit",
    "OriginalityCheck",
    "OriginalityMatch",
    "PictureHash",
    "Preview",
    "PreviewCredential",
    "ProcessingStep",
    "ProvenanceRecord",
    "PublicCopy",
    "Reference",
    "RegistryEntry",
    "Rendition",
    "Resource",
    "ResourcePart",
    "ScrubCursor",
    "ScrubFinding",
    "StoredFile",
    "UpAxis",
    "VersionKey",
]
