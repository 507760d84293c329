"""A moderator's word on the page of a model, program or data set. Its entry stays on the chain."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import notify
from designs.models import Resource
from designs.resources import shown_resources


@transaction.atomic
def take_down(resource: Resource) -> bool:
    """Show a registered one to nobody but its people, and in no search. False when it was no registered one."""
    reason = _("A moderator took its page down. Write to us if you think that this is a mistake.")
    # Not before it is in a block: the chain may yet refuse it, and then it is its owner's draft again.
    moved = (
        shown_resources()
        .filter(pk=resource.pk, state=Resource.State.ANCHORING)
        .update(state=Resource.State.TAKEN_DOWN, state_reason=reason)
    )
    if moved:
        notify(
            user=resource.owner,
            kind="resource_taken_down",
            key=f"{resource.public_id}:{timezone.now():%Y%m%d%H%M%S}",
            subject=_("The page of “%(title)s” was taken down") % {"title": resource.title},
            body=reason + "\n\n" + _("Its entry stays on the chain, and what was credited stays claimable."),
            url=resource.get_absolute_url(),
        )
    return bool(moved)


def show_again(resource: Resource) -> bool:
    """Take that back. False when it was not taken down."""
    down = Resource.objects.filter(pk=resource.pk, state=Resource.State.TAKEN_DOWN)
    return bool(down.update(state=Resource.State.ANCHORING, state_reason=""))
