"""How the documentation is built: ``sphinx-build -W docs build/site``."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from site_pages import write_pages

project = "sm_pipeline_widgets"
author = "The sm_pipeline_widgets maintainers"
release = version_of("sm_pipeline_widgets")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
# made of the code before the pages are read, and never kept
write_pages(Path(__file__).parent / "reference")

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
# cells begin with magics, which no lexer knows
suppress_warnings = ["misc.highlighting_failure"]
add_module_names = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
highlight_language = "none"
smartquotes = False

html_theme = "furo"
html_title = project
html_show_sourcelink = False
exclude_patterns = ["images/*"]
