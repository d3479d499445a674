"""Probes of lab 06."""
