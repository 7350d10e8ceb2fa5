#!/usr/bin/env python3
"""Fills in the output of the commands in the console blocks of documents, so that what they show is real.

    console.py [--check] [--binary target/release/forescale] FILE...

A block begins with ```console; each of its lines that begins with "$ " is run by bash at the root of the project, with
`forescale` on the path, and is followed by what it prints on standard output. With --check nothing is written, and the
exit code is 1 when a document shows something else. Needs Python alone.
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--binary", type=pathlib.Path, default=pathlib.Path("target/release/forescale"))
    options = parser.parse_args()
    path = f"{options.binary.resolve().parent}:{os.environ['PATH']}"
    stale = []
    for file in options.files:
        shown = file.read_text(encoding="utf-8")
        real = BLOCK.sub(lambda block: filled(block.group(1), path), shown)
        if real != shown:
            stale.append(file)
            if options.check:
                sys.stdout.writelines(difflib.unified_diff(
                    shown.splitlines(True), real.splitlines(True), f"{file}, shown", f"{file}, printed", n=1))
            else:
                file.write_text(real, encoding="utf-8")
    for file in stale:
        print(f"{file}: {'shows something else than the commands print' if options.check else 'filled in'}")
    return 1 if options.check and stale else 0


def filled(block: str, path: str) -> str:
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "```console\n" + "\n".join(f"$ {command}\n{output(command, path)}" for command in commands) + "```"


def output(command: str, path: str) -> str:
    ran = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PATH": path},
    )
    text = "".join(f"{line.rstrip()}\n" for line in ran.stdout.splitlines())
    return text or sys.exit(f"nothing printed by: {command}")


if __name__ == "__main__":
    sys.exit(main())
