from django.db import migrations

# What was signed before had the master of an image opened, and holds whatever credentials that one brought. A row of
# no certificate is due again, behind what is new; one that is being signed by the code of before stays so, too.
OPENED = """
UPDATE designs_previewcredential SET certificate = '' WHERE preview_id IN (
    SELECT preview.id FROM designs_preview preview
    JOIN designs_designversion version ON version.id = preview.version_id
    JOIN designs_asset master ON master.id = version.master_id
    WHERE master.media_type LIKE 'image/%'
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ('designs', '0030_manifests_stated'),
    ]

    operations = [
        migrations.RunSQL(OPENED, migrations.RunSQL.noop),
    ]
