"""``python -m sm_pipeline_widgets VERB …``: the verbs of ``%pipeline`` in a terminal."""

from __future__ import annotations

import sys

from sm_pipeline_widgets.magics.terminal import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
