"""The dashboard is read over the cases of consolidation."""

from tests.consolidation.conftest import disputed as disputed
from tests.consolidation.conftest import hechuan as hechuan
