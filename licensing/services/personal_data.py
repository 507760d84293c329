"""What licensing knows of a person beside the chain: which keys of encrypted copies they were given."""

from typing import Any

from accounts.models import User
from licensing.models import KeyRelease


def own_data(user: User) -> dict[str, Any]:
    return {
        "key_releases": [
            {
                "design": str(one.version.design.public_id),
                "license": str(one.license_id),
                "holder": one.holder,
                "created_at": one.created_at.isoformat(),
            }
            for one in KeyRelease.objects.filter(user=user).select_related("version__design")
        ]
    }
