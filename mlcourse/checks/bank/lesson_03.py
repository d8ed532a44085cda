"""Checks of lesson 03."""

CHECKS = ()
