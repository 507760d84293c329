import common.fields
from django.db import migrations

# As royalties.projections does it: only claims of the holder stand between their order and this one.
ORDERED = """
UPDATE royalties_payout p SET paid_to = o.args->>'to'
FROM contracts_chainevent c, contracts_chainevent o
WHERE c.id = p.event_id AND o.block_id = c.block_id AND o.transaction_hash = c.transaction_hash
  AND o.name = 'ClaimOrdered' AND o.contract = c.contract AND o.args->>'holder' = p.holder
  AND o.log_index < c.log_index AND c.log_index - o.log_index - 1 = (
      SELECT COUNT(*) FROM contracts_chainevent b
      WHERE b.block_id = c.block_id AND b.log_index > o.log_index AND b.log_index < c.log_index
        AND b.name = 'Claimed' AND b.args->>'holder' = p.holder AND b.args->>'currency' = p.currency)
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial"), ("royalties", "0003_ancestors_are_settled")]

    operations = [
        migrations.AddField("payout", "paid_to", common.fields.AddressField(null=True)),
        migrations.RunSQL("UPDATE royalties_payout SET paid_to = holder", migrations.RunSQL.noop),
        migrations.RunSQL(ORDERED, migrations.RunSQL.noop),
        # A deferred check of the rows above would refuse the change of the column.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            "payout",
            "paid_to",
            common.fields.AddressField(help_text="the holder's own address, or where their signed order sent it"),
        ),
    ]
