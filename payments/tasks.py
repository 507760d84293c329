from celery import shared_task

from payments import services


@shared_task
def send_refund(intent_id: int) -> None:
    services.carry_refund(intent_id=intent_id)


@shared_task
def sweep_refunds() -> None:
    services.sweep_refunds()
