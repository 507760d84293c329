from celery import shared_task

from marketplace.services import checkout


@shared_task
def sweep_orders() -> None:
    checkout.sweep_orders()
