from celery import shared_task

from marketplace.services import checkout, listings, wallet_orders


@shared_task
def sweep_orders() -> None:
    # First what finds sales, then what tells buyers of them.
    wallet_orders.sweep_wallet_orders()
    checkout.sweep_orders()


@shared_task
def sweep_listings() -> None:
    listings.list_what_began_or_ended()
