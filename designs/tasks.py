from celery import shared_task

from designs.sandbox import keep_warm
from designs.services import processing


@shared_task
def process_version(version_id: int) -> None:
    processing.process_version(version_id=version_id)


@shared_task
def sweep_processing() -> None:
    keep_warm()
    processing.sweep_processing()
