// The two calls that Forge makes of a compiler: `--version`, and standard JSON from stdin to stdout. With `--lines` it
// stays, and answers each line of standard JSON with a line.
"use strict";
const fs = require("fs");
const path = require("path");
const solc = require(path.join(__dirname, "../node_modules/solc"));

if (process.argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (process.argv.includes("--lines")) {
  const lines = require("readline").createInterface({ input: process.stdin });
  lines.on("line", (line) => process.stdout.write(solc.compile(line) + "\n"));
} else {
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8")));
}
