from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('designs', '0013_file_credentials'),
    ]

    operations = [
        migrations.AddField(
            model_name="designversion",
            name="stated_units",
            field=models.CharField(
                blank=True,
                choices=[
                    ("mm", "Millimeters"),
                    ("cm", "Centimeters"),
                    ("m", "Meters"),
                    ("in", "Inches"),
                    ("ft", "Feet"),
                    ("um", "Micrometers"),
                ],
                max_length=2,
            ),
        ),
        migrations.AddField(
            model_name="designversion",
            name="stated_up",
            field=models.CharField(
                blank=True,
                choices=[
                    ("z", "Z, as most printing and CAD programs have it"),
                    ("y", "Y, as most animation programs have it"),
                ],
                max_length=1,
            ),
        ),
    ]
