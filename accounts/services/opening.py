"""Opening accounts without the sign-up page: demo people, operators, tests."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.models import User


@transaction.atomic
@sensitive_variables("password")
def open_account(*, email: str, password: str, display_name: str, is_staff: bool = False) -> User:
    """An account whose e-mail address counts as verified; the existing one when the address has one.

    An existing account keeps its password and name. `is_staff` makes a new account an administrator.
    """
    existing = User.objects.filter(email=email.strip().lower()).first()
    if existing is not None:
        return existing
    user = User.objects.create_user(
        email, password, display_name=display_name, is_staff=is_staff, is_superuser=is_staff
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
