from typing import Any

from django.core.management.base import BaseCommand

from licensing.services.templates import announce_templates, ship_templates


class Command(BaseCommand):
    help = "Bring the shipped license templates into the database and their hashes on chain. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        templates = ship_templates()
        announced = announce_templates()
        self.stdout.write(f"{len(templates)} license templates, {announced} being announced on chain")
