"""Reports as HTML pages, each one self-contained file: of a study and of a run."""

from .run_page import write_run_page
from .study_page import write_study_page

__all__ = ["write_run_page", "write_study_page"]
