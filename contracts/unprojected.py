"""Events that no row is made of, and why: tests/test_events.py holds every event of every contract against this.

Whoever gives an event a projection takes its line away here.
"""

_APPROVAL = "who may move tokens for whom is asked of the chain by whoever moves them"
_AUTHORITY = "no page tells who administers; the contracts themselves ask their AccessManager"
_DOMAIN = "never emitted: the contracts' signing domains are fixed"
_LEDGER_SAYS = "what it brings or changes stands in RevenueReceived and in the tokens' transfers"
_ROLES = "no page tells who may do what; the contracts themselves ask, and a deployment is checked by hasRole"
_SIGNED = "nothing signed is kept here that it could void"

# Found by name among the stored events, where they are asked for: module and function.
READ_AS_STORED: dict[str, dict[str, str]] = {
    "DesignLicenses": {"TermsDefined": "licensing.services.templates:announce_templates"},
    "DesignShares": {
        "ClaimOrdered": "royalties.projections:_paid_to",
        "CurrencyAdded": "royalties.services.inboxes:_open_currencies",
        "CurrencyClosed": "licensing.selectors:closed_currencies",
        "FeeScheduled": "royalties.selectors:fee_ppm",
        "FeesWithdrawn": "royalties.audit:_balances",
    },
    "LicenseMarket": {
        "Paused": "licensing.selectors:market_is_paused",
        "Unpaused": "licensing.selectors:market_is_paused",
    },
}

UNPROJECTED: dict[str, dict[str, str]] = {
    "AccessManager": {
        "OperationCanceled": _ROLES,
        "OperationExecuted": _ROLES,
        "OperationScheduled": _ROLES,
        "RoleAdminChanged": _ROLES,
        "RoleGrantDelayChanged": _ROLES,
        "RoleGranted": _ROLES,
        "RoleGuardianChanged": _ROLES,
        "RoleLabel": _ROLES,
        "RoleRevoked": _ROLES,
        "TargetAdminDelayUpdated": _ROLES,
        "TargetClosed": _ROLES,
        "TargetFunctionRoleUpdated": _ROLES,
    },
    "DesignLicenses": {
        "ApprovalForAll": _APPROVAL,
        "AuthorityUpdated": _AUTHORITY,
        "BaseURIChanged": "no page shows where metadata is served",
        "ContractURIUpdated": "no page shows where metadata is served",
        "CustodyReleased": "the transfers that it brings are projected",
        "EIP712DomainChanged": _DOMAIN,
        "InboxCreated": "whether an inbox has its code is asked of the chain when it is to be swept",
        "MetadataFrozen": "no page shows where metadata is served",
        "MinterChanged": _ROLES,
        "URI": "no page shows where metadata is served",
        "UnitsReported": "no page shows how many pieces were made; what was paid for them is projected",
    },
    "DesignRegistry": {
        "AigcData": "an announcement for other indexers; the record that it speaks of is ours",
        "AuthorityUpdated": _AUTHORITY,
        "ClaimCommitted": "its time stands in EntryRegistered as claimedAt; before that it says nothing to anyone",
        "ClaimContested": "anyone may say so; what a moderator makes of it is a StatusChanged",
        "Commit": "an announcement for other indexers, by anyone of anything",
        "ConsentCanceled": "the chain refuses the registration, and the publication fails with its reason",
        "ContestResolved": "what a moderator makes of it is a StatusChanged",
        "ControllerChanged": "no page manages an entry on chain; the chain asks who its controller is",
        "EIP712DomainChanged": _DOMAIN,
        "EntryFrozen": "no page adds versions",
        "FloorsFixed": "the chain refuses an offer below its floor",
        "MarketChanged": "another market is another deployment's record, which names it",
        "ParentLinked": "AncestorsFixed has the same parents, marked as direct",
    },
    "DesignShares": {
        "ApprovalForAll": _APPROVAL,
        "AuthorityUpdated": _AUTHORITY,
        "ClaimOrderCanceled": _SIGNED,
        "ClaimSkipped": "nothing was paid, so what is claimable is as it was",
        "DepositorChanged": _ROLES,
        "EIP712DomainChanged": _DOMAIN,
        "URI": "shares have no metadata of their own",
    },
    "LicenseMarket": {
        "AuthorityUpdated": _AUTHORITY,
        "EIP712DomainChanged": _DOMAIN,
        "LicenseRenewed": "the new end is SubscriptionUpdate, the money RevenueReceived",
        "RenewalConsented": "no page renews; renewFor asks the chain for the consent",
        "UnitsPaid": _LEDGER_SAYS,
        "Voided": _SIGNED,
    },
    "ResaleMarket": {
        "AuthorityUpdated": _AUTHORITY,
        "EIP712DomainChanged": _DOMAIN,
        "Paused": "no page resells",
        "Resold": _LEDGER_SAYS,
        "Unpaused": "no page resells",
        "Voided": _SIGNED,
    },
}

# Contracts whose events are not read at all.
UNFOLLOWED: dict[str, str] = {
    "AllowListPolicy": "no deployment of ours uses it",
    "ERC2771Forwarder": "it says nothing that the contract behind it does not say",
    "Lineage": "a library: it speaks with the registry's address, whose events have the same names",
    "RoyaltyInbox": "each clone has an address of its own, and what it swept stands in the ledger's RevenueReceived",
    "TestStablecoin": "a currency is not ours even where we deployed a test one: its transfers are everybody's",
}
