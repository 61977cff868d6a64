"""What the server loads, and what makes `flask …` work in the checkout."""

import ctypes
import signal
import sys

if sys.platform == "linux" and "granian" in sys.modules:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a worker never outlives its main process

from webapp import create_app

app = create_app()
