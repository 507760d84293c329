"""Deploying once, resuming what was interrupted, and what to do when chain and record disagree."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import transaction

from common.locks import Lock, hold
from contracts import artifacts
from contracts.chains import Chain
from contracts.client import client
from contracts.deployment.archive import archive_local_chain, has_state
from contracts.deployment.plan import Plan, Role
from contracts.deployment.records import Record, load_record, save_record
from contracts.deployment.run import DeploymentFailed, check_wiring, fund_locally, run_plan
from contracts.models import SenderNonce
from contracts.signers import Signer, operator_signer
from contracts.startup import refuse_other_contracts

logger = structlog.get_logger(__name__)


def ensure_deployed(
    chain: Chain,
    *,
    say: Callable[[str], None],
    test_stablecoin: bool = False,
    currency: str | None = None,
) -> Record:
    """Leave the chain with our contracts, wired, and their record complete. Safe to run at any time.

    `test_stablecoin` allows the worthless currency on a real chain; else `currency` names an ERC-20 there.
    Raises DeploymentFailed, CannotStart, SignerRefused, ChainUnavailable or WrongChain.
    """
    signer = operator_signer(chain)
    if fund_locally(chain, signer.address):
        say(f"The operator {signer.address} was given coin of the local chain.")
    with transaction.atomic():
        hold(Lock.DEPLOYMENT, chain.chain_id)
        record = load_record(chain)
        if record is not None and _stands(chain, record):
            say(f"The contracts stand as deployed in block {record.deployed_block}.")
            return record
        if record is not None and not _can_resume(chain, record):
            _refuse_on_real_chain(chain, record)
            say(archive_local_chain(chain, reason=_why_archived(record)))
            record = None
        elif record is None and has_state(chain):
            if not chain.is_local:
                raise DeploymentFailed(
                    f"The database knows chain {chain.chain_id} and there is no record of its contracts: "
                    f"put {chain.chain_id}.json back where it was."
                )
            say(archive_local_chain(chain, reason="it is gone"))
        if record is None:
            record = _begin(chain, signer, test_stablecoin=test_stablecoin, currency=currency)
    return _finish(chain, signer, record, say=say)


def _stands(chain: Chain, record: Record) -> bool:
    if not record.complete or record.version != artifacts.version():
        return False
    node = client(chain)
    deployed = node.nonce(record.plan.deployer) >= record.plan.end_nonce
    return deployed and all(node.has_code(address) for address in record.plan.addresses.values())


def _can_resume(chain: Chain, record: Record) -> bool:
    """The deployer's nonce says how far the chain is; in a chain that was rewound it is at an earlier step."""
    if record.version != artifacts.version() or record.plan.deployer != operator_signer(chain).address:
        return False
    node = client(chain)
    done = node.nonce(record.plan.deployer) - record.plan.first_nonce
    if done < 0:
        return False
    created = [record.plan.addresses[name] for name in record.plan.created]
    if not all(node.has_code(address) for address in created[:done]):
        return False
    return not record.complete or done < record.plan.end_nonce - record.plan.first_nonce


def _why_archived(record: Record) -> str:
    if record.version != artifacts.version():
        return "its contracts are of an older version"
    return "its contracts are not on this chain"


def _refuse_on_real_chain(chain: Chain, record: Record) -> None:
    if chain.is_local:
        return
    refuse_other_contracts(chain)
    raise DeploymentFailed(
        f"The contracts recorded for chain {chain.chain_id} are not there: "
        "check CHAIN_RPC_URL, or move the record away to deploy anew."
    )


def _begin(chain: Chain, signer: Signer, *, test_stablecoin: bool, currency: str | None) -> Record:
    if currency is None and not chain.is_local and not test_stablecoin:
        raise DeploymentFailed(
            f"Chain {chain.chain_id} is not local: name its currency with --currency ADDRESS, "
            "or ask for the worthless test dollar with --test-stablecoin."
        )
    node = client(chain)
    allocator = SenderNonce.objects.select_for_update().filter(chain_id=chain.chain_id, address=signer.address).first()
    first = max(node.nonce(signer.address, "pending"), allocator.next_nonce if allocator else 0)
    # On the local chain the operator does what nobody else is named for.
    ours = signer.address if chain.is_local else ""
    plan = Plan(
        deployer=signer.address,
        first_nonce=first,
        treasury=_address("TREASURY_ADDRESS") or signer.address,
        currency=currency,
        moderator=_address("MODERATOR_ADDRESS") or ours,
        treasurer=_address("TREASURER_ADDRESS") or ours,
        guardian=_address("GUARDIAN_ADDRESS") or ours,
    )
    # The whole range of nonces is the deployment's from now on, whatever else is sent meanwhile.
    SenderNonce.objects.update_or_create(
        chain_id=chain.chain_id, address=signer.address, defaults={"next_nonce": plan.end_nonce}
    )
    record = Record(
        plan=plan,
        chain_id=chain.chain_id,
        version=artifacts.version(),
        deployed_block=node.head().number + 1,
        complete=False,
    )
    save_record(chain, record)
    return record


def _address(setting: str) -> str:
    """The address in a setting, checksummed; empty if it names none. Raises DeploymentFailed."""
    from eth_utils.address import is_address, to_checksum_address

    value = getattr(settings, setting)
    if value and not is_address(value):
        raise DeploymentFailed(f"{setting} is {value!r}, which is no address: correct it, or unset it.")
    return to_checksum_address(value) if value else ""


def _finish(chain: Chain, signer: Signer, record: Record, *, say: Callable[[str], None]) -> Record:
    head = client(chain).head().number
    if head < record.deployed_block:
        # The chain was rewound to before its contracts: they come again, at the same addresses.
        record = Record(record.plan, record.chain_id, record.version, head + 1, complete=False)
        save_record(chain, record)
    sent = run_plan(chain, record.plan, signer, say=lambda label: logger.info("deployed", step=label))
    check_wiring(chain, record.plan)
    record = record.finished()
    save_record(chain, record)
    for role in Role:
        if role not in record.plan.roles:
            say(f"Nobody has role {role.value} yet ({role.name}_ADDRESS is empty): the administrator grants it.")
    say(f"{sent} transactions: contracts deployed on chain {chain.chain_id} from block {record.deployed_block}.")
    return record
