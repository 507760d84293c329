"""script/contracts mutants: does a test fail for every small change to the code that money passes through?

A mutant is compiled alone, and its bytecode put in the place of the contract that the tests deploy, so no test is
compiled again: in a copy of the Foundry project, `new Contract(…)` looks the code up when the test runs. What gives the
same bytecode is no mutant. Survivors are explained in docs/contracts/mutants.md.
"""

import hashlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from .commands import clean_environment
from .mutations import Mutant, closing, mutants_of, without_comments
from .node import FORGE, node_for
from .paths import ROOT, SOLIDITY, Home
from .telling import Refusal, say, step

EXPLAINED = ROOT / "docs" / "contracts" / "mutants.md"
# A line of the page, below the source's heading: - `function`: `as it is` → `as mutated`: why no test can tell.
_EXPLANATION = re.compile(r"^- `(\w+)`: `(.+)` → `(.+)`: .+$")
_HEADING = re.compile(r"^## `(.+)`$")

# The contracts that money passes through. Mutated is whatever of ours they are compiled from.
TARGETS = ("DesignShares", "RoyaltyInbox", "LicenseMarket", "ResaleMarket")
_FEW_RUNS = {"FOUNDRY_FUZZ_RUNS": "24", "FOUNDRY_INVARIANT_RUNS": "6", "FOUNDRY_INVARIANT_DEPTH": "60"}
# A mutant that never ends is killed too. Of the processor, since machines are shared and paused.
_SECONDS = 900
# Creates a contract whose calls all succeed and answer nothing.
_HOLLOW = "0x6001600c60003960016000f300"

Code = dict[str, Any]
_CODE = ("bytecode", "deployedBytecode")


def check(only: Sequence[str] = (), *, workers: int = 2, quick: bool = False) -> int:
    """0 if every mutant is killed or explained. `only` are names of contracts or of their sources."""
    home = Home.of_checkout()
    home.make()
    node = os.environ.get("LOOMPRINT_NODE") or str(node_for(home).node)
    project = Project(home.var / "mutants", node)
    with step("the contracts and their tests, compiled") as current:
        project.build()
        deployed = project.money()
        known = {Path(source).stem for source in deployed} | set(TARGETS)
        if unknown := sorted(set(only) - known):
            raise Refusal(f"No money passes through {', '.join(unknown)}: name some of {', '.join(sorted(known))}.")
        mutants = [
            mutant
            for source, contracts in deployed.items()
            if not only or {Path(source).stem, *contracts} & set(only)
            for mutant in mutants_of(source, (SOLIDITY / source).read_text())
        ]
        current.note = f"{len(mutants)} mutants"
    explained = _explained(EXPLAINED.read_text() if EXPLAINED.is_file() else "")
    beds: queue.SimpleQueue[Bed] = queue.SimpleQueue()
    with ExitStack() as stack, ThreadPoolExecutor(workers) as threads:
        for number in range(workers):
            beds.put(stack.enter_context(Bed(project, number)))

        def tried(mutant: Mutant, *, patient: bool = False) -> str:
            bed = beds.get()
            try:
                return bed.judge(mutant, deployed[mutant.source], patient=patient)
            finally:
                beds.put(bed)

        bed = beds.get()
        with step("the tests pass without a mutant, and fail with a hollow contract"):
            bed.check()
        beds.put(bed)
        results: dict[Mutant, str] = {}
        for mutant, result in zip(mutants, threads.map(tried, mutants), strict=True):
            results[mutant] = result
            if len(results) % 50 == 0 or len(results) == len(mutants):
                say(f"  …   {len(results)} of {len(mutants)}")
        survivors = [mutant for mutant, result in results.items() if result == "survived"]
        for mutant in survivors:
            say(f"  {mutant.source}:{mutant.line} ({mutant.what}) {mutant.before} → {mutant.after}")
        again = [] if quick else [mutant for mutant in survivors if mutant.key not in explained]
        with step(f"{len(again)} survivors without an explanation, again with all fuzzing"):
            results |= zip(again, threads.map(partial(tried, patient=True), again), strict=True)
    return _report(results, explained, everything=not only)


def _report(results: Mapping[Mutant, str], explained: set[tuple[str, ...]], *, everything: bool) -> int:
    columns = ("killed", "survived", "same bytecode", "not compiled")
    say(f"{'source':<32}{'mutants':>9}" + "".join(f"{column:>15}" for column in columns))
    counts: dict[str, Counter[str]] = {}
    for mutant, result in results.items():
        counts.setdefault(mutant.source, Counter())[result] += 1
    for source, count in [*counts.items(), ("everything", sum(counts.values(), Counter[str]()))]:
        tested = count["killed"] + count["survived"]
        say(f"{source.removeprefix('src/'):<32}{tested:>9}" + "".join(f"{count[column]:>15}" for column in columns))
    survivors = {mutant.key: mutant for mutant, result in results.items() if result == "survived"}
    unexplained = [mutant for key, mutant in survivors.items() if key not in explained]
    idle = sorted(explained - set(survivors)) if everything else []
    for mutant in unexplained:
        say(f"contracts: no test fails, and nothing is explained: {mutant.source}:{mutant.line}")
        say(f"- `{mutant.place}`: `{mutant.before}` → `{mutant.after}`: ")
    for source, place, before, after in idle:
        say(f"contracts: explained, and killed or gone: {source}: `{place}`: `{before}` → `{after}`")
    say(f"contracts: {len(survivors)} mutants survived, {len(unexplained)} without an explanation.")
    return 1 if unexplained or idle else 0


def _explained(text: str) -> set[tuple[str, ...]]:
    found, source = set(), ""
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            source = heading[1]
        elif match := _EXPLANATION.match(line):
            found.add((source, *match.groups()))
    return found


class Project:
    """The compiled copy of the Foundry project that mutants are tried in copies of, and the results so far."""

    def __init__(self, folder: Path, node: str) -> None:
        self.root = folder / "solidity"
        self.results = folder / "results"
        self.results.mkdir(parents=True, exist_ok=True)
        self.env = clean_environment() | {"LOOMPRINT_NODE": node, "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1"}
        self.contracts: dict[str, Code] = {}

    def build(self) -> None:
        """Raises Refusal if a test has a contract compiled in all the same: it could tell no mutant of it."""
        self._copy()
        done = subprocess.run(
            [FORGE, "build"], cwd=self.root, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            raise Refusal(f"The contracts or their tests do not compile:\n{done.stdout}")
        tests: dict[str, str] = {}
        for path in sorted((self.root / "out").glob("**/*.json")):
            content = json.loads(path.read_text())
            if "metadata" not in content:
                continue
            source = next(iter(content["metadata"]["settings"]["compilationTarget"]))
            code = content["bytecode"]["object"].removeprefix("0x")
            # Libraries of internal functions have no code of their own, only a stub.
            if source.startswith("src/") and code and any(one["type"] == "function" for one in content["abi"]):
                self.contracts[path.stem] = content
            elif source.startswith("test/"):
                tests[path.stem] = code
        for name, content in self.contracts.items():
            code = content["deployedBytecode"]["object"].removeprefix("0x")
            if holding := [test for test, inside in tests.items() if code in inside]:
                raise Refusal(f"{', '.join(holding)} has {name} compiled in: let the test create it with `new`.")

    def money(self) -> dict[str, list[str]]:
        """The sources of the contracts that money passes through, and all contracts that are compiled from each."""
        return {
            source: [name for name, content in self.contracts.items() if source in content["metadata"]["sources"]]
            for source in sorted({s for target in TARGETS for s in self.contracts[target]["metadata"]["sources"]})
            if source.startswith("src/")
        }

    def digest(self, *patterns: str) -> str:
        paths = sorted(path for pattern in patterns for path in (self.root / "test").glob(pattern) if path.is_file())
        return hashlib.sha256(b"\0".join(str(path).encode() + path.read_bytes() for path in paths)).hexdigest()

    def _copy(self) -> None:
        """What changed only, so that Forge compiles only what depends on it."""
        wanted = {Path("foundry.toml"), *_files("src/**/*.sol"), *_files("bin/*"), *_files("test/**/*")}
        wanted -= _files("test/gas/*")
        texts = {path: (SOLIDITY / path).read_text() for path in wanted}
        names = sorted(path.stem for path in wanted if path.parts[0] == "src")
        for path, text in texts.items():
            text = _looked_up(text, names) if path.parts[0] == "test" else text
            copy = self.root / path
            if not copy.is_file() or copy.read_text() != text:
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text)
                copy.chmod((SOLIDITY / path).stat().st_mode)
        for path in [*self.root.glob("src/**/*.sol"), *self.root.glob("test/**/*.*")]:
            if path.relative_to(self.root) not in wanted:
                path.unlink()
        if not (self.root / "node_modules").exists():
            (self.root / "node_modules").symlink_to(SOLIDITY / "node_modules")


def _files(pattern: str) -> set[Path]:
    return {path.relative_to(SOLIDITY) for path in SOLIDITY.glob(pattern) if path.is_file()}


def _looked_up(test: str, names: Sequence[str]) -> str:
    """A test that asks Foundry for the contracts' code when it runs, in place of having it compiled in."""
    code, found, place = without_comments(test), "", 0
    for match in re.finditer(rf"\bnew ({'|'.join(names)})\(", code):
        behind = closing(code, match.end() - 1)
        created = f'_created("{match[1]}.sol:{match[1]}", abi.encode({test[match.end() : behind - 1]}))'
        found += test[place : match.start()] + f"{match[1]}(payable({created}))"
        place = behind
    return found + test[place:] + (_CREATED if found else "")


_CREATED = """
function _created(string memory name, bytes memory arguments) returns (address created) {
    address vm = address(uint160(uint256(keccak256("hevm cheat code"))));
    (, bytes memory code) = vm.call(abi.encodeWithSignature("getCode(string)", name));
    code = abi.encodePacked(abi.decode(code, (bytes)), arguments);
    assembly ("memory-safe") {
        created := create(0, add(code, 32), mload(code))
        if iszero(created) {
            returndatacopy(0, 0, returndatasize())
            revert(0, returndatasize())
        }
    }
}
"""


class Bed:
    """A copy of the project in which contracts are exchanged, with a compiler of its own."""

    def __init__(self, project: Project, number: int) -> None:
        self._project = project
        self._root = project.root.with_name(f"bed-{number}")

    def __enter__(self) -> Self:
        shutil.rmtree(self._root, ignore_errors=True)
        shutil.copytree(self._project.root, self._root, symlinks=True)
        # Forge asks for the compiler's version before each run, and Node takes longer to answer than most tests.
        version = subprocess.check_output([SOLIDITY / "bin" / "solc", "--version"], env=self._project.env, text=True)
        (self._root / "bin" / "solc").write_text(f"#!/bin/sh\ncat <<'END'\n{version}\nEND\n")
        self._compiler = subprocess.Popen(
            [SOLIDITY / "bin" / "solc", "--lines"],
            env=self._project.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._compiler.kill()
        self._compiler.communicate()
        shutil.rmtree(self._root)

    def check(self) -> None:
        """Raises Refusal if the tests fail without a mutant, or pass with a contract that does nothing."""
        for name in TARGETS:
            sources = self._project.contracts[name]["metadata"]["sources"]
            text = (SOLIDITY / "src" / f"{name}.sol").read_text()
            compiled = self._compiled(name, f"src/{name}.sol", text) if f"src/{name}.sol" in sources else None
            if compiled is None or compiled["bytecode"]["object"] != self._code_of(name)["bytecode"]["object"]:
                raise Refusal(f"{name}, compiled alone, is not what Forge made of it.")
            self._exchange({name: {kind: {"object": _HOLLOW, "linkReferences": {}} for kind in _CODE}})
            if not self._killer("--match-path", f"test/unit/{name}/**"):
                raise Refusal(f"The tests in test/unit/{name} pass with a {name} that does nothing.")
            self._exchange({name: compiled})
        if killer := self._killer():
            raise Refusal(f"{killer} fails without any mutant: mend that first.")

    def judge(self, mutant: Mutant, contracts: Sequence[str], *, patient: bool) -> str:
        """killed, survived, same bytecode or not compiled. Kept, until what it depends on changes."""
        made_of = [self._project.contracts[name]["metadata"] for name in contracts]
        key = hashlib.sha256(json.dumps([mutant.source, mutant.text, made_of]).encode()).hexdigest()
        kept = self._project.results / f"{key}.json"
        if kept.is_file():
            before = json.loads(kept.read_text())
            holds = before["depends"] == self._depends(before["result"], before["killer"])
            if holds and (before["patient"] or not patient or before["result"] != "survived"):
                return str(before["result"])
        result, killer = self._fate(mutant, contracts, patient=patient)
        content = {"result": result, "killer": killer, "patient": patient, "depends": self._depends(result, killer)}
        kept.write_text(json.dumps(content))
        return result

    def _depends(self, result: str, killer: str) -> str:
        """A killed mutant stays killed while its killer stays; a survivor is tried again when any test changes."""
        if result == "killed":
            return self._project.digest("support/**/*", "invariant/handlers/*", killer.removeprefix("test/"))
        return self._project.digest("**/*") if result == "survived" else ""

    def _fate(self, mutant: Mutant, contracts: Sequence[str], *, patient: bool) -> tuple[str, str]:
        before = {name: self._code_of(name) for name in contracts}
        code = {}
        for name in contracts:
            compiled = self._compiled(name, mutant.source, mutant.text)
            if compiled is None:
                return "not compiled", ""
            code[name] = compiled
        if all(code[name]["bytecode"]["object"] == before[name]["bytecode"]["object"] for name in contracts):
            return "same bytecode", ""
        self._exchange(code)
        try:
            killer = next(filter(None, self._killers(contracts, patient=patient)), "")
        finally:
            self._exchange(before)
        return ("killed" if killer else "survived"), killer

    def _killers(self, contracts: Sequence[str], *, patient: bool) -> Iterator[str]:
        """From the quickest and likeliest tests to all; a patient look is a second one."""
        if patient:
            yield self._killer(runs={})
        else:
            yield self._killer("--match-path", f"test/unit/{{{','.join(contracts)}}}/**")
            yield self._killer("--no-match-path", "test/{fuzz,invariant}/**")
            yield self._killer()

    def _killer(self, *words: str, runs: dict[str, str] = _FEW_RUNS) -> str:
        """The file of a test that fails; nothing if all pass. Raises Refusal if none ran at all."""
        done = subprocess.run(
            ["sh", "-c", f'ulimit -t {_SECONDS}; exec "$@"', "sh", FORGE, "test", "--fail-fast", *words],
            cwd=self._root,
            env=self._project.env | runs,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode == 0 and re.search(r"[1-9]\d* tests passed, 0 failed", done.stdout):
            return ""
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return "test/**/*"
        if match := re.search(r"Encountered \d+ failing tests? in (\S+?):", done.stdout):
            return match[1]
        raise Refusal(f"The tests did not run:\n{done.stdout[-2000:]}")

    def _compiled(self, name: str, changed: str, text: str) -> Code | None:
        """The code of a contract with one source changed, by the compiler's own list of settings and sources."""
        metadata = self._project.contracts[name]["metadata"]
        settings = dict(metadata["settings"])
        ((path, _name),) = settings.pop("compilationTarget").items()
        wanted = [f"evm.{kind}.{part}" for kind in _CODE for part in ("object", "linkReferences")]
        sources = {source: {"content": (self._project.root / source).read_text()} for source in metadata["sources"]}
        sources[changed] = {"content": text}
        question = {
            "language": metadata["language"],
            "sources": sources,
            "settings": settings | {"outputSelection": {path: {name: wanted}}},
        }
        assert self._compiler.stdin is not None
        assert self._compiler.stdout is not None
        self._compiler.stdin.write(json.dumps(question) + "\n")
        self._compiler.stdin.flush()
        answer = json.loads(self._compiler.stdout.readline())
        if any(error["severity"] == "error" for error in answer.get("errors", [])):
            return None
        evm = answer["contracts"][path][name]["evm"]
        return {kind: evm[kind] | {"object": "0x" + evm[kind]["object"]} for kind in _CODE}

    def _artifact(self, name: str) -> Path:
        return self._root / "out" / f"{name}.sol" / f"{name}.json"

    def _code_of(self, name: str) -> Code:
        content = json.loads(self._artifact(name).read_text())
        return {kind: {part: content[kind][part] for part in ("object", "linkReferences")} for kind in _CODE}

    def _exchange(self, codes: dict[str, Code]) -> None:
        for name, code in codes.items():
            content = json.loads(self._artifact(name).read_text())
            for kind in _CODE:
                content[kind] |= code[kind]
            self._artifact(name).write_text(json.dumps(content))
