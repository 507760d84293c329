"""The steps of a start: services, the application's state, the front end, the programs, the demo."""

import asyncio
import os
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

from . import app_steps, assets, chain, postgres, redis
from .bootstrap import Tools
from .commands import clean_environment
from .logs import is_routine
from .packages import path_with
from .paths import ROOT, VENV, VENV_PYTHON, Home
from .programs import background_programs, demo_program, web_program
from .services import start_postgres, start_redis, until_ready
from .settings import local_secrets, write_pairs
from .sockets import free_port, is_free, socket_folder
from .supervisor import Supervisor
from .telling import Refusal, say, step

FIRST_WEB_PORT = 8000
FIRST_CHAIN_PORT = 8545
DATABASE = "loomprint"
IMPROPER = "django.core.exceptions.ImproperlyConfigured"


class Start:
    """One start of a state folder. `run` returns when everything serves; the supervisor keeps it so."""

    def __init__(
        self, home: Home, tools: Tools, replaced: set[str], *, port: int | None, demo: bool, began: float
    ) -> None:
        self.home = home
        self.tools = tools
        self.replaced = replaced
        self.demo = demo
        self.began = began
        self.ports = self._choose_ports(port)
        self.env: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}/"

    async def run(self, supervisor: Supervisor) -> None:
        """Raises Refusal when a step cannot be done."""
        sockets = socket_folder(self.home.instance)
        self.env = self._settings(sockets)
        await self._check_settings(supervisor)
        services_answer = asyncio.Event()
        web = asyncio.create_task(self._start_web(supervisor, services_answer))
        try:
            await self._start_services(supervisor, sockets)
            services_answer.set()
            await self._bring_up_to_date(supervisor)
            await web
        finally:
            web.cancel()
        await self._wait_for_web(supervisor)
        say(f"  ok  {'Loomprint answers':<72} {time.monotonic() - self.began:6.1f} s")
        for program in background_programs(self.env, home=self.home):
            await supervisor.start(program)
        self._say_where()
        if self.demo:
            await supervisor.start(demo_program(self.env))

    def _choose_ports(self, wished: int | None) -> dict[str, int]:
        known = self.home.remembered().get("ports", {})
        if wished is not None and not is_free(wished):
            raise Refusal(f"Port {wished} is in use: end what listens there, or choose another with --port.")
        web = wished or free_port(remembered=known.get("web"), first=FIRST_WEB_PORT)
        node = free_port(remembered=known.get("chain"), first=FIRST_CHAIN_PORT, taken=[web])
        ports = {"web": web, "chain": node}
        self.home.remember(ports=ports)
        return ports

    def _settings(self, sockets: Path) -> dict[str, str]:
        """What every program of ours is told, and what var/local.env tells a plain shell."""
        ours = {
            "LOOMPRINT_LOCAL": "1",
            "LOOMPRINT_SITE_URL": self.url.rstrip("/"),
            "LOOMPRINT_ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DATABASE_URL": postgres.url(sockets / "pg", DATABASE),
            "REDIS_URL": redis.redis_url(sockets / "redis.sock"),
            "CHAIN_RPC_URL": f"http://127.0.0.1:{self.ports['chain']}",
            "CHAIN_ID": str(chain.LOCAL_CHAIN_ID),
            "CHAIN_CONFIRMATIONS": "2",
            **local_secrets(self.home.var / "secrets.env"),
        }
        if os.environ.get("OPERATOR_KEYSTORE") or os.environ.get("OPERATOR_SIGNER_URL"):
            ours["OPERATOR_KEY"] = ""  # the operator's key is in one place
        if "CHAIN_RPC_URL" in self.replaced:
            ours.update(_foreign_chain())
        elif _wished_chain() not in (None, chain.LOCAL_CHAIN_ID):
            raise Refusal(
                f"CHAIN_ID says {_wished_chain()} and the chain that is started here is {chain.LOCAL_CHAIN_ID}: "
                "set CHAIN_RPC_URL too, or unset CHAIN_ID."
            )
        told = {name: os.environ.get(name) or value for name, value in ours.items()}
        told.setdefault("CHAIN_PUBLIC_RPC_URL", os.environ.get("CHAIN_PUBLIC_RPC_URL") or told["CHAIN_RPC_URL"])
        write_pairs(
            self.home.var / "local.env",
            told,
            heading="Written by every script/server: manage.py in a plain shell reads it too.",
        )
        base = {**clean_environment(), **told, "LOOMPRINT_VAR": str(self.home.var), "PYTHONUNBUFFERED": "1"}
        base["LOOMPRINT_NODE"] = str(self.tools.node.node)
        return {**base, "PATH": path_with(VENV / "bin", self.tools.node.node.parent)}

    async def _check_settings(self, supervisor: Supervisor) -> None:
        """A bad value is said in its sentence before anything is started. Raises Refusal."""
        command = [str(VENV_PYTHON), "-c", "import config.settings"]
        code, output = await supervisor.run(command, name="setup", env=self.env, cwd=ROOT)
        if code != 0:
            last = (output.strip().splitlines() or ["The settings cannot be read."])[-1]
            raise Refusal(last.removeprefix(f"{IMPROPER}: "))

    async def _start_services(self, supervisor: Supervisor, sockets: Path) -> None:
        if "DATABASE_URL" not in self.replaced:
            await self._start_postgres(supervisor, sockets)
        if "REDIS_URL" not in self.replaced:
            await self._start_redis(supervisor, sockets)
        if "CHAIN_RPC_URL" not in self.replaced:
            await self._start_chain(supervisor)

    async def _start_postgres(self, supervisor: Supervisor, sockets: Path) -> None:
        with step("PostgreSQL") as current:
            cluster = await asyncio.to_thread(postgres.prepare, self.home, sockets=sockets, durable=True)
            await start_postgres(supervisor, cluster, DATABASE)
            current.note = f"18, {cluster.data}"
            if cluster.account:
                current.note += f" (as {cluster.account.pw_name})"

    async def _start_redis(self, supervisor: Supervisor, sockets: Path) -> None:
        with step("Redis") as current:
            assert self.tools.redis_server is not None
            await start_redis(supervisor, self.tools.redis_server, self.home, sockets, durable=True)
            current.note = f"{sockets / 'redis.sock'}"

    async def _start_chain(self, supervisor: Supervisor) -> None:
        data = self.home.var / "chain"
        if await asyncio.to_thread(chain.settle_state, data):
            say("  !!  The chain's state was torn in writing: it goes on from that of the last start")
        with step("Chain") as current:
            program = chain.chain_program(data=data, port=self.ports["chain"], env=self.env)
            # A node that was killed comes back behind what we have read; the local chain is repaired at once.
            await supervisor.start(replace(program, after_restart=lambda: self._repair(supervisor)))
            await until_ready(supervisor, "chain", self._chain_answers)
            height = int(await asyncio.to_thread(chain.ask, self.env["CHAIN_RPC_URL"], "eth_blockNumber"), 16)
            current.note = f"anvil at port {self.ports['chain']}, block {height}"

    async def _chain_answers(self) -> bool:
        try:
            return await asyncio.to_thread(chain.chain_id_of, self.env["CHAIN_RPC_URL"]) == chain.LOCAL_CHAIN_ID
        except chain.NoAnswer:
            return False

    async def _repair(self, supervisor: Supervisor) -> None:
        await until_ready(supervisor, "chain", self._chain_answers)
        command = [str(VENV_PYTHON), "manage.py", "repair_local_chain"]
        code, output = await supervisor.run(command, name="setup", env=self.env, cwd=ROOT)
        said = [line for line in output.splitlines() if line.strip() and not is_routine(line)]
        say(f"  {'ok' if code == 0 else '!!'}  The chain is back. {' '.join(said)}")

    async def _bring_up_to_date(self, supervisor: Supervisor) -> None:
        """Migrations, contracts, repair, license templates; each said as it is done."""

        def tell(line: str) -> None:
            if line.startswith(app_steps.STEP_SIGN):
                _, name, seconds, *note = line.split("\t", 3)
                label = ": ".join([name, *note])
                say(f"  ok  {label:<72} {float(seconds):6.1f} s")
            elif line.startswith(app_steps.TELL_SIGN):
                say(f"  …   {line.removeprefix(app_steps.TELL_SIGN)}")

        command = [str(VENV_PYTHON), "-m", "script.setup.app_steps"]
        code, output = await supervisor.run(command, name="setup", env=self.env, cwd=ROOT, on_line=tell)
        if code != 0:
            lines = [line for line in output.splitlines() if line.strip()] or ["The application did not start."]
            log = self.home.log / "setup.log"
            raise Refusal(lines[-1] if code == app_steps.REFUSED else f"{lines[-1]} (see {log})")

    async def _start_web(self, supervisor: Supervisor, services_answer: asyncio.Event) -> None:
        """The front end is built and the web loads while the database is brought up to date: two cores, two tasks.

        Nobody is told the address before both are done.
        """
        with step("Front end") as current:
            current.note = await assets.build_frontend(supervisor, self.tools.node, self.env)
        with step("Static files") as current:
            current.note = await assets.collect_static(supervisor, self.env)
        await services_answer.wait()
        await supervisor.start(web_program(self.env, port=self.ports["web"]))

    async def _wait_for_web(self, supervisor: Supervisor) -> None:
        with step("Web") as current:
            await until_ready(supervisor, "web", self._web_answers, seconds=90)
            current.note = self.url

    async def _web_answers(self) -> bool:
        return await asyncio.to_thread(_answers, self.url)

    def _say_where(self) -> None:
        accounts = self.home.var / app_steps.DEMO_ACCOUNTS
        say()
        say(f"  Loomprint  {self.url}")
        if self.demo and accounts.is_file():
            for line in accounts.read_text().splitlines():
                say(f"  {line}")
        say(f"  Ctrl-C ends everything; the data stays in {self.home.var}")
        say()


def _wished_chain() -> int | None:
    """CHAIN_ID of the environment. Raises Refusal when it is no number."""
    wished = os.environ.get("CHAIN_ID")
    try:
        return int(wished) if wished else None
    except ValueError:
        raise Refusal(f"CHAIN_ID is {wished!r} and must be a whole number: correct it, or unset it.") from None


def _foreign_chain() -> dict[str, str]:
    """The id of the chain given; a chain that does not answer leaves the start read-only (law 11)."""
    url, wished = os.environ["CHAIN_RPC_URL"], _wished_chain()
    try:
        found = chain.chain_id_of(url)
    except chain.NoAnswer as error:
        if not wished:
            raise Refusal(
                f"The chain of CHAIN_RPC_URL does not answer ({error}): check the URL, or set CHAIN_ID "
                "to start read-only without it."
            ) from error
        say(f"  !!  The chain of CHAIN_RPC_URL does not answer ({error}): pages read, actions wait.")
        found = wished
    if wished not in (None, found):
        raise Refusal(f"CHAIN_RPC_URL leads to chain {found} and CHAIN_ID says {wished}: correct the wrong one.")
    return {
        "CHAIN_ID": str(found),
        **({} if found == chain.LOCAL_CHAIN_ID else {"CHAIN_CONFIRMATIONS": "12"}),
    }


def _answers(url: str) -> bool:
    """Whether the page is there. Raises Refusal when it is answered with an error: waiting would not mend it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=20) as answer:
            return bool(answer.status < 400)
    except urllib.error.HTTPError as error:
        raise Refusal(f"The storefront answers {error.code} {error.reason}: var/log/web.log says why.") from error
    except (OSError, urllib.error.URLError):
        return False
