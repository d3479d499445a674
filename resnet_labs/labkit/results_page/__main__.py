"""The command `python -m resnet_labs.labkit.results_page`."""

import sys

from resnet_labs.labkit.results_page.command import main

sys.exit(main())
