from django.db import migrations

# Of what is there without a row nothing is known here: `manage.py scrub --adopt` looks into the stores.
MASTERS = """
INSERT INTO designs_storedfile (store, sha256) SELECT 'masters', sha256 FROM designs_asset ON CONFLICT DO NOTHING
"""
PREVIEWS = """
INSERT INTO designs_storedfile (store, sha256) SELECT DISTINCT 'previews', sha256 FROM designs_preview
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ('designs', '0027_stored_files'),
    ]

    operations = [
        migrations.RunSQL(MASTERS, migrations.RunSQL.noop),
        migrations.RunSQL(PREVIEWS, migrations.RunSQL.noop),
    ]
