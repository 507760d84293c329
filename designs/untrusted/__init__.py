"""Code that reads untrusted bytes. It runs in limited child processes only; nothing else imports it (law 7).

No Django in here: a child has no settings, no database and no keys.
"""
