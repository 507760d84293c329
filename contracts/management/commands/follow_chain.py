import signal
from types import FrameType
from typing import Any

from contracts.indexer.daemon import Follower
from contracts.management.chain_command import ChainCommand, one_sentence
from contracts.startup import check_chain


class Command(ChainCommand):
    requires_system_checks = ()  # they import every page, and this process serves none
    help = "Read the chain for ever: events, projections, and what became of what was sent."

    def handle(self, *args: Any, **options: Any) -> None:
        here = self.chain_of(options)
        follower = Follower(here)

        def stop(_number: int, _frame: FrameType | None) -> None:
            follower.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        with one_sentence():
            warning = check_chain(here)
            if warning:
                self.stdout.write(warning)
            follower.run()
