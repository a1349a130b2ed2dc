"""Let `python -m doorstep` be the command `doorstep`."""

import sys

from doorstep.command import main

sys.exit(main())
