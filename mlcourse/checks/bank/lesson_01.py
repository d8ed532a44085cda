"""Checks of lesson 01."""

CHECKS = ()
