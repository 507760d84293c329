"""Every event of every contract of ours is projected, read where it is asked for, or left out for a stated reason."""

import inspect
from importlib import import_module

from contracts import artifacts, hooks
from contracts.chains import FOLLOWED
from contracts.unprojected import READ_AS_STORED, UNFOLLOWED, UNPROJECTED

Events = set[tuple[str, str]]


def said_by(contract: str) -> Events:
    return {(contract, item["name"]) for item in artifacts.events(contract).values()}


def listed(table: dict[str, dict[str, str]]) -> Events:
    return {(contract, name) for contract, lines in table.items() for name in lines}


def projected() -> Events:
    return {key for key, handlers in hooks._projections.items() if handlers}


def test_every_event_that_is_read_is_accounted_for_once() -> None:
    followed = set().union(*(said_by(contract) for contract in FOLLOWED))
    accounts = [projected(), listed(READ_AS_STORED), listed(UNPROJECTED)]

    unaccounted = followed - set().union(*accounts)
    assert not unaccounted, f"say in contracts/unprojected.py why nothing is made of {sorted(unaccounted)}"
    unknown = set().union(*accounts) - followed
    assert not unknown, f"no contract says {sorted(unknown)}"
    assert sum(len(account) for account in accounts) == len(followed), "some event is accounted for twice"


def test_every_contract_whose_events_are_not_read_is_named_with_its_reason() -> None:
    silent = {name for name in artifacts.NAMES if not artifacts.events(name)}
    assert set(UNFOLLOWED) == set(artifacts.NAMES) - silent - set(FOLLOWED)


def test_what_is_read_as_stored_is_really_asked_for_there() -> None:
    for contract, lines in READ_AS_STORED.items():
        for name, place in lines.items():
            module, function = place.split(":")
            source = inspect.getsource(getattr(import_module(module), function))
            assert f'"{name}"' in source, f"{place} does not ask for {contract}.{name}"


def test_a_librarys_events_are_known_by_the_contract_that_it_speaks_for() -> None:
    assert {name for _library, name in said_by("Lineage")} <= {name for _registry, name in said_by("DesignRegistry")}
