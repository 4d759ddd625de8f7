"""The tap's own version, cheap to import."""

from importlib.metadata import version

NAME = "tap-techwolf"
VERSION = version(NAME)
USER_AGENT = f"{NAME}/{VERSION}"
