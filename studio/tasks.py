from celery import shared_task

from studio.services import publishing


@shared_task
def sweep_publications() -> None:
    publishing.sweep_publications()
