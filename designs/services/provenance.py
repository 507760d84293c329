"""Writing the provenance record of what is about to be frozen."""

from collections.abc import Sequence

from designs.models import DesignVersion, ProvenanceRecord, Reference, Resource
from designs.provenance import Contributor, build_record, build_resource_record


def write_record(
    *, version: DesignVersion, contributors: Sequence[Contributor], parents: Sequence[str] = ()
) -> ProvenanceRecord:
    """Build, salt and store the record; its root is what goes on chain. `parents` are entry ids.

    Contributors stand in it by address and role only (law 13).
    """
    design = version.design
    stated: dict[str, list[dict[str, str | None]]] = {kind: [] for kind in Reference.Kind.values}
    for reference in version.references.all():
        stated[reference.kind].append(reference.stated())
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
        tools=version.tools,
        contributors=contributors,
        parents=parents,
        created_at=version.created_at,
        models=stated[Reference.Kind.MODEL],
        programs=stated[Reference.Kind.PROGRAM],
        datasets=stated[Reference.Kind.DATASET],
        attachments=[one.stated() for one in version.attachments.select_related("asset")],
    )
    return ProvenanceRecord.objects.create(
        version=version, fields=record.fields, salts=record.salts, root=record.root, schema=record.version
    )


def write_resource_record(*, resource: Resource, contributors: Sequence[Contributor]) -> ProvenanceRecord:
    """As write_record, for a model, program or data set."""
    record = build_resource_record(
        kind=resource.kind,
        name=resource.name,
        version=resource.version,
        description=resource.description,
        license=resource.license,
        license_address=resource.license_address,
        address=resource.address,
        sha256=resource.sha256,
        size=resource.size,
        contributors=contributors,
        created_at=resource.created_at,
    )
    return ProvenanceRecord.objects.create(
        resource=resource, fields=record.fields, salts=record.salts, root=record.root, schema=record.version
    )
