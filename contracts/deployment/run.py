"""Sending a plan's transactions, one after the other."""

import time
from collections.abc import Callable

from contracts.chains import CURRENCY, Chain
from contracts.client import Client, client
from contracts.deployment.plan import NATIVE, Plan, Step
from contracts.errors import AlreadyKnown, ChainError, NonceTooLow, Underpriced
from contracts.killpoints import reach
from contracts.signers import Signer

MINING_SECONDS = 180
ENOUGH = 100 * 10**18
PLENTY = 10_000 * 10**18


class DeploymentFailed(ChainError):
    """A deployment cannot go on; `str()` says why and what to do."""


def run_plan(chain: Chain, plan: Plan, signer: Signer, *, say: Callable[[str], None]) -> int:
    """Send what the chain does not have yet. Returns how many transactions were sent."""
    node = client(chain)
    done = node.nonce(plan.deployer) - plan.first_nonce
    sent = 0
    for number, step in enumerate(plan.steps()):
        if number < done:
            continue
        _send(node, signer, step, plan.first_nonce + number)
        say(f"{step.label}")
        sent += 1
    return sent


def _send(node: Client, signer: Signer, step: Step, nonce: int) -> None:
    call = {"from": signer.address, "data": "0x" + step.data.hex()} | ({"to": step.to} if step.to else {})
    fees = node.fees()
    signed = signer.sign_transaction(
        {
            "chainId": node.chain.chain_id,
            "type": 2,
            "nonce": nonce,
            "to": step.to or b"",
            "value": 0,
            "data": step.data,
            "gas": node.simulate(call) * 5 // 4 + 20_000,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority,
        }
    )
    try:
        node.send_raw(signed.raw)
        reach("deployment.sent")
    except (AlreadyKnown, NonceTooLow, Underpriced):
        pass  # an interrupted run sent this step: it is waited for like our own
    deadline = time.monotonic() + MINING_SECONDS
    while node.nonce(signer.address) <= nonce:
        if time.monotonic() > deadline:
            raise DeploymentFailed(
                f"'{step.label}' is in no block after {MINING_SECONDS} s: run deploy_contracts again to go on."
            )
        time.sleep(0.02 if node.chain.is_local else 2)
    receipt = node.receipts([signed.hash]).get(signed.hash)
    if receipt is not None and not receipt.succeeded:
        raise DeploymentFailed(f"'{step.label}' failed on chain (transaction {signed.hash}).")


def check_wiring(chain: Chain, plan: Plan) -> None:
    """Look at the result as a stranger would. Raises DeploymentFailed, naming what is wrong."""
    node = client(chain)
    at = plan.addresses
    market = at["LicenseMarket"]

    def see(contract: str, function: str, *args: object) -> object:
        return node.call_at(at[contract], contract, function, *args)

    for name, address in at.items():
        if not node.has_code(address):
            raise DeploymentFailed(f"{name} has no code at {address}.")
    facts = {
        "the registry names the shares": see("DesignRegistry", "shares") == at["DesignShares"],
        "the registry names the licenses": see("DesignRegistry", "licenses") == at["DesignLicenses"],
        "the registry names the market": see("DesignRegistry", "market") == market,
        "the market names the registry": see("LicenseMarket", "registry") == at["DesignRegistry"],
        "the market names the shares": see("LicenseMarket", "shares") == at["DesignShares"],
        "the market names the licenses": see("LicenseMarket", "licenses") == at["DesignLicenses"],
        "the ledger names the registry": see("DesignShares", "registry") == at["DesignRegistry"],
        "the ledger names the treasury": see("DesignShares", "treasury") == plan.treasury,
        "the views name the registry": see("DesignViews", "registry") == at["DesignRegistry"],
        "inboxes pay into the ledger": see("RoyaltyInbox", "shares") == at["DesignShares"],
        "the market may deposit": see("DesignShares", "isDepositor", market),
        "the resale market names the registry": see("ResaleMarket", "registry") == at["DesignRegistry"],
        "the resale market may deposit": see("DesignShares", "isDepositor", at["ResaleMarket"]),
        "the market may mint": see("DesignLicenses", "isMinter", market),
        "the ledger knows our currency, then the native coin": see("DesignShares", "currencies")
        == [at[CURRENCY], NATIVE],
        **{
            f"{account} has role {role.value}": see("AccessManager", "hasRole", int(role), account)[0]  # type: ignore[index]
            for role, account in plan.roles.items()
        },
    }
    wrong = [fact for fact, true in facts.items() if not true]
    if wrong:
        raise DeploymentFailed(f"The deployment is not as planned: {wrong[0]} is not so.")


def fund_locally(chain: Chain, address: str) -> bool:
    """Give an account of the local chain native coin when it has little. True when it was given some."""
    node = client(chain)
    if not chain.is_local or node.balance(address) >= ENOUGH:
        return False
    node.rpc("anvil_setBalance", address, hex(PLENTY))
    return True
