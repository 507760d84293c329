from django.apps import AppConfig


class RoyaltiesConfig(AppConfig):
    name = "royalties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from common.later import Later
        from contracts.hooks import Table, register_auditor, register_outcome, register_projection
        from royalties import models, projections
        from royalties.kinds import CLAIM_FOR, CLAIM_SIGNED

        moved = Table(models.ShareMovement, projections.MOVEMENT)
        register_projection("DesignShares", "TransferSingle", projections.shares_moved, table=moved)
        register_projection("DesignShares", "TransferBatch", projections.shares_moved_in_batch, table=moved)
        register_projection("DesignShares", "RevenueReceived", projections.revenue_received)
        register_projection("DesignShares", "AncestorSettled", projections.ancestor_settled)
        register_projection("DesignShares", "Claimed", projections.claimed, reads=[models.Payout])
        register_outcome(CLAIM_FOR, Later("royalties.services.payouts.payout_failed"))
        register_outcome(CLAIM_SIGNED, Later("royalties.services.claims.signed_claim_failed"))
        register_auditor("royalties.shares", Later("royalties.audit.shares"))
        register_auditor("royalties.money", Later("royalties.audit.money"))
        register_auditor("royalties.settlements", Later("royalties.audit.settlements"))
