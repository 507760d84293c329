"""Redis, Celery and the beat. A message is a nudge; the sweepers find what a lost one left behind (law 5)."""

from celery.schedules import crontab

from config.environment import text


def broker_url(url: str) -> str:
    """Celery's name of a Redis socket: unix:///path?db=0 becomes redis+socket:///path?virtual_host=0."""
    if url.startswith("unix://"):
        return "redis+socket://" + url.removeprefix("unix://").replace("?db=", "?virtual_host=")
    return url


REDIS_URL = text("REDIS_URL")

# A Redis that takes connections and never answers is away too: nobody waits for it longer than this.
CACHES = {
    "default": {
        "BACKEND": "common.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A request that nudges must not wait for a Redis that is down: it gives up at once and the sweeper acts.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    # A worker of several queues takes from the first that has something: -Q care,bulk lets no copy wait for a batch.
    "queue_order_strategy": "priority",
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    # Nobody waits for it, and it may take hours.
    "contracts.tasks.audit_nightly": {"queue": "bulk"},
    "contracts.tasks.*": {"queue": "chain"},
    # What was kept long ago is looked after where no upload waits for it, and no batch keeps it.
    "designs.tasks.work_on_copy": {"queue": "care"},
    "designs.tasks.tidy_copies": {"queue": "care"},
    "designs.tasks.look_at": {"queue": "care"},
    "designs.tasks.scrub_slices": {"queue": "care"},
    "designs.tasks.sign_pictures": {"queue": "care"},
    "designs.tasks.process_in_background": {"queue": "bulk"},
    "designs.tasks.recheck_originality": {"queue": "bulk"},
    "designs.tasks.*": {"queue": "assets"},
}
CELERY_BEAT_SCHEDULE = {
    "watch": {"task": "contracts.tasks.watch", "schedule": 30.0, "options": {"expires": 30}},
    "audit": {
        "task": "contracts.tasks.audit_nightly",
        "schedule": crontab(hour=3, minute=17),
        "options": {"expires": 12 * 3600},
    },
    "contracts-sweep": {"task": "contracts.tasks.sweep", "schedule": 3.0, "options": {"expires": 3}},
    "designs-sweep": {"task": "designs.tasks.sweep_processing", "schedule": 10.0, "options": {"expires": 10}},
    "copies-sweep": {"task": "designs.tasks.sweep_copies", "schedule": 15.0, "options": {"expires": 15}},
    "copies-tidy": {"task": "designs.tasks.tidy_copies", "schedule": 3600.0, "options": {"expires": 600}},
    "renditions": {"task": "designs.tasks.sweep_renditions", "schedule": 10.0, "options": {"expires": 10}},
    "scrub": {"task": "designs.tasks.scrub_slices", "schedule": 300.0, "options": {"expires": 300}},
    "pictures": {"task": "designs.tasks.sign_pictures", "schedule": 30.0, "options": {"expires": 30}},
    # Nothing is due but after an update that changed fingerprints or thresholds.
    "originality": {"task": "designs.tasks.recheck_originality", "schedule": 900.0, "options": {"expires": 600}},
    "studio-sweep": {"task": "studio.tasks.sweep_publications", "schedule": 5.0, "options": {"expires": 5}},
    "orders-sweep": {"task": "marketplace.tasks.sweep_orders", "schedule": 5.0, "options": {"expires": 5}},
    "listings": {"task": "marketplace.tasks.sweep_listings", "schedule": 30.0, "options": {"expires": 30}},
    "inboxes": {"task": "royalties.tasks.sweep_inboxes", "schedule": 60.0, "options": {"expires": 60}},
    "settlements": {"task": "royalties.tasks.settle_due", "schedule": 15.0, "options": {"expires": 15}},
    "claims": {"task": "royalties.tasks.sweep_claims", "schedule": 5.0, "options": {"expires": 5}},
    "payouts": {"task": "royalties.tasks.pay_out_due", "schedule": 15.0, "options": {"expires": 15}},
    "mail-sweep": {
        "task": "accounts.tasks.send_unsent_notifications",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "refunds-sweep": {"task": "payments.tasks.sweep_refunds", "schedule": 30.0, "options": {"expires": 30}},
}
