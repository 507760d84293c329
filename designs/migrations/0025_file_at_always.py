import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models

CHECK = 'file_at_always'


class Migration(migrations.Migration):
    """PostgreSQL takes a valid check's word that nothing is empty, so that the table is not read under a lock of all."""

    atomic = False

    dependencies = [
        ('designs', '0024_fill_file_at'),
    ]

    operations = [
        migrations.RunSQL(
            f'ALTER TABLE designs_designversion DROP CONSTRAINT IF EXISTS {CHECK}, '
            f'ADD CONSTRAINT {CHECK} CHECK (file_at IS NOT NULL) NOT VALID',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(f'ALTER TABLE designs_designversion VALIDATE CONSTRAINT {CHECK}', migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='designversion',
            name='file_at',
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
            ),
        ),
        migrations.RunSQL(f'ALTER TABLE designs_designversion DROP CONSTRAINT {CHECK}', migrations.RunSQL.noop),
    ]
