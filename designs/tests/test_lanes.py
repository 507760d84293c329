"""Who comes first: uploads that somebody waits for before batches, on the queues that the workers have."""

from uuid import uuid4

import pytest
from kombu import Connection, Consumer, Queue

from config.celery import app
from designs.models import Design
from designs.services import processing
from designs.services.processing import process_version, sweep_processing
from designs.tests.uploading import uploaded

pytestmark = pytest.mark.django_db
FRONT, BACK = processing.Lane.FRONT, processing.Lane.BACK


def sent_to(monkeypatch) -> list[tuple[processing.Lane, int]]:
    """Nudges as they would be sent: the lane whose queue they go to, and the version."""
    sent = []
    lanes = {"assets": FRONT, "bulk": BACK}

    def send(task, version_id):
        sent.append((lanes[app.amqp.router.route({}, task.name)["queue"].name], version_id))

    monkeypatch.setattr(processing, "nudge", send)
    return sent


def test_uploads_and_renditions_share_their_queue_with_nothing_that_takes_long() -> None:
    """One process serves the queue `assets`: besides what somebody waits for, only sweepers, which look and nudge."""
    app.loader.import_default_modules()
    queues = {
        name.removeprefix("designs.tasks."): app.amqp.router.route({}, name)["queue"].name
        for name in app.tasks
        if name.startswith("designs.tasks.")
    }
    assert queues == {
        "process_version": "assets",
        "make_rendition": "assets",
        "sweep_processing": "assets",
        "sweep_renditions": "assets",
        "sweep_copies": "assets",
        "work_on_copy": "care",
        "tidy_copies": "care",
        "look_at": "care",
        "scrub_slices": "care",
        "sign_pictures": "care",
        "process_in_background": "bulk",
        "recheck_originality": "bulk",
    }


def test_an_upload_overtakes_a_batch_at_the_next_step(creator, cocreator, png, monkeypatch) -> None:
    """One worker of both queues, that of the front first: after the step at hand of a batch it turns to the upload."""
    sent = sent_to(monkeypatch)
    batch = [uploaded(creator, png + bytes([n]), bulk=True).versions.get().pk for n in range(3)]
    assert sent == [(BACK, pk) for pk in batch]
    order = []
    late = []
    run = processing._run

    def look(step):
        if not late:
            late.append(uploaded(cocreator, png).versions.get().pk)
        order.append((step.version_id, step.name))
        return run(step)

    monkeypatch.setattr(processing, "_run", look)
    while sent:
        lane, version_id = next((one for one in sent if one[0] is FRONT), sent[0])
        sent.remove((lane, version_id))
        process_version(version_id=version_id, lane=lane)

    assert order == [
        (batch[0], "inspect"),
        (late[0], "inspect"),
        (late[0], "derivatives"),
        (late[0], "fingerprint"),
        (batch[1], "inspect"),
        (batch[2], "inspect"),
        (batch[0], "derivatives"),
        (batch[1], "derivatives"),
        (batch[2], "derivatives"),
        (batch[0], "fingerprint"),
        (batch[1], "fingerprint"),
        (batch[2], "fingerprint"),
    ]
    assert set(Design.objects.values_list("state", flat=True)) == {"draft"}


def test_the_sweeper_finds_uploads_before_batches(creator, png, monkeypatch) -> None:
    batch = uploaded(creator, png + b"1", bulk=True).versions.get().pk
    upload = uploaded(creator, png).versions.get().pk
    sent = sent_to(monkeypatch)

    assert sweep_processing() == 2

    assert sent == [(FRONT, upload), (BACK, batch)]


def test_a_worker_of_both_queues_takes_from_the_front_one_first() -> None:
    """On the Redis that the workers have, with their settings: what is taken first is not what was sent first."""
    front, back = (Queue(f"{name}-{uuid4()}", durable=False, auto_delete=True) for name in ("front", "back"))
    taken = []
    options = app.conf.broker_transport_options
    with Connection(app.conf.broker_url, transport_options=options) as connection, connection.channel() as channel:
        channel.basic_qos(0, 1, False)
        with connection.Producer() as producer:
            for number, queue in enumerate((back, back, front, back, front)):
                producer.publish(number, routing_key=queue.name, exchange="", declare=[queue])

        def take(body, message):
            taken.append(body)
            message.ack()

        with Consumer(channel, [front, back], callbacks=[take]):
            while len(taken) < 5:
                connection.drain_events(timeout=10)
    assert taken == [2, 4, 0, 1, 3]
