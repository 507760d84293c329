from celery import shared_task

from accounts.services.notifications import deliver, deliver_unsent


@shared_task
def send_notification(notification_id: int) -> None:
    deliver(notification_id=notification_id)


@shared_task
def send_unsent_notifications() -> None:
    deliver_unsent()
