"""Which licenses open an encrypted public copy."""

from collections.abc import Iterable

from django import template

from designs.models import PublicCopy
from licensing.holdings import HeldLicense

register = template.Library()


@register.simple_tag
def designs_with_copies(licenses: Iterable[HeldLicense]) -> set[int]:
    """Ids of the designs, of these, that have a public copy; in one query."""
    copies = PublicCopy.objects.filter(
        state=PublicCopy.State.STANDING, version__design__in=[held.design.pk for held in licenses]
    )
    return set(copies.values_list("version__design_id", flat=True))
