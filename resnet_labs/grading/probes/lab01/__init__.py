"""Probes of lab 01."""
