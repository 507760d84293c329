"""By which address limits count: of all libraries the same, and never one that the asker wrote."""

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from axes.helpers import get_client_ip_address
from django.conf import settings as started
from django.core.cache import cache
from django.test import Client, RequestFactory
from rest_framework.throttling import AnonRateThrottle

from common.throttle import address_of

PROXY, ASKER, MADE_UP = "192.0.2.1", "203.0.113.7", "198.51.100.99"


@pytest.fixture
def behind(settings: Any) -> Any:
    def proxies(count: int) -> None:
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": count}
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = count

    return proxies


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PROXY),
        (0, MADE_UP, PROXY),
        (1, None, PROXY),
        (1, ASKER, ASKER),
        (1, f"{MADE_UP}, {ASKER}", ASKER),
        (2, f"{MADE_UP}, {ASKER}, 192.0.2.2", ASKER),
    ],
)
def test_every_limit_counts_by_the_address_that_the_outermost_proxy_heard(
    behind: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    behind(proxies)
    given = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, **given)
    assert {
        address_of(request),
        AnonRateThrottle().get_ident(request),
        get_adapter().get_client_ip(request),
        get_client_ip_address(request),
    } == {address}


def test_a_start_without_a_word_about_proxies_believes_no_header() -> None:
    assert started.REST_FRAMEWORK["NUM_PROXIES"] == started.ALLAUTH_TRUSTED_PROXY_COUNT == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("recorded_deployment")
def test_a_header_of_ones_own_makes_nobody_another_asker(settings: Any) -> None:
    cache.clear()
    settings.VERIFY_PER_MINUTE = 2
    address = f"/verify/{'ab' * 32}/?part=answer"
    codes = [Client().get(address, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}").status_code for number in range(3)]
    assert codes == [200, 200, 429]
