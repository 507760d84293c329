from .assets import Asset, Preview, ProcessingStep
from .design import SHARE_UNITS, Contribution, Design, DesignVersion, Disclosure
from .provenance import ProvenanceRecord, RegistryEntry

__all__ = [
    "SHARE_UNITS",
    "Asset",
    "Contribution",
    "Design",
    "DesignVersion",
    "Disclosure",
    "Preview",
    "ProcessingStep",
    "ProvenanceRecord",
    "RegistryEntry",
]
