"""The local chain: anvil's own binary (its npm launcher orphans the real node when it is killed)."""

import http.client
import json
import shutil
import urllib.request
from pathlib import Path
from typing import Any

from .node import ANVIL
from .supervisor import Program, Stage
from .telling import Refusal

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


def settle_state(data: Path) -> bool:
    """Before a start: put the state of the last start in the place of one torn in writing (power lost).

    True when that was needed: the chain then stands behind what has been read of it, like after a hard kill.
    Raises Refusal when there is nothing to put there.
    """
    state, previous = data / "state.json", data / "state.previous.json"
    if not state.exists() or _is_whole(state):
        if state.exists():
            shutil.copyfile(state, previous)
        return False
    if not previous.exists():
        raise Refusal(
            f"The chain's state in {state} is torn and there is no older one: move {data} away, and the "
            "demo chain is made anew."
        )
    shutil.copyfile(previous, state)
    return True


def _is_whole(state: Path) -> bool:
    with state.open("rb") as file:
        first = file.read(1)
        file.seek(max(0, state.stat().st_size - 16))
        return first == b"{" and file.read().rstrip().endswith(b"}")


class NoAnswer(Exception):
    """The node cannot be reached, or what answers is no Ethereum node."""


def ask(url: str, method: str, *parameters: Any, timeout: float = 5.0) -> Any:
    """The result of one JSON-RPC call. Raises NoAnswer."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    local = "//127.0.0.1" in url or "//localhost" in url
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))
    try:
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
        with opener.open(request, timeout=timeout) as answer:
            return json.load(answer)["result"]
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error


def chain_id_of(url: str) -> int:
    """The chain's own id. Raises NoAnswer."""
    answer = ask(url, "eth_chainId")
    try:
        return int(answer, 16)
    except (ValueError, TypeError) as error:
        raise NoAnswer(f"it says that its id is {answer!r}") from error
