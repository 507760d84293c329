"""The local chain: anvil's own binary (its npm launcher orphans the real node when it is killed)."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from .node import ANVIL
from .supervisor import Program, Stage

LOCAL_CHAIN_ID = 31337


def chain_program(*, data: Path, port: int, env: dict[str, str]) -> Program:
    """A chain that mines at once when it has something to do and every 5 s otherwise.

    `--prune-history` keeps anvil from filling the home folder with old states. SIGTERM makes it dump its
    state; a hard kill takes it back to the last dump, up to 30 s ago.
    """
    data.mkdir(parents=True, exist_ok=True)
    command = [str(ANVIL), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(LOCAL_CHAIN_ID)]
    command += ["--mixed-mining", "--block-time", "5", "--slots-in-an-epoch", "1", "--prune-history", "100"]
    command += ["--state", str(data / "state.json"), "--state-interval", "30"]
    command += ["--cache-path", str(data / "cache"), "--quiet"]
    return Program(
        name="chain",
        command=command,
        env=env,
        cwd=data,
        stage=Stage.CHAIN,
        grace=20,
        own_log=True,
    )


class NoAnswer(Exception):
    """The node cannot be reached, or what answers is no Ethereum node."""


def ask(url: str, method: str, *parameters: Any, timeout: float = 5.0) -> Any:
    """The result of one JSON-RPC call. Raises NoAnswer."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    local = "//127.0.0.1" in url or "//localhost" in url
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return json.load(answer)["result"]
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError) as error:
        raise NoAnswer(str(error)) from error


def chain_id_of(url: str) -> int:
    """The chain's own id. Raises NoAnswer."""
    return int(ask(url, "eth_chainId"), 16)
