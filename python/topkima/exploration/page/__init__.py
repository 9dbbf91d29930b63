# SPDX-License-Identifier: Apache-2.0
"""Reports as HTML pages, each one self-contained file: of a study, of a run, of a whole encoder's
run."""

from pathlib import Path

from topkima.exploration.kinds import kind_of
from topkima.exploration.reports import read_report

from .encoder_page import write_encoder_page
from .run_page import write_run_page
from .study_page import write_study_page

__all__ = ["write_encoder_page", "write_page", "write_run_page", "write_study_page"]


def write_page(results, path=None) -> Path:
    """Writes the page of a result directory, of whichever kind of run, and returns its path: beside
    the directory, unless given."""
    whole = Path(results).resolve()
    path = Path(path or whole.with_name(whole.name + ".html"))
    kind_of(read_report(results)).write_page(results, path)
    return path
