"""The Celery application. Tasks are doors of three lines; services do the work."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("loomprint")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
