from django.db import migrations

import common.fields


class Migration(migrations.Migration):
    dependencies = [("royalties", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="payoutrun",
            name="through_hash",
            field=common.fields.HashField(
                help_text="block of the newest revenue this run looked at; null when it left holders out", null=True
            ),
        ),
        migrations.RemoveField(model_name="payoutrun", name="through_block"),
    ]
