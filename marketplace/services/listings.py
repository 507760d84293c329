"""Listings follow from other rows by themselves; only the passing of time needs somebody who looks."""

from django.db import connection

# Longer than workers are ever away without anybody noticing; listing anew what is right changes nothing.
LOOK_BACK = "1 day"

_ANEW = """
SELECT count(marketplace_list(ARRAY[d.id])) FROM designs_design d
WHERE EXISTS (
  SELECT 1 FROM licensing_offer o WHERE o.chain_id = d.chain_id AND o.entry_id = d.entry_id
    AND (o.starts_at BETWEEN now() - %(back)s::interval AND now()
      OR o.ends_at BETWEEN now() - %(back)s::interval AND now()))
"""


def list_what_began_or_ended() -> int:
    """List anew the designs with an offer that began or ended lately. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_ANEW, {"back": LOOK_BACK})
        return int(cursor.fetchone()[0])
