from typing import Any

from django.core.management.base import BaseCommand

from contracts.errors import ChainNotDeployed
from licensing.services.templates import announce_templates, ship_templates


class Command(BaseCommand):
    help = "Bring the shipped license templates into the database and their hashes on chain. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        templates = ship_templates()
        try:
            standing = f"{announce_templates()} being announced on chain"
        except ChainNotDeployed:
            standing = "to be announced once the contracts are on the chain"
        self.stdout.write(f"{len(templates)} license templates, {standing}")
