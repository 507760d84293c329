from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('designs', '0007_previews_in_steps'),
    ]

    operations = [
        migrations.AlterField(
            model_name="processingstep",
            name="name",
            field=models.CharField(
                choices=[
                    ("inspect", "Inspect the file"),
                    ("first", "Make a first picture"),
                    ("cover", "Render the cover"),
                    ("viewer", "Prepare the 3D view"),
                    ("derivatives", "Make previews"),
                    ("measure", "Measure walls and gaps"),
                    ("views", "Draw clay and wireframe"),
                    ("large_cover", "Render the cover in full size"),
                ],
                max_length=16,
            ),
        ),
    ]
