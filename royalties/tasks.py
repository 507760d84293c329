from celery import shared_task

from royalties.services import payouts


@shared_task
def pay_out_due() -> None:
    payouts.pay_out_due()
