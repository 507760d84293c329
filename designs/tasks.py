from celery import shared_task

from designs.sandbox import keep_warm
from designs.services import copying, discarding, preview_credentials, processing, renditions, repair, scrubbing
from designs.storage import discard_left_over

LEFT_OVER_SECONDS = 24 * 3600.0
"""No upload and no task takes as long."""
RECHECKED_AT_ONCE = 100


# Each step of it has a time of its own, and all of them run in one task.
@shared_task(time_limit=840)
def process_version(version_id: int) -> None:
    processing.process_version(version_id=version_id, lane=processing.Lane.FRONT)


# A cover in full size on a slow machine takes minutes. Both less than the time after which Redis sends a message again.
@shared_task(time_limit=840)
def process_in_background(version_id: int) -> None:
    processing.process_version(version_id=version_id, lane=processing.Lane.BACK)


@shared_task
def sweep_processing() -> None:
    keep_warm()
    processing.sweep_processing()


# As long as the broker waits for a message to be acknowledged: the way out may be narrow.
@shared_task(time_limit=900)
def work_on_copy(copy_id: int) -> None:
    copying.work_on_copy(copy_id=copy_id)


@shared_task
def sweep_copies() -> None:
    copying.sweep_copies()


# A far store takes a while for each of the files that go; what is left when the time is over goes in the next hour.
@shared_task(time_limit=840)
def tidy_copies() -> None:
    # First what is here: a store that is away ends the rest. Last what may take all of the time.
    discard_left_over(older_than_seconds=LEFT_OVER_SECONDS)
    copying.discard_orphans()
    discarding.discard_unreferenced()


# What is compared is kept one by one, so that an end at any moment loses nothing.
@shared_task(time_limit=840)
def recheck_originality() -> None:
    # Here and not above: what it imports takes a second and 60 MiB, and most processes compare nothing.
    from designs.services.rechecking import recheck

    for _told_in_the_log in recheck(limit=RECHECKED_AT_ONCE):
        pass


@shared_task(time_limit=840)
def make_rendition(rendition_id: int) -> None:
    renditions.run_rendition(rendition_id=rendition_id)


@shared_task
def sweep_renditions() -> None:
    renditions.sweep_renditions()


@shared_task
def look_at(store: str, sha256: str, seen: str) -> None:
    repair.look_at(store=store, sha256=sha256, seen=seen)


@shared_task
def scrub_slices() -> None:
    scrubbing.scrub_slices()


@shared_task
def sign_pictures() -> None:
    preview_credentials.sign_while_due()
