"""Probes of lab 03."""
