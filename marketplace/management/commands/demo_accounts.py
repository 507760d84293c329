from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from marketplace.services import demo


class Command(BaseCommand):
    help = "Print the demo accounts of a local start."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.LOOMPRINT_LOCAL:
            self.stdout.write(demo.accounts_text())
