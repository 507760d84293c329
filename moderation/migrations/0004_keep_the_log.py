"""The log of decisions is written once: the database itself refuses to change or delete a line of it."""

from django.db import migrations

KEEP = """
CREATE FUNCTION moderation_keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of decisions is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER moderation_decision_is_kept BEFORE UPDATE OR DELETE ON moderation_decision
    FOR EACH ROW EXECUTE FUNCTION moderation_keep_log();
"""
LOSE = """
DROP TRIGGER moderation_decision_is_kept ON moderation_decision;
DROP FUNCTION moderation_keep_log();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_reports_cases_and_decisions")]

    operations = [migrations.RunSQL(KEEP, LOSE)]
