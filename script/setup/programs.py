"""The application's own programs: web, workers, beat, the chain's reader, and the demo's filling."""

import os
from pathlib import Path

from .paths import ROOT, VENV, VENV_PYTHON, Home
from .supervisor import Program, Stage

CELERY = str(VENV / "bin" / "celery")


def background_programs(env: dict[str, str], *, home: Home) -> list[Program]:
    """All but the web, which is started before them, so that it answers soonest."""
    return [
        _program("indexer", [str(VENV_PYTHON), "manage.py", "follow_chain"], env),
        _worker("worker", env, queues="chain,default", processes=2),
        # Renders and inspections take seconds of both cores: apart, so that no purchase waits for them.
        _worker("assets", env, queues="assets", processes=1),
        # What nobody waits for, the care of what is kept before batches: cores that somebody needs are not for it.
        _worker("bulk", env, queues="care,bulk", processes=1, niceness=10),
        _beat(env, home.run),
    ]


def demo_program(env: dict[str, str]) -> Program:
    return _program("demo", [str(VENV_PYTHON), "manage.py", "seed_demo"], env, stage=Stage.FRONT, attempts=3)


def _program(
    name: str,
    command: list[str],
    env: dict[str, str],
    *,
    stage: Stage = Stage.WORKERS,
    attempts: int | None = None,
    grace: float = 10,
) -> Program:
    return Program(name=name, command=command, env=env, cwd=ROOT, stage=stage, attempts=attempts, grace=grace)


def web_program(env: dict[str, str], *, port: int) -> Program:
    command = [str(VENV / "bin" / "gunicorn"), "config.wsgi:application", "--worker-class", "gthread"]
    command += ["--workers", "2", "--threads", "8", "--bind", f"127.0.0.1:{port}", "--timeout", "60"]
    # The control socket would lie in the home folder, one for all checkouts.
    command += ["--graceful-timeout", "5", "--no-control-socket", "--log-level", "warning", "--preload"]
    return _program("web", command, env, stage=Stage.FRONT)


def _worker(name: str, env: dict[str, str], *, queues: str, processes: int, niceness: int = 0) -> Program:
    command = ["nice", "-n", str(niceness)] if niceness else []
    command += [CELERY, "-q", "-A", "config", "worker", "-n", f"{name}@%h", "-Q", queues, "-c", str(processes)]
    command += ["--pool", "prefork", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    if os.geteuid() == 0:
        # Who started this as root has decided so; Celery would say five lines about it at every start.
        env = {**env, "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
    return _program(name, command, env, grace=10)


def _beat(env: dict[str, str], folder: Path) -> Program:
    command = [CELERY, "-q", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile", ""]
    return _program("beat", [*command, "-s", str(folder / "beat-schedule")], env, stage=Stage.FRONT)
