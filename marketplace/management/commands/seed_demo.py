from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.services import demo


class Command(BaseCommand):
    help = "Fill a local start with demo accounts, designs and sales. Idempotent; continues where it stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOOMPRINT_LOCAL:
            raise CommandError("Demo accounts have a known password: they are made in a local start only.")
        try:
            demo.seed(say=lambda line: self.stdout.write(line, ending="\n"))
        except (TimeoutError, RuntimeError) as error:
            raise CommandError(str(error)) from error
