from celery import shared_task

from royalties.services import claims, inboxes, payouts, settlements


@shared_task
def sweep_inboxes() -> None:
    inboxes.sweep_due()


@shared_task
def settle_due() -> None:
    settlements.settle_due()


@shared_task
def pay_out_due() -> None:
    payouts.pay_out_due()


@shared_task
def sweep_claims() -> None:
    claims.sweep_claims()
