# SPDX-License-Identifier: Apache-2.0
"""Picture of a waveform, drawn by GTKWave; no screen is needed.

usage: scripts/wave2png WAVE.vcd|WAVE.fst [VIEW.gtkw] OUT.png [--size 1600x900]

Without VIEW.gtkw the save file beside the wave is used; where there is none, the
first signals are shown.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from topkima.errors import DataError, UsageError, echoed
from topkima.files import VIEW, WAVE, opened, placed, read_text

TIME_LIMIT = 90  # seconds
PACKAGES = {"gtkwave": "gtkwave", "xvfb-run": "xvfb", "xauth": "xauth"}

# On white; text and lines dark enough to print.
SETTINGS = """
splash_disable on
hier_max_level {levels}
hide_sst on
sst_expanded off
initial_window_x {width}
initial_window_y {height}
initial_window_xpos 0
initial_window_ypos 0
initial_signal_window_width 240
ignore_savefile_size on
use_maxtime_display off
use_toolbutton_interface on
use_scrollbar_only on
use_pango_fonts on
fontname_signals DejaVu Sans 8
fontname_waves DejaVu Sans Mono 7
left_justify_sigs on
lz_removal on
show_base_symbols off
enable_horiz_grid off
color_back ffffff
color_grid e4e6ea
color_grid2 e4e6ea
color_time 202428
color_timeb eef1f5
color_value 14181c
color_trans 2f6f4f
color_0 2f6f4f
color_1 2f6f4f
color_1fill d5eadc
color_high 2f6f4f
color_low 2f6f4f
color_vbox 33558a
color_vtrans 33558a
color_mid b08a2e
color_x c0a0a0
color_xfill faf3f3
color_u c0a0a0
color_ufill faf3f3
color_w c0a0a0
color_dash c0a0a0
color_mark c4342b
color_umark c4342b
color_baseline c4342b
color_normal ffffff
color_white ffffff
color_black 14181c
color_gmstrd 1b3c6e
color_brkred 8c2f24
color_ltgray f1f3f6
color_mdgray d5d9df
color_dkgray dde6f2
color_ltblue cfe0f5
color_dkblue 1b3c6e
"""

# Without a view: as many signals as there is room for, all of the time.
SHOW_ALL = """
set names {{}}
for {{set i 0}} {{$i < [gtkwave::getNumFacs] && $i < {lines}}} {{incr i}} {{
  lappend names [gtkwave::getFacName $i]
}}
gtkwave::addSignalsFromList $names
gtkwave::/Time/Zoom/Zoom_Full
"""

# A save file of the simulator says in words what it shows, whatever the size of the picture.
SHOWS = re.compile(r"^\[\*\] shows (\d+) to (\d+) ps$", re.MULTILINE)

# A line of a save file that has GTKWave start a program, through which it sends a signal's values.
PROGRAM = re.compile(r"^\s*\^[<>].*$", re.MULTILINE)

SCRIPT = """
gtkwave::/File/Grab_To_File {picture}
gtkwave::/File/Quit
"""


def arguments(given):
    size = "1600x900"
    files = []
    rest = iter(given)
    for word in rest:
        if word in ("-h", "--help"):
            print(__doc__.strip())
            sys.exit(0)
        if word == "--size":
            size = next(rest, "")
        elif word.startswith("--size="):
            size = word[len("--size="):]
        elif word.startswith("-"):
            raise UsageError(f"{word}: no such option; try --help")
        else:
            files.append(Path(word))
    match = re.fullmatch(r"(\d{3,4})x(\d{3,4})", size)
    if not match:
        raise UsageError(f"--size {size}: expected WIDTHxHEIGHT in pixels, as 1600x900")
    if len(files) not in (2, 3):
        raise UsageError("expected WAVE.vcd|WAVE.fst [VIEW.gtkw] OUT.png; try --help")
    wave, view, picture = files[0], files[1] if len(files) == 3 else None, files[-1]
    if wave.suffix not in (".vcd", ".fst"):
        raise UsageError(f"{wave}: expected a name that ends in .vcd or .fst")
    if view and view.suffix != ".gtkw":
        raise UsageError(f"{view}: expected a name that ends in .gtkw")
    if picture.suffix != ".png":
        raise UsageError(f"{picture}: expected a name that ends in .png")
    return wave, view, picture, int(match[1]), int(match[2])


def check_readable(wave, view):
    for file in filter(None, (wave, view)):
        with opened(file, VIEW if file is view else WAVE) as content:
            start = content.read(1 << 16)
        if file.suffix == ".vcd" and b"$scope" not in start and b"$var" not in start:
            raise DataError(f"{file}: not a value change dump")
        if file.suffix == ".fst" and (len(start) < 330 or start[0] not in (0, 254)):
            raise DataError(f"{file}: not an FST file")


def run(command, directory):
    """Output of `command`, None if it did not end in time. All it has started ends with it."""
    environment = dict(os.environ, HOME=str(directory), TMPDIR=str(directory), LC_ALL="C",
                       GDK_BACKEND="x11", NO_AT_BRIDGE="1")
    process = subprocess.Popen(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        return process.communicate(timeout=TIME_LIMIT)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            # The X server takes its lock away when it is asked to end.
            os.killpg(process.pid, signal.SIGTERM)
            time.sleep(1)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def main():
    wave, view, picture, width, height = arguments(sys.argv[1:])
    missing = [package for tool, package in PACKAGES.items() if not shutil.which(tool)]
    if missing:
        raise UsageError("apt-get install " + " ".join(missing))
    if view is None and os.path.lexists(wave.with_suffix(".gtkw")):
        view = wave.with_suffix(".gtkw")
    check_readable(wave, view)
    viewed = read_text(view, VIEW, errors="replace") if view else ""
    if program := PROGRAM.search(viewed):
        raise DataError(f"{view}: {echoed(program[0].strip())} has GTKWave start a program; "
                        "expected a view without process filters")
    if not picture.absolute().parent.is_dir():
        raise UsageError(f"{picture}: no such directory")

    with tempfile.TemporaryDirectory(prefix="wave2png-") as place:
        place = Path(place)
        (place / "rc").write_text(SETTINGS.format(width=width, height=height,
                                                  levels=1 if view else 0))
        shows = SHOWS.search(viewed)
        if shows:
            script = f"gtkwave::setZoomRangeTimes {shows[1]} {shows[2]}\n"
        else:
            script = "" if view else SHOW_ALL.format(lines=height // 17)
        (place / "grab.tcl").write_text(script + SCRIPT.format(picture="out.png"))
        screen = f"-screen 0 {width + 200}x{height + 200}x24"
        command = ["xvfb-run", "-a", "-s", screen, "gtkwave", "-M", "-r", "rc", "-S", "grab.tcl",
                   str(wave.absolute())]
        if view:
            command.append(str(view.absolute()))
        output = run(command, place)
        made = place / "out.png"
        if output is None:
            raise DataError(f"{wave}: gtkwave did not end within {TIME_LIMIT} s")
        if not made.exists() or made.stat().st_size == 0:
            words = output.strip().splitlines()
            raise DataError(f"{wave}: gtkwave could not draw it"
                            + (f": {words[-1]}" if words else ""))
        with placed(picture) as content:
            shutil.copyfile(made, content)
    return 0
