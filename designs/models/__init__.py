from .assets import Asset, Preview, ProcessingStep
from .design import Contribution, Design, DesignVersion
from .provenance import ProvenanceRecord, RegistryEntry

__all__ = [
    "Asset",
    "Contribution",
    "Design",
    "DesignVersion",
    "Preview",
    "ProcessingStep",
    "ProvenanceRecord",
    "RegistryEntry",
]
