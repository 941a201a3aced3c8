"""How Sphinx makes the site: `make docs`, into docs/_build/html."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]
os.environ.pop("MPLBACKEND", None)  # a cell shows its figures unless told otherwise

import matrix  # noqa: E402
import notebooks  # noqa: E402
import rooms  # noqa: E402
import scripts  # noqa: E402

from hierfeat._version import __version__  # noqa: E402

project = "hierfeat"
author = "the hierfeat developers"
copyright = author
version = release = __version__

extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_nb", "sphinx_gallery.gen_gallery"]
exclude_patterns = [
    "_build",
    "**/sg_execution_times.rst",
    "sg_execution_times.rst",
    "_scripts",
    "gallery/*.ipynb",
    "gallery/*.py",
]
nitpicky = False
language = "en"

# docstrings are numpydoc's, types stand in the annotations
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 80
add_module_names = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

os.environ["TQDM_DISABLE"] = "1"  # a page needs no bars
os.environ["IPYTHONDIR"] = notebooks.settings(HERE / "_build" / "ipython")

# Tutorials are run in an empty folder each; what a cell prints to stderr, or an error in it, is a fault.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 280
nb_output_stderr = "remove-warn"
nb_merge_streams = True

# The scripts are not run: what they drew is committed, and their pages show it.
sphinx_gallery_conf = {
    "examples_dirs": str(HERE / "_scripts"),
    "gallery_dirs": "gallery",
    "plot_gallery": False,
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("hierfeat",),
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 1e9,
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
    "thumbnail_size": (320, 240),
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "hierfeat"
html_static_path = ["_static"]
html_css_files = ["hierfeat.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # it fetches pages, which a browser refuses to do from files
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "footer_start": [],
    "footer_end": ["copyright"],
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
ALONE = [
    "index", "start", "findings", "numbers", "networks", "how", "migration", "support", "limitations", "changelog",
    "contributing",
]  # fmt: skip
html_sidebars = {page: [] for page in ALONE}  # they have no pages below them to list

scripts.write(HERE.parent / "analyses", HERE / "_scripts")
scripts.write_findings(HERE.parent / "analyses" / "README.md", HERE / "findings.md")
rooms.write(HERE / "api")
matrix.write(HERE.parent / "tests" / "subjects" / "support.csv", HERE / "support.md")


def setup(app):
    """Tutorials become notebooks; docstrings are prepared for docutils, after numpydoc has seen them."""
    app.connect("source-read", notebooks.read)
    app.connect("autodoc-process-docstring", rooms.prepare, priority=900)
