"""Probes of lab 05."""
