"""What apps hand to each other by name is there, and is asked for by that name."""

import pytest

from accounts import hooks as of_accounts
from common.later import Later
from contracts import hooks as of_contracts
from payments import hooks as of_payments


def handed_over() -> list[Later]:
    found = [*of_accounts.exporters().values(), *of_accounts.erasers().values(), *of_payments.settlement_handlers()]
    found += [handler for _name, handler in [*of_contracts.auditors(), *of_contracts.tellers()]]
    found += of_contracts._outcomes.values()
    return [handler for handler in found if isinstance(handler, Later)]


def test_every_function_that_is_named_exists() -> None:
    named = handed_over()
    assert len(named) > 20
    for handler in named:
        assert callable(handler.function), handler.path


def test_a_name_of_nothing_is_an_error_when_it_is_called() -> None:
    with pytest.raises(ImportError):
        Later("common.later.nothing")()


def test_handing_over_twice_changes_nothing_and_another_one_is_refused() -> None:
    name, handler = of_contracts.auditors()[0]
    assert isinstance(handler, Later)
    before = of_contracts.auditors()
    of_contracts.register_auditor(name, Later(handler.path))
    assert of_contracts.auditors() == before
    with pytest.raises(ValueError, match="Two auditors"):
        of_contracts.register_auditor(name, Later("common.later.Later"))
