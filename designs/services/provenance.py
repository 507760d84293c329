"""Writing the provenance record of a version that is about to be frozen."""

from collections.abc import Sequence

from designs.models import Contribution, DesignVersion, ProvenanceRecord
from designs.provenance import build_record


def write_record(*, version: DesignVersion, parts: Sequence[Contribution]) -> ProvenanceRecord:
    """Build, salt and store the record; its root is what goes on chain.

    Contributors stand in it by address and role only (law 13).
    """
    design = version.design
    record = build_record(
        output_sha256=version.master.sha256,
        output_cid=version.master.cid,
        output_media_type=version.master.media_type,
        disclosure=design.disclosure,
        model_name=version.model_name,
        model_version=version.model_version,
        parameters=version.parameters,
        prompt=version.prompt,
        seed=version.seed,
        source_sha256=version.source.sha256 if version.source else "",
        contributors=[
            {"address": part.account.custody_key.address, "role": part.role, "units": part.units} for part in parts
        ],
        created_at=version.created_at,
    )
    return ProvenanceRecord.objects.create(version=version, fields=record.fields, salts=record.salts, root=record.root)
