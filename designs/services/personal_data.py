"""What designs knows of a person: their works with all that was stated of them, and their parts in works."""

from typing import Any

from accounts.models import User
from designs.models import Contribution, Design, DesignVersion, Resource, ResourcePart


def own_data(user: User) -> dict[str, Any]:
    designs = Design.objects.filter(owner=user).order_by("id")
    designs = designs.prefetch_related("versions__master", "versions__references", "versions__attachments__asset")
    parts = Contribution.objects.filter(account=user).select_related("design").order_by("id")
    resource_parts = user.resource_parts.select_related("resource").order_by("id")
    return {
        "designs": [
            {
                **_work(design),
                "description": design.description,
                "tags": design.tags,
                "disclosure": design.disclosure,
                "versions": [_version(version) for version in design.versions.all()],
            }
            for design in designs
        ],
        "resources": [_resource(one) for one in Resource.objects.filter(owner=user).order_by("id")],
        "parts": [
            *({"design": str(part.design.public_id), **_part(part, part.design)} for part in parts),
            *({"resource": str(part.resource.public_id), **_part(part, part.resource)} for part in resource_parts),
        ],
    }


def _part(part: Contribution | ResourcePart, work: Design | Resource) -> dict[str, Any]:
    return {"title": work.title, "role": part.role, "units": part.units}


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        **_work(resource),
        "kind": resource.kind,
        "name": resource.name,
        "version": resource.version,
        "description": resource.description,
        "license": resource.license,
        "license_address": resource.license_address,
        "address": resource.address,
        "sha256": resource.sha256,
        "size": resource.size,
        "terms": {
            "open": resource.open,
            "binding": resource.binding,
            "ppm": resource.ppm,
            "minimum": str(resource.minimum),
        },
    }


def _work(work: Design | Resource) -> dict[str, Any]:
    return {
        "id": str(work.public_id),
        "title": work.title,
        "state": work.state,
        "entry": work.entry_id,
        "created_at": work.created_at.isoformat(),
    }


def _version(version: DesignVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "file_name": version.file_name,
        "sha256": version.master.sha256,
        "model_name": version.model_name,
        "model_version": version.model_version,
        "prompt": version.prompt,
        "seed": version.seed,
        "parameters": version.parameters,
        "tools": version.tools,
        "units": version.stated_units,
        "up": version.stated_up,
        "references": [{"kind": one.kind, **one.stated()} for one in version.references.all()],
        "attachments": [one.stated() for one in version.attachments.all()],
        "file_at": version.file_at.isoformat(),
    }
