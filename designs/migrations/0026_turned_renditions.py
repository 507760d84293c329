from django.db import migrations
from django.utils import timezone


def supersede_turned(apps, schema_editor):
    """They were converted as if their creator had not said what is up. Whoever asks again gets a new one; these stay,
    for their files are in people's hands."""
    apps.get_model('designs', 'Rendition').objects.filter(
        form__in=['glb', 'stl', '3mf'], state='done', superseded_at=None
    ).exclude(version__stated_up='').update(superseded_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ('designs', '0025_file_at_always'),
    ]

    operations = [
        migrations.RunPython(supersede_turned, migrations.RunPython.noop),
    ]
