from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.errors import ConfirmationRefused
from accounts.services import open_account, sign_with_custody
from accounts.services.confirmation import confirm_password


@pytest.mark.django_db(transaction=True)
def test_guesses_made_at_the_same_time_are_all_counted(password):
    ada = open_account(email="ada@example.org", password=password, display_name="Ada")

    def guess(number: int) -> str:
        try:
            confirm_password(user=ada, password=f"guess {number}")
        except ConfirmationRefused as refusal:
            return refusal.code
        finally:
            connection.close()
        return "accepted"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(guess, range(12)))
    assert answers == ["too_many_tries"] * 7 + ["wrong_password"] * 5


@pytest.mark.django_db
def test_a_rolled_back_action_keeps_the_count_of_wrong_tries(ada, typed_data):
    for left in (4, 3):
        with pytest.raises(ConfirmationRefused) as refusal, transaction.atomic():
            sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password="wrong")
        assert f"{left} more tries" in str(refusal.value)
