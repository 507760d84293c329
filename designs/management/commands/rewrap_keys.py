from typing import Any

from django.core.management.base import BaseCommand, CommandError

from designs.encryption import KeyUnavailable
from designs.services.version_keys import rewrap_keys


class Command(BaseCommand):
    help = "Wrap the keys of encrypted copies under the first of STORE_KEYS. May be ended at any time and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = rewrap_keys(say=self.stdout.write)
        except KeyUnavailable as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"{found.done} wrapped anew")
        if found.failed:
            raise CommandError(f"Keys that could not be opened: {found.failed}. Set the store keys that wrapped them.")
