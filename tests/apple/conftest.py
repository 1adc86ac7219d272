"""The Objective-C API is for Linux: a Mac has Apple's."""

import sys

collect_ignore_glob = ["*"] if sys.platform == "darwin" else []
