# SPDX-License-Identifier: Apache-2.0
"""Reports as HTML pages, each one self-contained file: of a study, of a run, of a whole encoder's
run."""

from .encoder_page import write_encoder_page
from .run_page import write_run_page
from .study_page import write_study_page

__all__ = ["write_encoder_page", "write_run_page", "write_study_page"]
