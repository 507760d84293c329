from django.db import migrations
from django.db.models import F, Max

BATCH = 5000


def came_with_its_version(apps, schema_editor):
    """In batches, each committed by itself: what was ended goes on with what is left."""
    versions = apps.get_model('designs', 'DesignVersion').objects
    newest = versions.aggregate(newest=Max('pk'))['newest'] or 0
    for start in range(0, newest, BATCH):
        batch = versions.filter(pk__gt=start, pk__lte=start + BATCH, file_at=None)
        batch.update(file_at=F('created_at'))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('designs', '0023_file_at'),
    ]

    operations = [
        migrations.RunPython(came_with_its_version, migrations.RunPython.noop),
    ]
