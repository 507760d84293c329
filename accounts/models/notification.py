"""What people are told by e-mail. The row is the queue (law 5)."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.hooks import label_of_kind


class Notification(models.Model):
    """One message to one person about one thing: (user, kind, key) is told once, however often asked."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    url = models.CharField(max_length=500, blank=True, help_text="a path on this site")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    quiet = models.BooleanField(default=False, help_text="the person wanted no mail of this kind when it was told")
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "key"], name="notification_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="notification_unsent", condition=models.Q(sent_at__isnull=True)),
            models.Index(fields=["user"], name="notification_unread", condition=models.Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def kind_label(self) -> str:
        """The kind as its app named it."""
        return label_of_kind(self.kind)


class MutedMail(models.Model):
    """A kind of notification that a person wants no mail of. It stands on their notifications page all the same."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="muted_mail")
    kind = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind"], name="muted_once")]

    def __str__(self) -> str:
        return self.kind
