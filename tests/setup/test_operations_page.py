"""docs/operations/README.md names what an operator can set and run."""

import re

from script.setup.paths import ROOT

PAGE = (ROOT / "docs" / "operations" / "README.md").read_text()
READ = re.compile(r'\b(?:text|flag|number|words|named_keys)\(\s*"([A-Z_]+)"')


def test_every_variable_that_the_settings_read_is_documented() -> None:
    sources = (ROOT / "config" / "settings").glob("*.py")
    read = {name for source in sources for name in READ.findall(source.read_text())}
    assert {"DATABASE_URL", "OPERATOR_KEY", "EMAIL_USE_TLS"} <= read
    assert sorted(name for name in read if f"`{name}`" not in PAGE) == []


def test_every_command_of_ours_is_documented() -> None:
    commands = {path.stem for path in ROOT.glob("*/management/commands/[a-z]*.py")}
    assert {"audit", "seed_demo"} <= commands
    assert sorted(name for name in commands if f"`{name}" not in PAGE) == []
