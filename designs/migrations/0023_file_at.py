import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Empty at first, which takes a moment however many rows there are; 0024 fills it, and 0025 lets none be empty."""

    dependencies = [
        ('designs', '0022_corners'),
    ]

    operations = [
        migrations.AddField(
            model_name='designversion',
            name='file_at',
            field=models.DateTimeField(null=True),
        ),
        # For rows that come from now on alone: given with the column it would be that of those before, too.
        migrations.AlterField(
            model_name='designversion',
            name='file_at',
            field=models.DateTimeField(null=True, db_default=django.db.models.functions.datetime.Now()),
        ),
    ]
