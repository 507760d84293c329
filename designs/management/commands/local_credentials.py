from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from designs.credentials.local_authority import make_local_authority


class Command(BaseCommand):
    help = "Make a root and a certificate of our own for Content Credentials, for a local start."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOOMPRINT_LOCAL:
            raise CommandError("This is for a local start. Elsewhere set CREDENTIALS_KEY and CREDENTIALS_CHAIN.")
        if settings.CREDENTIALS_KEY or settings.CREDENTIALS_CHAIN:
            self.stdout.write("the settings name a certificate")
        else:
            made = make_local_authority(settings.CREDENTIALS_DIR)
            self.stdout.write("a local root and certificate were made" if made else "there already")
