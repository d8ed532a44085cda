"""Checks of lesson 02."""

CHECKS = ()
