# SPDX-License-Identifier: Apache-2.0
"""What the pages share: one HTML file that holds its styles, its scripts, Plotly and its data, and
that may load nothing else.
"""

import html
import json
import math
import re
from pathlib import Path

from topkima import places
from topkima.files import OWN, read_text
from topkima.stages import stages

HERE = Path(__file__).resolve().parent

# The browser itself refuses whatever is not in the file.
POLICY = ("default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
          "img-src data: blob:; font-src data:")


def finite(value: object) -> object:
    """`value` with what JSON cannot express (NaN, infinity), at any depth, as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def embedded_json(data: object) -> str:
    """JSON that may stand inside a script element: no `<` can end it or open a comment."""
    form = {"separators": (",", ":"), "ensure_ascii": False, "allow_nan": False}
    try:
        text = json.dumps(data, **form)
    except ValueError:
        text = json.dumps(finite(data), **form)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def inlined(name: str) -> str:
    return read_text(HERE / name, OWN)


def body_of(name: str) -> str:
    """A page's HTML, with the files that its comments `<!-- file NAME -->` name in their places."""
    return re.sub(r" *<!-- file (\S+) -->\n", lambda found: inlined(found[1]), inlined(name))


def plotly() -> str:
    """Plotly's script: minified when topkima was built (cmake/Pages.cmake), else as its
    package has it."""
    name = "plotly.min.js"
    for path in (HERE / name, places.tools().parent / "pages" / name):
        if path.exists():
            return read_text(path, OWN)
    from plotly.offline import get_plotlyjs
    return get_plotlyjs()


def page_of(title: str, body: str, scripts: tuple, data: dict) -> str:
    """The whole file. `body` is HTML, `scripts` are files beside this one; to `data` the order and
    the colours of stages are added."""
    table = stages()
    data = {**data, "stages": {"flow": table.flow, "colours": table.colours}}
    parts = ["<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
             f"<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n",
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
             "<meta name=\"color-scheme\" content=\"light dark\">\n",
             "<link rel=\"icon\" href=\"data:,\">\n",
             f"<title>{html.escape(title)}</title>\n<style>\n", inlined("page.css"), "</style>\n",
             "<script>\n", inlined("theme.js"), "</script>\n</head>\n<body>\n", body,
             "<script type=\"application/json\" id=\"data\">", embedded_json(data), "</script>\n",
             "<script>\n", plotly().replace("</script", "<\\/script"), "\n</script>\n"]
    for name in ("common.js", *scripts):
        parts += ["<script>\n", inlined(name), "</script>\n"]
    return "".join(parts) + "</body>\n</html>\n"
