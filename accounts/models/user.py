"""People: one account per e-mail address, named in public by a display name and a random id."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


def validate_display_name(value: str) -> None:
    """Only characters that print: names stand in mail subjects and beside other people's words."""
    if not value.isprintable():
        raise ValidationError(_("A name may not contain line breaks or invisible characters."), code="unprintable")


class UserManager(BaseUserManager["User"]):
    """Creates accounts; addresses are kept in lower case, so that two spellings are one person."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new account. Raises ValueError without an e-mail address, IntegrityError when it is taken."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new account that may do everything in the admin."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account. Saving a new one also makes its custody key, in the same transaction."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    display_name = models.CharField(
        _("display name"),
        max_length=80,
        validators=[validate_display_name],
        help_text=_("Shown to others beside what you make and buy."),
    )
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["display_name"]

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case")]

    def __str__(self) -> str:
        return self.display_name

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        from accounts.services.custody import open_account_custody

        self.email = self.email.strip().lower()
        self.display_name = self.display_name.strip() or f"Member {self.public_id.hex[:6]}"
        if not self._state.adding:
            return super().save(*args, **kwargs)
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            open_account_custody(user=self)

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name
