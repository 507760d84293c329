"""Brings the application's own state up to date, in one process: Django starts once instead of four times.

Run by .venv's Python with the settings of the start in its environment. Prints a line `step<TAB>name<TAB>
seconds<TAB>note` per step done and `tell<TAB>…` for what else a person should read; the rest is for the log.
Its last line says why when the exit code is REFUSED.
"""

import io
import os
import sys
import time
from collections.abc import Callable
from typing import NoReturn

REFUSED = 3
STEP_SIGN = "step\t"
TELL_SIGN = "tell\t"
DEMO_ACCOUNTS = "demo-accounts.txt"


def _step(name: str, action: Callable[[], str]) -> None:
    began = time.monotonic()
    note = action()
    print("\t".join(filter(None, [STEP_SIGN + name, f"{time.monotonic() - began:.1f}", note])), flush=True)


def _refuse(sentence: str) -> NoReturn:
    print(" ".join(sentence.split()), flush=True)
    sys.exit(REFUSED)


def _set_up_django() -> str:
    import django

    django.setup()
    return django.get_version()


def _check_database() -> str:
    from django.db import connection
    from django.db.utils import DatabaseError

    try:
        connection.ensure_connection()
        version: int = connection.pg_version  # type: ignore[attr-defined]
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        _refuse(f"The database of DATABASE_URL refuses us ({reason}): check the URL, or unset it to use our own.")
    return f"PostgreSQL {version // 10000}.{version % 10000}"


def _check_redis() -> str:
    from django.conf import settings
    from redis import Redis, RedisError

    try:
        information = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5).info("server")
    except (RedisError, OSError, ValueError) as error:
        _refuse(f"The Redis of REDIS_URL refuses us ({error}): check the URL, or unset it to use our own.")
    return f"Redis {information['redis_version']}"


def _refuse_other_contracts() -> None:
    """A real chain with contracts of another version is no chain for this one: not even the database is touched."""
    from contracts.chains import chain
    from contracts.errors import ChainError
    from contracts.startup import refuse_other_contracts

    here = chain()
    if here.is_local:
        return
    try:
        refuse_other_contracts(here)
    except ChainError as error:
        _refuse(str(error))


def _migrate() -> str:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        call_command("migrate", interactive=False, verbosity=0)
    return f"{waiting} applied" if waiting else "nothing to do"


def _check_custody_key() -> str:
    from accounts.checks import check_custody_key

    for problem in check_custody_key():
        _refuse(problem.msg)
    return "custody can seal"


def _why_chain_waits() -> str:
    """Empty, or why pages read and actions wait (law 11). A local chain without our contracts is given them next."""
    from contracts.chains import chain
    from contracts.client import client
    from contracts.errors import ChainError, ChainUnavailable
    from contracts.startup import check_chain

    here = chain()
    try:
        if not here.is_local:
            return check_chain(here)
        client(here).rpc("eth_chainId")
    except ChainUnavailable as error:
        return f"{error} Pages read, actions wait."
    except ChainError as error:
        _refuse(str(error))
    return ""


def _command(name: str) -> str:
    """Run a management command of ours. What it says is said; its last line is the note of the step."""
    lines = [line.strip() for line in _output_of(name).splitlines() if line.strip()]
    for line in lines[:-1]:
        print(TELL_SIGN + line, flush=True)
    return lines[-1] if lines else ""


def _output_of(name: str) -> str:
    from django.core.management import call_command
    from django.core.management.base import CommandError

    output = io.StringIO()
    try:
        call_command(name, stdout=output)
    except CommandError as error:
        print(output.getvalue())
        _refuse(str(error))
    return output.getvalue()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    _step("Django", _set_up_django)
    _step("Keys", _check_custody_key)
    _step("Database", _check_database)
    _step("Redis", _check_redis)
    _refuse_other_contracts()
    _step("Migrations", _migrate)
    warning = _why_chain_waits()
    if warning:
        print(f"{TELL_SIGN}{warning}", flush=True)
    elif settings.CHAINS["public"]["is_local"]:
        _step("Contracts", lambda: _command("deploy_contracts"))
        _step("Chain and database agree", lambda: _command("repair_local_chain"))
    _step("License templates", lambda: _command("ship_templates"))
    if settings.LOOMPRINT_LOCAL:
        _step("Certificate for Content Credentials", lambda: _command("local_credentials"))
        accounts = _output_of("demo_accounts")
        (settings.LOOMPRINT_VAR / DEMO_ACCOUNTS).write_text(accounts)


if __name__ == "__main__":
    main()
