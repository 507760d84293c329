"""What a person can register: a design, or a model, program or data set."""

from django.urls import reverse

from designs.models import Contribution, Design, Resource, ResourcePart

Work = Design | Resource
WorkPart = Contribution | ResourcePart


def studio_address(work: Work) -> str:
    """Its page in the studio."""
    name = "studio:design" if isinstance(work, Design) else "studio:resource"
    return reverse(name, args=[work.public_id])


def people_of(work: Work) -> list[WorkPart]:
    """Everyone's part in it, with their accounts, in the order in which they were named."""
    if isinstance(work, Design):
        return list(work.contributions.select_related("account").order_by("id"))
    return list(work.contributions.select_related("account").order_by("id"))
