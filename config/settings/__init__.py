"""One file per concern; this one only names them, in the order in which they may look at each other."""

from .api import *  # noqa: F403
from .assets import *  # noqa: F403
from .auth import *  # noqa: F403
from .base import *  # noqa: F403
from .chains import *  # noqa: F403
from .database import *  # noqa: F403
from .logs import *  # noqa: F403
from .mail import *  # noqa: F403
from .money import *  # noqa: F403
from .security import *  # noqa: F403
from .tasks import *  # noqa: F403
