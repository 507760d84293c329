"""What search reads, kept by triggers; every design on show is listed when the migration runs."""

from pathlib import Path

import common.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FUNCTIONS = (Path(__file__).parent.parent / "sql" / "listings.sql").read_text()
ENTRIES = "marketplace_entries_changed"
WATCHED = [
    ("designs_registryentry", ENTRIES, ("INSERT", "UPDATE", "DELETE")),
    ("designs_entrystatus", ENTRIES, ("INSERT", "UPDATE", "DELETE")),
    ("licensing_offer", ENTRIES, ("INSERT", "UPDATE", "DELETE")),
    ("licensing_entryclosing", ENTRIES, ("INSERT", "UPDATE", "DELETE")),
    ("designs_designversion", "marketplace_versions_changed", ("INSERT", "UPDATE", "DELETE")),
    ("designs_design", "marketplace_designs_changed", ("UPDATE",)),
    ("designs_design", "marketplace_designs_deleted", ("DELETE",)),
    ("accounts_user", "marketplace_people_changed", ("UPDATE",)),
    ("licensing_licensetemplate", "marketplace_terms_changed", ("INSERT", "UPDATE", "DELETE")),
    ("licensing_licensesale", "marketplace_sales_changed", ("INSERT", "DELETE")),
]
ROWS = {
    "INSERT": "NEW TABLE AS changed",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS changed",
    "DELETE": "OLD TABLE AS changed",
}


def name_of(table: str, function: str, event: str) -> str:
    return f"{function}_{table.split('_')[1]}_{event.lower()}"


TRIGGERS = "\n".join(
    f"CREATE TRIGGER {name_of(table, function, event)} AFTER {event} ON {table} REFERENCING {ROWS[event]} "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {function}();"
    for table, function, events in WATCHED
    for event in events
)
WITHOUT = "\n".join(
    [f"DROP TRIGGER {name_of(table, function, event)} ON {table};" for table, function, events in WATCHED for event in events]
    + [f"DROP FUNCTION {function}();" for function in sorted({function for _table, function, _events in WATCHED})]
    + ["DROP FUNCTION marketplace_list(bigint[]);"]
)
ALL = "SELECT marketplace_list(array_agg(id)) FROM designs_design WHERE entry_id IS NOT NULL HAVING count(*) > 0"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("contracts", "0001_initial"),
        ("designs", "0002_the_whole_registry"),
        ("licensing", "0003_sales_name_their_voucher"),
        ("marketplace", "0002_wallet_orders"),
    ]

    operations = [
        # Others use it too: going back leaves it.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Listing",
            fields=[
                (
                    "design",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="listing",
                        serialize=False,
                        to="designs.design",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("kind", models.CharField(max_length=8)),
                ("disclosure", models.CharField(max_length=16)),
                (
                    "program",
                    models.CharField(help_text="model or program of its newest version; may be empty", max_length=160),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), size=None),
                ),
                ("document", django.contrib.postgres.search.SearchVectorField()),
                ("words", models.TextField(help_text="title, creator, program and tags in lower case")),
                ("claimed_at", models.DateTimeField()),
                ("licensed", models.PositiveBigIntegerField(default=0, help_text="licenses sold of it")),
            ],
        ),
        migrations.CreateModel(
            name="ListingPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prices", to="marketplace.listing"
                    ),
                ),
                ("currency", common.fields.AddressField()),
                ("price", common.fields.UintField()),
                (
                    "licenses",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GinIndex(fields=["document"], name="listing_document"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("words"), name="gin_trgm_ops"), name="listing_words"
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="listing_tags"),
        ),
        migrations.AddIndex(
            model_name="listing", index=models.Index(fields=["claimed_at", "design"], name="listing_newest")
        ),
        migrations.AddIndex(
            model_name="listing", index=models.Index(fields=["licensed", "design"], name="listing_licensed")
        ),
        migrations.AddIndex(
            model_name="listing", index=models.Index(fields=["owner", "claimed_at", "design"], name="listing_owner")
        ),
        migrations.AddConstraint(
            model_name="listingprice",
            constraint=models.UniqueConstraint(fields=("listing", "currency"), name="listing_price_once"),
        ),
        migrations.AddIndex(
            model_name="listingprice",
            index=models.Index(fields=["currency", "price", "listing"], name="listing_price"),
        ),
        migrations.RunSQL(FUNCTIONS + TRIGGERS, WITHOUT),
        migrations.RunSQL(ALL, migrations.RunSQL.noop),
    ]
