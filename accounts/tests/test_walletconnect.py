"""WalletConnect's hosts stand in the page policy where the site has a project there, and nowhere else."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as now

SAY_HEADER = """
import django; django.setup()
from csp.middleware import CSPMiddleware
from django.http import HttpResponse
from django.test import RequestFactory
answer = CSPMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))
print(answer["Content-Security-Policy"])
"""


def _policy(project: str) -> dict[str, list[str]]:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "WALLETCONNECT_PROJECT_ID": project}
    done = subprocess.run([sys.executable, "-c", SAY_HEADER], env=env, capture_output=True, text=True, cwd=now.BASE_DIR)
    assert done.returncode == 0, done.stderr
    parts = (part.split() for part in done.stdout.strip().split(";"))
    return {part[0]: part[1:] for part in parts if part}


def test_without_a_project_no_page_may_reach_the_relay():
    policy = _policy("")
    assert "walletconnect" not in str(policy)
    assert "frame-src" not in policy


@pytest.mark.long
def test_with_a_project_pages_may_reach_the_relay_and_nothing_else_is_widened():
    without, having = _policy(""), _policy("0123456789abcdef0123456789abcdef")
    added = [host for host in having["connect-src"] if host not in without["connect-src"]]
    assert added == [
        "wss://relay.walletconnect.org",
        "https://rpc.walletconnect.org",
        "https://verify.walletconnect.org",
    ]
    assert having.pop("frame-src") == ["https://verify.walletconnect.org"]
    del having["connect-src"], without["connect-src"]
    assert having == without


@pytest.mark.django_db
@pytest.mark.usefixtures("recorded_deployment")
@pytest.mark.parametrize("project", ["", "0123456789abcdef0123456789abcdef"])
def test_the_page_tells_the_project_to_its_island(client, settings, project):
    settings.WALLETCONNECT_PROJECT_ID = project
    assert f'"walletConnect": "{project}"' in client.get("/accounts/login/").content.decode()
