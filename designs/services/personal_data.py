"""What designs knows of a person: their works with all that was stated of them, and their parts in others' works."""

from typing import Any

from accounts.models import User
from designs.models import Contribution, Design, DesignVersion, Resource


def own_data(user: User) -> dict[str, Any]:
    designs = Design.objects.filter(owner=user).prefetch_related("versions__master").order_by("id")
    parts = Contribution.objects.filter(account=user).select_related("design").order_by("id")
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
        "resources": [
            {**_work(one), "kind": one.kind, "description": one.description, "sha256": one.sha256}
            for one in Resource.objects.filter(owner=user).order_by("id")
        ],
        "parts": [
            {"design": str(part.design.public_id), "title": part.design.title, "role": part.role, "units": part.units}
            for part in parts
        ],
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
        "file_at": version.file_at.isoformat(),
    }
