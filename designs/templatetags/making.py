"""What a version's file says of its making, for pages of the studio and of moderation."""

from django import template

from designs.file_says import FileSays
from designs.models import DesignVersion

register = template.Library()


@register.simple_tag
def file_says(version: DesignVersion, disclosure: str) -> FileSays:
    """See designs.file_says; `disclosure` is what the creator states."""
    return FileSays(version, disclosure)
