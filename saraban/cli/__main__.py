import sys

from saraban.cli import main

sys.exit(main())
