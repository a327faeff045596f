"""Imported before the packages that are compared: they would tell their makers of each run, and wait for an answer."""

import os

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
os.environ["DO_NOT_TRACK"] = "1"
os.environ["ITERATIVE_DO_NOT_TRACK"] = "1"
