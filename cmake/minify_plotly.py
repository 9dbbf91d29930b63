# SPDX-License-Identifier: Apache-2.0
"""Writes Plotly as the pages hold it: less than half as large as its Python package has it.

  minify_plotly.py ESBUILD OUT.js
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from plotly.offline import get_plotlyjs


def main(esbuild: str, out: Path):
    text = get_plotlyjs()
    notice = re.match(r"/\*.*?\*/", text, re.DOTALL)    # name, version and licence
    with tempfile.TemporaryDirectory(prefix="topkima-plotly-") as place:
        whole, small = Path(place) / "plotly.js", Path(place) / "plotly.min.js"
        whole.write_text(text, encoding="utf-8")
        subprocess.run([esbuild, "--minify", "--charset=utf8", "--log-level=error",
                        f"--outfile={small}", whole], check=True)
        minified = small.read_text(encoding="utf-8")
    out.write_text((notice[0] + "\n" if notice else "") + minified, encoding="utf-8")


main(sys.argv[1], Path(sys.argv[2]))
