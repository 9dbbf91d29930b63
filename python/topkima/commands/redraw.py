# SPDX-License-Identifier: Apache-2.0
"""Draws the timing diagrams of docs/pins anew, from simulation, and lists the pages in
README.md as data/rtl/blocks.json has their blocks.

usage: docs/pins/redraw [--check] [--tools build/platforms]

A diagram is what stands below a comment of two command lines, a tool's that writes wave.vcd and
scripts/timing-diagram's:

    <!-- diagram
    build/platforms/topkima-macro ... --wave wave.vcd
    scripts/timing-diagram wave.vcd ...
    -->
"""

import functools
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from topkima import places, rtl
from topkima.commands.parser import Parser
from topkima.errors import error_of
from topkima.files import OWN, read_text

PAGES = places.HOME / "docs" / "pins"
DIFFERENT = 1
DIAGRAM = re.compile(r"(<!-- diagram\n(.+?)\n(scripts/timing-diagram .+?)\n-->\n)(```.*?```\n|)",
                     re.DOTALL)
LIST = re.compile(r"(<!-- blocks: [^\n]* -->\n).*?(<!-- end of blocks -->)", re.DOTALL)


def listed(match):
    """A line per block: its page, in place of what it stands, and what comes with the project."""
    table = rtl.table()
    lines = ["| page | in place of | twin |", "|---|---|---|"]
    for block in table.blocks.values():
        if block.parts:
            twin = "none; it has the parts " + ", ".join(block.parts)
        else:
            twin = f"`{table.modules[block.top].file.relative_to(places.HOME)}`"
        lines.append(f"| [{block.name}]({block.name}.md) | {block.what} | {twin} |")
    return match[1] + "\n".join(lines) + "\n" + match[2]


def run(program, command, room):
    """What a command line prints, its program replaced."""
    words = shlex.split(command.replace("\\\n", " "))
    done = subprocess.run([program, *words[1:]], cwd=room, capture_output=True, text=True)
    if done.returncode != 0:
        raise error_of(done.returncode, f"{command}: {done.stderr.strip()}")
    return done.stdout


class Artist:
    def __init__(self, tools, room):
        self.tools, self.room = tools.resolve(), Path(room)

    @functools.lru_cache(maxsize=None)
    def wave(self, command):
        """The directory with a run's wave.vcd."""
        place = Path(tempfile.mkdtemp(dir=self.room))
        run(self.tools / Path(command.split()[0]).name, command, place)
        return place

    def drawn(self, match):
        comment, simulation, drawing, _ = match.groups()
        return comment + run(places.HOME / "scripts/timing-diagram", drawing, self.wave(simulation))


def main():
    parser = Parser(prog="redraw", description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 if a diagram would change")
    parser.add_argument("--tools", type=Path, default=places.tools(),
                        help="where the tools lie (default: build/platforms)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        artist = Artist(options.tools, room)
        pages = {page: read_text(page, OWN) for page in sorted(PAGES.glob("*.md"))}
        drawn = {page: DIAGRAM.sub(artist.drawn, LIST.sub(listed, text))
                 for page, text in pages.items()}
    stale = [page for page in pages if drawn[page] != pages[page]]
    if options.check and stale:
        named = ", ".join(str(page.relative_to(places.HOME)) for page in stale)
        print(f"redraw: {named}: differ from a run or the table of blocks; docs/pins/redraw writes",
              "them", file=sys.stderr)
        return DIFFERENT
    for page in stale:
        page.write_text(drawn[page])
    return 0
